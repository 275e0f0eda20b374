/** Where a command's `-o FILE` goes: a regular file appears whole or not at all, a pipe or device is written as it is. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { temporaryName } from './names.ts'

/**
 * Opens the output, lets `fill` write to it, and gives a regular file its name at the end.
 * @throws SampanError where the folder is missing or may not be written; what `fill` throws, after removing the file
 */
export async function writeOutput(path: string, fill: (fd: number) => Promise<void> | void): Promise<void> {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory()) throw new SampanError(`invalid output path: "${path}" is a directory`)
  if (there !== undefined && !there.isFile()) {
    const device = openSync(path, 'w')
    try {
      return await fill(device)
    } finally {
      closeSync(device)
    }
  }
  const temporary = temporaryName(path)
  const file = open(temporary, path)
  using _cleanup = removedWhenInterrupted(temporary)
  try {
    try {
      await fill(file)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Ctrl-C leaves no half file behind, as long as `fill` lets the event loop turn. */
function removedWhenInterrupted(path: string): Disposable {
  const interrupted = (signal: NodeJS.Signals) => {
    rmSync(path, { force: true })
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupted)
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, interrupted)
    },
  }
}

function open(temporary: string, path: string): number {
  try {
    return openSync(temporary, 'wx', 0o600)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SampanError(`invalid output path: directory "${dirname(resolve(path))}" does not exist`, {
        hint: 'make it first, or write somewhere else',
      })
    }
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
      throw new SampanError(
        `open ${path}: ${code === 'EROFS' ? 'read-only file system' : 'permission denied'}`,
      )
    }
    throw error
  }
}
