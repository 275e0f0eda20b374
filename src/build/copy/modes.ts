/** `--chmod` and `--chown` of COPY and ADD. Pure. */
import { type Accounts, resolveUser } from '../../containers/users.ts'
import { SampanError } from '../../errors.ts'
import type { Owner } from './upper.ts'

/** The new permission bits of something that had `mode`. */
export type ModeChange = (mode: number, folder: boolean) => number

/** `755`, `u=rwX,go=rX`, `+x`: as chmod(1), where nobody named means everybody. @throws SampanError for anything else */
export function parseMode(text: string): ModeChange {
  if (/^[0-7]{1,5}$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode <= 0o7777) return () => mode
  }
  const clauses = text.split(',').map((clause) => parseClause(clause, text))
  return (mode, folder) => clauses.reduce((now, change) => change(now, folder), mode)
}

const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 }
const setId: Readonly<Record<string, number>> = { u: 0o4000, g: 0o2000 }

function parseClause(clause: string, whole: string): ModeChange {
  const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause)
  if (match === null) throw wrong(whole)
  const [, who = '', actions = ''] = match
  const classes = who === '' || who.includes('a') ? ['u', 'g', 'o'] : [...new Set(who)]
  const steps = [...actions.matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)]
  return (mode, folder) =>
    steps.reduce((now, [, operator = '', letters = '']) => {
      const bits = bitsOf(letters, classes, now, folder)
      if (operator === '+') return now | bits
      if (operator === '-') return now & ~bits
      return (now & ~maskOf(classes)) | bits
    }, mode)
}

function bitsOf(letters: string, classes: readonly string[], mode: number, folder: boolean): number {
  let bits = 0
  for (const name of classes) {
    const shift = shifts[name] as number
    for (const letter of letters) {
      if (letter in shifts) bits |= ((mode >> (shifts[letter] as number)) & 7) << shift
      else if (letter === 'r') bits |= 4 << shift
      else if (letter === 'w') bits |= 2 << shift
      else if (letter === 'x' || (letter === 'X' && (folder || (mode & 0o111) !== 0))) bits |= 1 << shift
      else if (letter === 's') bits |= setId[name] ?? 0
      else if (letter === 't') bits |= 0o1000
    }
  }
  return bits
}

/** What `=` clears. */
function maskOf(classes: readonly string[]): number {
  return classes.reduce(
    (mask, name) => mask | (7 << (shifts[name] as number)) | (setId[name] ?? 0),
    classes.length === 3 ? 0o1000 : 0,
  )
}

function wrong(text: string): SampanError {
  return new SampanError(`--chmod=${text} is no mode`, {
    hint: 'an octal number as 0755, or letters as chmod(1) has them: u=rwX,go=rX',
  })
}

/**
 * `user`, `uid`, `user:group`, `uid:gid`: a number without a group is its own group, a name without one has the
 * group that the image's passwd(5) gives it. @throws SampanError for a name the image does not have
 */
export function parseOwner(text: string, accounts: Accounts): Owner {
  if (text.startsWith(':') || text === '') throw new SampanError(`--chown=${text}: there is no user`)
  const [user = '', group] = text.split(':', 2)
  const whole = (group === undefined || group === '') && /^\d+$/.test(user) ? `${user}:${user}` : text
  try {
    const { uid, gid } = resolveUser(whole, [], accounts)
    return { uid, gid }
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    throw new SampanError(`--chown=${text}: ${error.message}`, {
      hint: 'the name must be in /etc/passwd or /etc/group of the image; a number always works',
      cause: error,
    })
  }
}
