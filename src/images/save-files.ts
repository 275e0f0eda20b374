/** Where the files of a saved image go: one tar, or a folder. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import { temporaryName } from '../platform/files/names.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { endOfArchive, headerBlocks, padding, plainEntry } from '../platform/tar/write.ts'
import type { SavedFile } from './save-collection.ts'

/** `what` names the other end in messages. */
export async function writeSavedTar(files: readonly SavedFile[], fd: number, what: string): Promise<void> {
  const write = (bytes: Uint8Array) => writeAll(fd, bytes, what)
  for (const folder of ['blobs', 'blobs/sha256']) {
    write(headerBlocks(plainEntry({ name: folder, kind: 'folder', mode: 0o755 })))
  }
  for (const file of files) {
    write(headerBlocks(plainEntry({ name: file.name, size: file.size })))
    await file.copyTo(write)
    write(padding(file.size))
  }
  write(endOfArchive)
}

/** The folder appears whole: filled beside its place and renamed. @throws SampanError where something is already */
export async function writeSavedFolder(files: readonly SavedFile[], output: string): Promise<void> {
  const folder = output.replace(/(?<=.)\/+$/, '')
  if (!isFree(folder)) {
    throw new SampanError(`${folder} is there already`, {
      hint: 'name a folder that does not exist yet',
      kind: 'conflict',
    })
  }
  const temporary = temporaryName(folder)
  try {
    for (const file of files) {
      const path = join(temporary, file.name)
      mkdirSync(dirname(path), { recursive: true })
      await writeFile(file, path)
    }
    renameSync(temporary, folder)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/**
 * Into an OCI layout that may be there, whose other blobs stay: its index then lists what was saved now.
 * @throws SampanError for a folder with anything else in it
 */
export async function mergeSavedFolder(files: readonly SavedFile[], folder: string): Promise<void> {
  if (!isFree(folder) && !existsSync(join(folder, 'oci-layout'))) {
    throw new SampanError(`${folder} is not empty and no OCI layout`, { kind: 'conflict' })
  }
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const last = (name: string) => Number(name === 'index.json')
  for (const file of files.toSorted((a, b) => last(a.name) - last(b.name))) {
    const path = join(folder, file.name)
    if (file.name.startsWith('blobs/') && existsSync(path)) continue
    const temporary = temporaryName(path)
    try {
      await writeFile(file, temporary)
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  }
}

async function writeFile(file: SavedFile, path: string): Promise<void> {
  const fd = openSync(path, 'wx', 0o644)
  try {
    await file.copyTo((bytes) => writeAll(fd, bytes, path))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function isFree(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    throw error
  }
}
