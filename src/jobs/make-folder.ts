/**
 * `make-folder PATH OWNER UPPER LOWER…`: PATH and the folders above it, of OWNER's (`user[:group]`, empty: root's) and
 * 0755, as they are missing in a tree of layers (the top one first), into the fresh folder UPPER. Runs inside the user
 * namespace.
 */
import { ownerIn } from '../build/copy/owner-in.ts'
import { Upper } from '../build/copy/upper.ts'
import { byteName } from '../platform/files/byte-names.ts'

export default function makeFolder(args: readonly string[]): { readonly entries: number } {
  const [path = '', owner = '', upper = '', ...lowers] = args
  process.umask(0)
  const tree = new Upper(byteName(upper), lowers.map(byteName), false)
  const { folder, rest } = tree.place(byteName(path).split('/'), true)
  const ids = owner === '' ? { uid: 0, gid: 0 } : ownerIn(lowers, owner)
  tree.folderAt(folder, rest, ids)
  tree.end()
  return { entries: tree.entries }
}
