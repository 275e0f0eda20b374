/**
 * Builds the corpus and, with `--podman`, builds it with podman as well and says where the images differ. `--write`
 * makes expected.json what our images are: to be read before it is committed. Words that are left name Dockerfiles.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace, setUpPodman } from '../../bench/place.ts'
import {
  corpusContext,
  corpusFolder,
  corpusNames,
  type Expected,
  knownContents,
  layOutContext,
  readExpected,
} from '../support/build-corpus.ts'
import { changesOf, readSavedImage, type SavedImage } from '../support/image-tree.ts'
import { busyboxArchive, makeImages } from '../support/images.ts'
import { run } from '../support/process.ts'
import { executable } from '../support/user.ts'

const words = process.argv.slice(2)
const chosen = words.filter((word) => !word.startsWith('--'))
const names = corpusNames().filter((name) => chosen.length === 0 || chosen.includes(name))
const known = readExpected()

await makeImages()
await using place = await makePlace()
setUpPodman(place, '127.0.0.1:1')
place.write('context/file', '')
const files = await corpusContext()
await layOutContext(files, join(place.home, 'context'))

interface Tool {
  readonly argv: readonly string[]
  readonly build: readonly string[]
  readonly save: readonly string[]
  base: SavedImage | undefined
}

const sampan: Tool = { argv: [executable], build: ['build', '-q'], save: ['save'], base: undefined }
const podman: Tool = {
  argv: ['podman'],
  build: ['build', '-q', '--format', 'docker', '--network', 'none', '--pull=never'],
  save: ['save', '-q', '--format', 'docker-archive'],
  base: undefined,
}
const tools = words.includes('--podman') ? [sampan, podman] : [sampan]

async function call(tool: Tool, ...args: readonly string[]) {
  const result = await run([...place.become, `SAMPAN_ROOT=${place.home}/data`, ...tool.argv, ...args], {
    timeout: 120_000,
  })
  if (result.code === 0) return result
  throw new Error(result.stderr.trim().split('\n').at(-1) ?? `exit code ${result.code}`)
}

async function saved(tool: Tool, image: string): Promise<SavedImage> {
  return await readSavedImage((await call(tool, ...tool.save, image)).bytes, knownContents(files))
}

async function build(tool: Tool, name: string): Promise<Expected> {
  const file = place.write(
    `${name}.Dockerfile`,
    readFileSync(join(corpusFolder, `${name}.Dockerfile`), 'utf8'),
  )
  const args = known[name]?.args ?? []
  await call(tool, ...tool.build, '-t', `corpus-${name}`, '-f', file, ...args, join(place.home, 'context'))
  const image = await saved(tool, `corpus-${name}`)
  const expected = { config: image.config, changes: changesOf(image, tool.base as SavedImage) }
  return tool === podman ? withoutMarks(expected) : expected
}

/** What podman leaves in every image: its version as a label, the host name of a container, and places it mounted things on (docs/build.md). */
function withoutMarks({ config, changes }: Expected): Expected {
  const { 'io.buildah.version': _, ...labels } = (config['Labels'] ?? {}) as Record<string, unknown>
  const { Labels: __, Hostname: ___, ...rest } = config
  const marks = ['etc/hostname', 'etc/hosts', 'etc/resolv.conf', 'run', 'proc', 'sys', 'dev', 'etc']
  const isMark = ([path, entry]: [string, string]) =>
    marks.includes(path) && (entry.startsWith('folder 755 0:0') || entry.endsWith(' ""'))
  return {
    config: Object.keys(labels).length === 0 ? rest : { ...rest, Labels: labels },
    changes: Object.fromEntries(Object.entries(changes).filter((change) => !isMark(change))),
  }
}

function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject(ours) || !isObject(theirs)) {
    const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)]
    return a === b ? [] : [`${path}: ${a} and ${b}`]
  }
  const [left, right] = [ours as Record<string, unknown>, theirs as Record<string, unknown>]
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...keys].flatMap((key) => differences(left[key], right[key], `${path} ${key}`))
}

for (const tool of tools) {
  await call(tool, 'load', '-q', '-i', busyboxArchive)
  tool.base = await saved(tool, 'busybox')
}
let unexplained = 0
for (const name of names) {
  try {
    const ours = await build(sampan, name)
    const { args, podman: why } = known[name] ?? {}
    if (words.includes('--write')) {
      known[name] = { ...(args && { args }), ...(why && { podman: why }), ...ours }
    } else {
      for (const line of differences(ours, { config: known[name]?.config, changes: known[name]?.changes }))
        console.log(`${name}: not as expected:${line}`)
    }
    if (!tools.includes(podman)) continue
    const theirs = await build(podman, name).catch((error: Error) => error.message)
    const found = typeof theirs === 'string' ? [` podman: ${theirs}`] : differences(ours, theirs)
    if (found.length > 0 && why === undefined) unexplained += 1
    for (const line of found) console.log(`${name}:${line}${why === undefined ? '' : ` (${why})`}`)
    if (found.length === 0 && why !== undefined) console.log(`${name}: no difference any more: ${why}`)
  } catch (error) {
    console.log(`${name}: FAILED: ${error instanceof Error ? error.message : error}`)
    unexplained += 1
  }
}
if (words.includes('--write')) {
  const sorted = Object.fromEntries(corpusNames().map((name) => [name, known[name]]))
  writeFileSync(join(corpusFolder, 'expected.json'), `${JSON.stringify(sorted, undefined, 2)}\n`)
}
console.log(`${names.length} Dockerfiles, ${unexplained} differences without an explanation`)
process.exitCode = unexplained === 0 ? 0 : 1
