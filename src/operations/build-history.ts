/** The builds of before: DATA/build/history/ID.json and ID.log, the last of them only. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { asObject } from '../oci/json.ts'
import { readRecord, writeRecord, writeWhole } from '../platform/files/record.ts'
import { randomHex } from '../platform/host/random.ts'
import { parseFilters } from './filters.ts'

export interface BuildRecord {
  readonly id: string
  /** What was built: the context, and the target where one was asked for. */
  readonly name: string
  readonly status: 'Completed' | 'Error' | 'Canceled'
  readonly context: string
  readonly dockerfile: string
  readonly target: string | undefined
  readonly platforms: readonly string[]
  readonly buildArgs: readonly string[]
  readonly tags: readonly string[]
  /** RFC 3339. */
  readonly started: string
  /** Milliseconds. */
  readonly duration: number
  readonly steps: number
  readonly cachedSteps: number
  /** Of the image; undefined where there is none. */
  readonly image: string | undefined
  readonly error: string | undefined
}

/** More are not kept. */
const mostBuilds = 50
const idBytes = 10

/**
 * Keeps a build, and lets the oldest go. Never fails a build: a full disk has been told already.
 * @param log what progress said, as plain lines
 */
export function keepBuild(build: Omit<BuildRecord, 'id'>, log: string, { directories }: Context): void {
  const folder = historyFolder(directories.data)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Ids begin with the time, so that names sort as builds were begun.
    const id = `${Date.parse(build.started).toString(16).padStart(12, '0')}${randomHex(idBytes)}`
    writeWhole(join(folder, `${id}.log`), log, { durable: false })
    writeRecord(join(folder, `${id}.json`), { version: 1, ...build, id }, { durable: false })
    for (const old of idsIn(folder).slice(mostBuilds)) remove(folder, old)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
}

/** The latest first. @throws usage for a filter that is none */
export function pastBuilds({ directories }: Context, filter: readonly string[] = []): BuildRecord[] {
  const filters = parseFilters(filter, ['status', 'name'])
  const folder = historyFolder(directories.data)
  const builds = idsIn(folder).flatMap((id) => readBuild(folder, id) ?? [])
  return builds.filter(
    ({ status, name }) =>
      filters.matches('status', (value) => value.toLowerCase() === status.toLowerCase()) &&
      filters.matches('name', (value) => name.includes(value)),
  )
}

/** @param which an id or the beginning of one, `^N` for the Nth before the latest; undefined: the latest */
export function findBuild(which: string | undefined, context: Context): BuildRecord {
  const builds = pastBuilds(context)
  const back = /^\^(\d+)$/.exec(which ?? '^0')?.[1]
  const found = back === undefined ? withId(builds, which ?? '') : builds[Number(back)]
  if (found !== undefined) return found
  throw new SampanError(which === undefined ? 'no builds are remembered' : `no record found for ${which}`, {
    hint: `\`sampan buildx history ls\` lists the last ${mostBuilds} builds`,
    kind: 'no-such-object',
  })
}

function withId(builds: readonly BuildRecord[], start: string): BuildRecord | undefined {
  const found = builds.filter(({ id }) => id.startsWith(start))
  return found.length === 1 ? found[0] : undefined
}

export function buildLog({ id }: BuildRecord, { directories }: Context): string {
  return readFileSync(join(historyFolder(directories.data), `${id}.log`), 'utf8')
}

export function forgetBuild({ id }: Pick<BuildRecord, 'id'>, { directories }: Context): void {
  remove(historyFolder(directories.data), id)
}

function historyFolder(data: string): string {
  return join(data, 'build/history')
}

function idsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^[0-9a-f]+\.json$/.test(name))
    return names
      .map((name) => name.slice(0, -'.json'.length))
      .sort()
      .reverse()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Undefined where another command has just removed it, or it is damaged: nothing depends on it. */
function readBuild(folder: string, id: string): BuildRecord | undefined {
  try {
    return readRecord(join(folder, `${id}.json`), (value) => asObject(value, id) as unknown as BuildRecord)
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}

function remove(folder: string, id: string): void {
  for (const kind of ['json', 'log']) rmSync(join(folder, `${id}.${kind}`), { force: true })
}
