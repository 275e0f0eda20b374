/** `--detach-keys`: looked at before anything is made, so that a wrong one leaves no container behind. */
import { usage } from '../../errors.ts'

const MOST = 16

/** `a`, `ctrl-p,ctrl-q`, `ctrl-@`: returned as given, since the helper reads them again. Throws usage. */
export function checkDetachKeys<Given extends string | undefined>(given: Given): Given {
  if (given === undefined || given === '') return given
  const keys = given.split(',')
  if (keys.length <= MOST && keys.every((key) => /^([\x21-\x7e]|ctrl-[a-zA-Z@[\\\]^_])$/.test(key)))
    return given
  throw usage(
    `invalid detach keys (${given}) provided`,
    `up to ${MOST} of a letter or ctrl- with a letter or one of @ [ \\ ] ^ _, with commas: ctrl-a,d`,
  )
}
