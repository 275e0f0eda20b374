/** Every Dockerfile of the corpus is one rule of the language: its image must be what expected.json says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import {
  corpusContext,
  corpusFolder,
  corpusNames,
  knownContents,
  layOutContext,
  readExpected,
} from '../support/build-corpus.ts'
import { changesOf, type Known, readSavedImage, type SavedImage } from '../support/image-tree.ts'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const expected = readExpected()
const context = user.makeFolder('context')
let known: Known
let base: SavedImage

async function saved(name: string): Promise<SavedImage> {
  const { bytes } = await user.run([user.executable, 'save', name])
  return await readSavedImage(bytes, known)
}

beforeAll(async () => {
  const files = await corpusContext()
  known = knownContents(files)
  await layOutContext(files, context)
  base = await saved(image)
}, 60_000)

test('every Dockerfile has its expectation, and every expectation its Dockerfile', () => {
  expect(Object.keys(expected).sort()).toEqual(corpusNames())
  expect(corpusNames().length).toBeGreaterThanOrEqual(60)
})

test.each(corpusNames())('%s', async (name) => {
  const { args = [], config, changes } = expected[name] ?? { config: {}, changes: {} }
  const file = user.file(`${name}.Dockerfile`, readFileSync(join(corpusFolder, `${name}.Dockerfile`)))
  await user.ok(['build', '-q', '-t', `corpus-${name}`, '-f', file, ...args, context])
  const built = await saved(`corpus-${name}`)
  expect({ config: built.config, changes: changesOf(built, base) }).toEqual({ config, changes })
})
