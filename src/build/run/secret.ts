/** `RUN --mount=type=secret`: a file that is only there while the step runs, and never on a disk where RUN is in memory. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryName } from '../../platform/files/names.ts'
import { startJob } from '../../platform/helper/inside.ts'
import type { Directories } from '../../platform/host/directories.ts'
import type { SecretMount } from '../dockerfile/mount-types.ts'

/** What `--secret` gave; read when a step asks for it. */
export type Secret = () => Buffer

export async function secretFile(
  value: Buffer,
  { mode, uid, gid }: SecretMount,
  directories: Directories,
  made: DisposableStack,
): Promise<string> {
  const folder = temporaryName(join(directories.runtime, 'secret'))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  made.defer(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'value')
  writeFileSync(path, value, { mode: 0o600 })
  if (uid === 0 && gid === 0) chmodSync(path, mode)
  else await startJob(directories, 'own', [path, String(mode), String(uid), String(gid)]).output
  return path
}
