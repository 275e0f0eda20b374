/** `volume export` and `volume import`: what is in a volume as a tar, with its owners as containers see them. */
import { closeSync, openSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { errnoOf, SampanError } from '../errors.ts'
import type { CopyIn } from '../jobs/copy-in.ts'
import type { CopyOut } from '../jobs/copy-out.ts'
import { writeOutput } from '../platform/files/output-file.ts'
import { startJob, startWriter } from '../platform/helper/inside.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { VolumeStore } from '../volumes/store.ts'
import { existingVolume } from './volumes.ts'

/** Each file as it is when its turn comes. Throws no-such-object; a failed export leaves no file. */
export async function exportVolume(
  name: string,
  output: string | undefined,
  context: Context,
): Promise<void> {
  const store = new VolumeStore(context.directories)
  using _held = store.hold()
  existingVolume(name, store)
  if (output === undefined && isTerminal(1)) {
    throw new SampanError('cowardly refusing to write to a terminal. Use the -o flag or redirect')
  }
  const root = { path: store.mountpointOf(name) }
  const order: CopyOut = {
    root,
    path: '/',
    name: '.',
    follow: false,
    holes: true,
    missing: `${name} is gone`,
  }
  const write = (fd: number) => startWriter(context.directories, 'copy-out', [JSON.stringify(order)], fd).done
  if (output === undefined) await write(1)
  else await writeOutput(output, write)
}

/**
 * Puts the files of an archive (plain, gzip or zstd; `-` is standard input) into a volume, over those it has. What was
 * put there before a failure stays: the same import again goes on from there.
 */
export async function importVolume(name: string, source: string, context: Context): Promise<void> {
  const store = new VolumeStore(context.directories)
  using _held = store.hold()
  existingVolume(name, store)
  const order: CopyIn = {
    root: { path: store.mountpointOf(name) },
    path: '/',
    name: undefined,
    contents: true,
    itself: true,
    owners: true,
    overwrite: true,
    missing: `${name} is gone`,
  }
  const fd = source === '-' ? 0 : openArchive(source)
  try {
    await startJob(context.directories, 'copy-in', [JSON.stringify(order)], { stdin: fd }).output
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    throw new SampanError(`${error.message}: volume ${name} has what came before it`, { cause: error })
  } finally {
    if (fd !== 0) closeSync(fd)
  }
}

function openArchive(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    const why = errnoOf(error) === 'ENOENT' ? 'no such file or directory' : (error as Error).message
    throw new SampanError(`open ${path}: ${why}`, { cause: error })
  }
}
