/** The end of a benchmark: its table on the terminal, and in bench/results/ with every measurement behind it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { ok } from '../test/support/process.ts'
import type { Peers } from './peers.ts'
import { type Row, render } from './table.ts'

export interface Report {
  /** What was measured: the end of the files' names, '' for the first benchmark. */
  readonly subject: '' | 'build' | 'data' | 'life' | 'network'
  readonly rounds: number
  readonly rows: readonly Row[]
  /** Every single measurement, as it shall be read again. */
  readonly raw: Readonly<Record<string, unknown>>
  /** Only some figures were asked for: nothing is written. */
  readonly partial: boolean
  /** Programs beside sampan and podman whose versions matter. */
  readonly alsoUsed?: readonly string[]
}

export async function report(peers: Peers, result: Report): Promise<void> {
  const { subject, rounds, raw, partial, alsoUsed = [] } = result
  const rows = result.rows.filter(({ ours, peer }) => ours !== undefined || peer !== undefined)
  const version = async (program: readonly string[]) =>
    (await ok([...peers.place.become, ...program, '--version'])).trim().split('\n')[0]
  const programs = [...peers.tools.map(({ argv }) => argv), ...alsoUsed.map((name) => [name])]
  const versions = (await Promise.all(programs.map(version))).join(' · ')
  const conditions = `${versions} · Linux ${release()} · ${cpus().length} CPUs · ${rounds} rounds in turns, medians`
  const table = `${conditions}\n\n${render(rows)}\n`
  console.log(table)
  if (partial) return
  const date = new Date().toISOString()
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, [date.slice(0, 10), subject].filter(Boolean).join('-'))
  writeFileSync(`${file}.md`, `# ${date.slice(0, 16).replace('T', ' ')} UTC\n\n${table}`)
  writeFileSync(`${file}.json`, `${JSON.stringify({ date, conditions, rows, ...raw })}\n`)
}
