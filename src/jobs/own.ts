/** `own PATH MODE UID GID`: owner and mode (decimal) as the user namespace has them. */
import { chmodSync, chownSync } from 'node:fs'

export default function own([path = '', mode, uid, gid]: readonly string[]): { readonly path: string } {
  chownSync(path, Number(uid), Number(gid))
  chmodSync(path, Number(mode))
  return { path }
}
