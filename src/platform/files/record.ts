/**
 * Records: small JSON files that are either the old one or the new one, whatever happens to the machine. Written to a
 * new file, fsynced, renamed, and the folder fsynced; readers take no lock.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { syncFolder } from './folder.ts'
import { temporaryName } from './names.ts'

export interface WriteOptions {
  /**
   * false for a record that describes processes and need not survive a power cut: the rename still makes it whole for
   * every reader, and two disk flushes are saved.
   */
  readonly durable?: boolean
}

/**
 * Replaces the record at `path` with `value` as JSON. A return means that it is on disk. The folder must exist.
 * Throws the system error (ENOSPC, EROFS, …) and leaves the old record untouched.
 */
export function writeRecord(path: string, value: unknown, options: WriteOptions = {}): void {
  writeWhole(path, `${JSON.stringify(value, undefined, 1)}\n`, options)
}

/** The same guarantee for bytes that are not JSON of ours (blobs, `oci-layout`). Mode 0600. */
export function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  const durable = options.durable ?? true
  const temporary = temporaryName(path)
  try {
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(file, content)
      if (durable) fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    removeQuietly(temporary)
    throw error
  }
  if (durable) syncFolder(dirname(path))
}

/**
 * The record at `path`, or undefined where there is none. `parse` checks the shape and may throw anything: that, and
 * bytes that are no JSON, become a SampanError of kind 'damaged' that names the file. Other system errors pass through.
 */
export function readRecord<T>(path: string, parse: (value: unknown) => T): T | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
  try {
    return parse(JSON.parse(text))
  } catch (cause) {
    throw damaged(path, cause)
  }
}

/** The error for a file of ours that cannot be understood: says which one and why. */
export function damaged(path: string, cause: unknown, hint?: string): SampanError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SampanError(`${path} is damaged: ${why}`, {
    kind: 'damaged',
    cause,
    hint:
      hint ??
      'A power cut or an editor may have done this: restore the file from a backup, or remove what it belongs to.',
  })
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Never made, or already renamed: the error that brought us here says more.
  }
}
