import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readFromUnion } from '../../../src/containers/union.ts'
import { mknod, nodeType } from '../../../src/platform/libc/files.ts'
import { setXattr } from '../../../src/platform/libc/xattr.ts'

const root = mkdtempSync(join(tmpdir(), 'sampan-union-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let layers = 0
/** A layer with these files; a value of null is a whiteout, one that starts with `->` a link. */
function layer(entries: Readonly<Record<string, string | null>>): string {
  layers += 1
  const folder = join(root, String(layers))
  mkdirSync(folder)
  for (const [name, content] of Object.entries(entries)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    if (content === null) mknod(path, nodeType.character | 0o600, 0n)
    else if (content.startsWith('->')) symlinkSync(content.slice(2), path)
    else if (name.endsWith('/.opaque')) setXattr(dirname(path), 'user.overlay.opaque', Buffer.from('y'))
    else writeFileSync(path, content)
  }
  return folder
}

describe('a file as the container would see it', () => {
  test('comes from the topmost layer that has it', () => {
    const bottom = layer({ 'etc/passwd': 'bottom', 'etc/group': 'group' })
    const top = layer({ 'etc/passwd': 'top' })
    expect(readFromUnion([top, bottom], '/etc/passwd')).toBe('top')
    expect(readFromUnion([top, bottom], '/etc/group')).toBe('group')
    expect(readFromUnion([top, bottom], '/etc/shadow')).toBeUndefined()
  })

  test('is gone where a whiteout hides it or its folder', () => {
    const bottom = layer({ 'etc/passwd': 'bottom' })
    expect(readFromUnion([layer({ 'etc/passwd': null }), bottom], '/etc/passwd')).toBeUndefined()
    expect(readFromUnion([layer({ etc: null }), bottom], '/etc/passwd')).toBeUndefined()
  })

  test('is hidden by an opaque folder and by a file in the place of its folder', () => {
    const bottom = layer({ 'etc/passwd': 'bottom' })
    expect(readFromUnion([layer({ 'etc/.opaque': '' }), bottom], '/etc/passwd')).toBeUndefined()
    expect(readFromUnion([layer({ etc: 'a file' }), bottom], '/etc/passwd')).toBeUndefined()
  })

  test('links are followed inside the union, never on the host', () => {
    const bottom = layer({
      'etc/passwd': '->/usr/lib/passwd',
      'usr/lib/passwd': 'inside',
      'etc/up': '->../../../../usr/lib/passwd',
      'etc/host': '->/etc/hostname',
      link: '->etc',
      'etc/loop': '->loop',
    })
    const union = [layer({ 'var/x': '' }), bottom]
    expect(readFromUnion(union, '/etc/passwd')).toBe('inside')
    expect(readFromUnion(union, '/etc/up')).toBe('inside')
    expect(readFromUnion(union, '/link/passwd')).toBe('inside')
    expect(readFromUnion(union, '/etc/host')).toBeUndefined()
    expect(readFromUnion(union, '/etc/loop')).toBeUndefined()
  })

  test('a link in a higher layer leads to a file in a lower one', () => {
    const bottom = layer({ 'usr/passwd': 'lower' })
    expect(readFromUnion([layer({ 'etc/passwd': '->../usr/passwd' }), bottom], '/etc/passwd')).toBe('lower')
  })

  test('a folder is no file', () =>
    expect(readFromUnion([layer({ 'etc/passwd/x': '' })], '/etc/passwd')).toBeUndefined())
})
