/** From what a registry answered, or did not, to a sentence for the person. */
import { errnoOf, SampanError } from '../../errors.ts'
import type { Reference } from '../../oci/reference.ts'
import { familiarName, familiarRepository } from '../../oci/reference.ts'
import { Stalled } from './retry.ts'

/** The `errors` of the distribution specification, flattened; empty for anything else. */
export function readProblem(body: string): { code: string; message: string } {
  try {
    const first = JSON.parse(body)?.errors?.[0]
    return { code: clean(first?.code), message: clean(first?.message) }
  } catch {
    return { code: '', message: '' }
  }
}

/** A registry's words are printed on a terminal: one line, no control characters, not endless. */
function clean(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').slice(0, 300) : ''
}

/** A status that is not the one asked for. Docker's phrases where it has one. */
export function refusal(
  status: number,
  body: string,
  reference: Reference,
  what: 'manifest' | 'blob' | 'tags',
): SampanError {
  const { code, message } = readProblem(body)
  const said = [code.toLowerCase().replaceAll('_', ' '), message].filter((part) => part !== '').join(': ')
  const name = familiarName(reference)
  if (status === 401 || status === 403) {
    return new SampanError(
      `pull access denied for ${familiarRepository(reference)}, repository does not exist or may require 'docker login'${said && `: ${said}`}`,
      { hint: loginHint(reference), kind: 'registry' },
    )
  }
  if (status === 404 && what === 'manifest') {
    return new SampanError(`manifest for ${name} not found: ${said || 'manifest unknown'}`, {
      hint: `check the spelling; \`sampan pull --all-tags ${familiarRepository(reference)}\` shows whether the repository is there`,
      kind: 'registry',
    })
  }
  if (status === 404 && what === 'tags') {
    return new SampanError(
      `repository ${familiarRepository(reference)} not found: ${said || 'name unknown'}`,
      {
        kind: 'registry',
      },
    )
  }
  if (status === 404)
    return new SampanError(`${reference.registry} has lost a part of ${name}: ${said || 'blob unknown'}`, {
      kind: 'registry',
    })
  if (status === 429) {
    return new SampanError(
      `toomanyrequests: ${reference.registry} limits how often it may be asked${message && `: ${message}`}`,
      {
        hint: 'wait some minutes; a login usually raises the limit',
        kind: 'registry',
      },
    )
  }
  return new SampanError(
    `${reference.registry} answered HTTP ${status}${said && `: ${said}`} for the ${what} of ${name}`,
    {
      hint:
        status >= 500
          ? 'the registry is in trouble: try again later'
          : 'is this address a container registry?',
      kind: 'registry',
    },
  )
}

function loginHint(reference: Reference): string {
  return `if it is private, \`sampan login ${reference.registry}\` asks for a name and password`
}

/** An exchange that never got an answer. */
export function unreachable(url: URL, error: unknown): SampanError {
  if (error instanceof SampanError) return error
  const code = errnoOf(error) ?? ''
  const said = error instanceof Error ? error.message : String(error)
  const fail = (why: string, hint: string) =>
    new SampanError(`cannot reach registry ${url.host}: ${why}`, { hint, kind: 'registry', cause: error })
  if (error instanceof Stalled)
    return fail(
      said,
      'the connection or the registry is too slow: run the command again, it goes on where it stopped',
    )
  if (/ECONNREFUSED|ConnectionRefused|FailedToOpenSocket/i.test(code))
    return fail('connection refused', 'is the registry running, and is the port right?')
  if (/ENOTFOUND|EAI_|DNS/i.test(code))
    return fail('no such host', "check the spelling and this machine's name service (/etc/resolv.conf)")
  if (/ENETUNREACH|EHOSTUNREACH/.test(code)) return fail('no route to it', "check this machine's network")
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return fail(
      `its certificate is for another name (${said})`,
      'use the name that the certificate has; a registry that poses as another is refused',
    )
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|DEPTH_ZERO/i.test(code)) {
    return fail(
      `its certificate is not trusted (${said})`,
      `put the authority's certificate at ~/.config/sampan/certs.d/${url.host}/ca.crt`,
    )
  }
  if (speaksPlain(error)) {
    return fail(
      'it does not speak HTTPS',
      `if it is meant to use plain HTTP, add "${url.host}" to "insecureRegistries" in ~/.config/sampan/config.json`,
    )
  }
  return fail(said || code, 'run the command again: finished parts are kept')
}

/** What TLS libraries say when the other side answers in plain text. */
export function speaksPlain(error: unknown): boolean {
  const text = `${errnoOf(error) ?? ''} ${error instanceof Error ? error.message : ''}`
  return /EPROTO|WRONG_VERSION_NUMBER|wrong version number|packet length too long|ERR_SSL/i.test(text)
}
