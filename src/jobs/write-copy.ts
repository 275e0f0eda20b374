/** `write-copy`: standard input says what a COPY or ADD writes, and where. In the user namespace, as its root. */
import { readFileSync } from 'node:fs'
import type { CopyResult } from '../build/copy/types.ts'
import { type WriteOrder, write } from '../build/copy/write.ts'

export default function writeCopy(): Promise<CopyResult> {
  return write(JSON.parse(readFileSync(0, 'utf8')) as WriteOrder)
}
