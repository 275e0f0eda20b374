/**
 * A file system made for one benchmark: ext4 with a journal, in a sparse file mounted through a loop device. On the disk
 * that everybody uses, what was deleted in the last minutes decides what making a file costs.
 */
import { rmSync } from 'node:fs'
import { run } from '../test/support/process.ts'

/** The most it can hold; what is not written takes no room. */
const size = '24G'

/**
 * Mounts a new file system of that user's at `folder`; root alone can.
 * @returns what takes it away again, when nothing of the benchmark runs any more
 */
export async function mountOwnDisk(
  folder: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<() => Promise<void>> {
  const file = `${folder}.ext4`
  const must = async (...argv: string[]) => {
    const { code, stderr } = await run(argv)
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
  }
  const options = `root_owner=${uid}:${gid},lazy_itable_init=0,lazy_journal_init=0`
  await must('truncate', '-s', size, file)
  try {
    await must('mkfs.ext4', '-q', '-F', '-m', '0', '-E', options, file)
    await must('mount', '-o', 'loop', file, folder)
    // Else every page is cached twice, and who waits for the disk waits for both.
    await must('sh', '-c', 'losetup --direct-io=on "$(findmnt -no SOURCE "$1")"', 'sh', folder)
  } finally {
    // The mount keeps it, for as long as it is mounted anywhere.
    rmSync(file)
  }
  return () => must('umount', folder)
}
