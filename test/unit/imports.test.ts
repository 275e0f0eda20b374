import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/** From the top down; a layer imports its own files and those of layers below. Layers in one row ignore each other. */
const rows: readonly (readonly string[])[] = [
  ['main'],
  ['commands'],
  ['cli', 'output'],
  ['operations'],
  ['build'],
  ['containers'],
  ['images', 'jobs', 'networks', 'secrets', 'volumes'],
  ['platform'],
  ['oci'],
  ['errors'],
]

/** The input and context types of the command line may be named further down, never used as values there. */
const typesFromAbove = new Map([
  ['output', ['cli']],
  ['operations', ['cli']],
])
/** A job is the part of its noun that runs inside the user namespace: two folders, one layer. */
const together = [
  ['images', 'jobs'],
  ['build', 'jobs'],
]

const source = resolve(import.meta.dirname, '../../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.tsx?$/.test(name),
)
const rowOf = (layer: string) => rows.findIndex((row) => row.includes(layer))
const layerOf = (path: string) => path.split('/')[0]?.replace(/\.tsx?$/, '') ?? ''

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const statements = text.matchAll(/\b(import|export)\s+(type\s)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g)
  const bare = text.matchAll(/\bimport\s*\(?\s*['"]([^'"]+)['"]/g)
  return [
    ...[...statements].map(([, , type, to = '']) => ({ from: file, to, typeOnly: type !== undefined })),
    ...[...bare].map(([, to = '']) => ({ from: file, to, typeOnly: false })),
  ]
}

/** Undefined when the import is allowed, else a sentence. */
function objection({ from, to, typeOnly }: Import): string | undefined {
  const layer = layerOf(from)
  if (to === 'bun' || to.startsWith('bun:')) {
    return layer === 'platform' ? undefined : `${from} imports ${to}: only platform/ may know the runtime`
  }
  if (!to.startsWith('.')) return undefined
  const target = relative(source, resolve(source, from, '..', to))
  // Our own package.json (for the version) and the like lie outside the picture.
  if (target.startsWith('..')) return undefined
  const below = layerOf(target)
  if (rowOf(below) === -1)
    return `${from} imports ${target}: '${below}' is in no layer of test/unit/imports.test.ts`
  if (below === layer || rowOf(below) > rowOf(layer)) return undefined
  if (together.some((pair) => pair.includes(layer) && pair.includes(below))) return undefined
  if (typeOnly && typesFromAbove.get(layer)?.includes(below)) return undefined
  return `${from} imports ${target}: ${layer} may not know ${below}`
}

describe('imports point down', () => {
  test('every file of src belongs to a layer', () => {
    expect(files.filter((file) => rowOf(layerOf(file)) === -1)).toEqual([])
  })

  test('no file imports a layer above or beside its own', () => {
    const objections = files.flatMap(importsOf).map(objection)
    expect(objections.filter((sentence) => sentence !== undefined)).toEqual([])
  })

  test('no file outside platform/ uses the Bun global', () => {
    const users = files.filter(
      (file) =>
        layerOf(file) !== 'platform' && /(?<![\w.'])Bun\.\w/.test(readFileSync(join(source, file), 'utf8')),
    )
    expect(users).toEqual([])
  })

  test.each([
    ['containers/store.ts', '../operations/run.ts', false, 'containers may not know operations'],
    ['oci/digest.ts', '../platform/libc/lock.ts', false, 'oci may not know platform'],
    ['images/store.ts', '../volumes/store.ts', false, 'images may not know volumes'],
    ['operations/run.ts', '../cli/context.ts', false, 'operations may not know cli'],
    ['containers/store.ts', 'bun:ffi', false, 'only platform/ may know the runtime'],
    ['operations/run.ts', '../cli/context.ts', true, undefined],
    ['containers/store.ts', '../../package.json', false, undefined],
    ['commands/run.ts', '../errors.ts', false, undefined],
  ])('the rule itself: %s importing %s (type only: %s): %s', (from, to, typeOnly, sentence) => {
    const found = objection({ from, to, typeOnly })
    if (sentence === undefined) expect(found).toBeUndefined()
    else expect(found).toContain(sentence)
  })
})
