/** Why an entry could not be made. */
import { errnoOf } from '../../errors.ts'
import { printable } from '../files/byte-names.ts'

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than the file system allows',
  ERR_OUT_OF_RANGE: 'it is larger than the file system allows',
  ENAMETOOLONG: 'its name is longer than the file system allows',
  EROFS: 'the file system is read-only',
  EMLINK: 'it has more hard links than the file system allows',
}

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on the disk, or use another one: --root FOLDER',
  EDQUOT: 'make room, or use another disk: --root FOLDER',
  EROFS: 'use another folder: --root FOLDER',
}

/** `message` says on which entry and why: `"etc/passwd": the disk is full`. */
export class ExtractError extends Error {
  override readonly name = 'ExtractError'
  readonly hint: string | undefined

  constructor(why: string, entry: string, hint?: string, cause?: unknown) {
    super(`"${printable(entry)}": ${why}`, { cause })
    this.hint = hint
  }

  static from(error: unknown, entry: { readonly name: string }): Error {
    const code = errnoOf(error)
    if (code === undefined) return error instanceof Error ? error : new Error(String(error))
    const why = words[code] ?? (error as Error).message
    return new ExtractError(why, entry.name, hints[code], error)
  }

  static owner(entry: { readonly name: string; readonly uid: number; readonly gid: number }): ExtractError {
    return new ExtractError(
      `its owner ${entry.uid}:${entry.gid} is outside the ids that /etc/subuid and /etc/subgid give you`,
      entry.name,
      'ask for a larger range: sudo usermod --add-subuids 100000-1100000 --add-subgids 100000-1100000 $USER',
    )
  }
}
