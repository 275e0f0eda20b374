/**
 * `docker-credential-NAME get|store|erase|list`: programs that keep passwords in a keyring, by the protocol of
 * docker-credential-helpers: one word on the command line, text or JSON in and out.
 */
import { errnoOf, SampanError } from '../../errors.ts'
import { asObject, asString, asStringMap, optional, parseJson } from '../../oci/json.ts'
import type { Environment } from './auth-file.ts'
import type { Credentials } from './credentials.ts'

/** A helper may ask the person to unlock a keyring; for longer it keeps nobody waiting. */
const deadline = 60_000

/** The name helpers give an identity token: it is no password for Basic. */
export const tokenUser = '<token>'

export class CredentialHelper {
  readonly #program: string
  readonly #environment: Environment
  readonly #deadline: number

  /** @param environment SAMPAN_CREDENTIAL_TIMEOUT: seconds a helper may take (60) */
  constructor(name: string, environment: Environment) {
    this.#program = `docker-credential-${name}`
    this.#environment = environment
    const seconds = Number(environment['SAMPAN_CREDENTIAL_TIMEOUT'])
    this.#deadline = seconds > 0 ? seconds * 1000 : deadline
  }

  /** Undefined where the helper knows nothing, or failed: an image may well be there for everybody. */
  get(server: string): Credentials | undefined {
    const { status, text } = this.#run('get', server)
    if (status !== 0) return undefined
    const what = `the answer of ${this.#program}`
    const answer = asObject(parseJson(text, what), what)
    const username = optional(answer, 'Username', what, asString)
    const secret = optional(answer, 'Secret', what, asString)
    if (!username || secret === undefined) return undefined
    return username === tokenUser
      ? { username: '', password: '', identityToken: secret }
      : { username, password: secret }
  }

  store(server: string, { username, password }: Credentials): void {
    const entry = { ServerURL: server, Username: username, Secret: password }
    const { status, text } = this.#run('store', JSON.stringify(entry))
    if (status !== 0) throw this.#failed('keep the password', text)
  }

  /** Erasing what is not there is no error. */
  erase(server: string): void {
    const { status, text } = this.#run('erase', server)
    if (status !== 0 && !/not found/i.test(text)) throw this.#failed('forget the password', text)
  }

  /** Servers and user names. */
  list(): Readonly<Record<string, string>> {
    const { status, text } = this.#run('list', '')
    const what = `the list of ${this.#program}`
    return status === 0 ? asStringMap(parseJson(text, what), what) : {}
  }

  #run(verb: string, input: string): { readonly status: number; readonly text: string } {
    // Its own group would not help: what it starts may keep our pipe open, so the pipe is not waited for either.
    const { status, stdout, error } = process
      .getBuiltinModule('node:child_process')
      .spawnSync(this.#program, [verb], {
        input,
        encoding: 'utf8',
        env: { ...this.#environment },
        timeout: this.#deadline,
        killSignal: 'SIGKILL',
        stdio: ['pipe', 'pipe', 'ignore'],
      })
    if (errnoOf(error) === 'ENOENT') {
      throw new SampanError(`the credential helper ${this.#program} is not there`, {
        hint: 'install it, or take credsStore and credHelpers out of ~/.docker/config.json',
        cause: error,
      })
    }
    if (status === null) {
      throw new SampanError(
        `the credential helper ${this.#program} did not answer within ${this.#deadline / 1000} s`,
        {
          hint: `run it yourself to see what it waits for: echo REGISTRY | ${this.#program} ${verb}`,
          cause: error,
        },
      )
    }
    return { status, text: stdout }
  }

  #failed(what: string, text: string): SampanError {
    const said = text.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()
    return new SampanError(`the credential helper ${this.#program} could not ${what}${said && `: ${said}`}`, {
      hint: 'is the keyring unlocked? Without credsStore in the configuration the file itself keeps the password',
    })
  }
}
