/**
 * `hide`: standard input says which names of a folder an overlay shall not show; a layer of whiteouts is made for it.
 * In the user namespace, as its root.
 */
import { readFileSync } from 'node:fs'
import { Upper } from '../build/copy/upper.ts'
import type { HideOrder } from '../build/run/left-out.ts'
import { byteName, pathOf } from '../platform/files/byte-names.ts'
import { mknod, nodeType } from '../platform/libc/files.ts'

export default function hide(): null {
  const { upper, lower, names } = JSON.parse(readFileSync(0, 'utf8')) as HideOrder
  const layer = new Upper(byteName(upper), [byteName(lower)], true)
  for (const name of names) {
    const parts = name.split('/')
    const last = parts.pop() ?? ''
    const { folder } = layer.place(parts, false)
    layer.prepare(folder)
    mknod(pathOf(`${folder.path}/${last}`), nodeType.character)
  }
  layer.end()
  return null
}
