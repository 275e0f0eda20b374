/** From a registry's refusal of a push to a sentence for the person. */
import { SampanError } from '../../errors.ts'
import type { Reference } from '../../oci/reference.ts'
import { dockerHub, familiarName, familiarRepository } from '../../oci/reference.ts'
import { readProblem } from './failures.ts'

/** A status that is not success, in Docker's phrases where it has one. */
export function pushRefusal(
  status: number,
  body: string,
  reference: Reference,
  what: 'blob' | 'manifest',
): SampanError {
  const { code, message } = readProblem(body)
  const said = [code.toLowerCase().replaceAll('_', ' '), message].filter((part) => part !== '').join(': ')
  if (status === 401 || status === 403) return pushDenied(reference, said)
  const fail = (text: string, hint: string) => new SampanError(text, { hint, kind: 'registry' })
  if (status === 413)
    return fail(
      `${reference.registry} refuses a ${what} of ${familiarName(reference)} as too large (HTTP 413)`,
      'something in front of the registry limits the size of requests: its operator can raise that limit',
    )
  if (status === 405 || code === 'UNSUPPORTED')
    return fail(
      `${reference.registry} takes no pushes${said && `: ${said}`}`,
      'it may be a mirror, which is read-only: push to the registry behind it',
    )
  if (status === 404 && code === 'NAME_UNKNOWN')
    return fail(
      `repository ${familiarRepository(reference)} not found: ${said}`,
      'some registries want a repository made before the first push to it',
    )
  if (status === 507 || /no space/i.test(message))
    return fail(
      `${reference.registry} has no space left for ${familiarName(reference)}`,
      'its operator must help',
    )
  return fail(
    `${reference.registry} answered HTTP ${status}${said && `: ${said}`} to the ${what} of ${familiarName(reference)}`,
    status >= 500 ? 'the registry is in trouble: try again later' : 'is this address a container registry?',
  )
}

/** Who may push where: on Docker Hub the name itself says it, and a name without a user is nobody's but Docker's. */
export function pushDenied(reference: Reference, said: string): SampanError {
  const name = familiarRepository(reference)
  const own = reference.repository.replace(/^library\//, '')
  const hint =
    reference.registry !== dockerHub
      ? `\`sampan login ${reference.registry}\` with a name that may write to ${name}`
      : reference.repository.startsWith('library/')
        ? `on Docker Hub the name must be USER/REPOSITORY: \`sampan tag ${familiarName(reference)} USER/${own}\`, then push that`
        : `\`sampan login\` as ${reference.repository.split('/')[0]}, or as somebody who may write there`
  return new SampanError(
    `push access denied for ${name}, repository does not exist or may require authorization${said && `: ${said}`}`,
    { hint, kind: 'registry' },
  )
}
