/** One line a layer with its bar, and a total, redrawn in place on standard error. */
import { Box, render, Text } from 'ink'
import type { LayerPhase } from '../images/pull-layers.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { Descriptor } from '../oci/manifest.ts'
import type { PullDisplay } from '../operations/fetch-image.ts'
import { humanSize } from './human.ts'

interface Row {
  readonly layer: Descriptor
  phase: LayerPhase
  received: number
}

const barWidth = 30
const redrawEvery = 100
/** A taller picture than the terminal scrolls instead of being redrawn. */
const mostRows = 20

const words: Record<LayerPhase, string> = {
  waiting: 'Waiting',
  exists: 'Already exists',
  downloading: 'Downloading',
  downloaded: 'Extracting',
  complete: 'Pull complete',
}

/** Draws at most every 100 ms, however fast bytes arrive. */
export function showPull(title: string): PullDisplay {
  const started = performance.now()
  const rows = new Map<Digest, Row>()
  const picture = () => (
    <Picture title={title} rows={[...rows.values()]} seconds={(performance.now() - started) / 1000} />
  )
  const app = render(picture(), { stdout: process.stderr, exitOnCtrlC: false, patchConsole: false })
  const timer = setInterval(() => app.rerender(picture()), redrawEvery)
  return {
    layers(layers) {
      for (const layer of layers) rows.set(layer.digest, { layer, phase: 'waiting', received: 0 })
    },
    layer(digest, phase, received) {
      const row = rows.get(digest)
      if (row !== undefined) Object.assign(row, { phase, received })
    },
    async end() {
      clearInterval(timer)
      app.rerender(picture())
      app.unmount()
      await app.waitUntilExit()
    },
  }
}

function Picture({ title, rows, seconds }: { title: string; rows: readonly Row[]; seconds: number }) {
  const waiting = rows.filter(({ phase }) => phase === 'waiting')
  const shown =
    rows.length <= mostRows
      ? rows
      : rows.filter(({ phase }) => phase !== 'exists' && phase !== 'complete').slice(0, mostRows)
  return (
    <Box flexDirection="column">
      <Text>{title}</Text>
      {shown.map((row) => (
        <Line key={row.layer.digest} row={row} />
      ))}
      {rows.length > shown.length && (
        <Text dimColor>{`and ${rows.length - shown.length} more layers, ${waiting.length} waiting`}</Text>
      )}
      <Total rows={rows} seconds={seconds} />
    </Box>
  )
}

function Line({ row }: { row: Row }) {
  const { layer, phase, received } = row
  const detail =
    phase === 'downloading'
      ? ` ${bar(received, layer.size)} ${humanSize(received)}/${humanSize(layer.size)}`
      : ''
  return <Text wrap="truncate">{`${shortId(layer.digest)}: ${words[phase]}${detail}`}</Text>
}

function Total({ rows, seconds }: { rows: readonly Row[]; seconds: number }) {
  const coming = rows.filter(({ phase }) => phase !== 'exists')
  const total = coming.reduce((sum, { layer }) => sum + layer.size, 0)
  const received = coming.reduce((sum, row) => sum + row.received, 0)
  if (total === 0) return null
  const rate = received / Math.max(seconds, 0.1)
  const left = received < total && rate > 0 ? `, ${Math.ceil((total - received) / rate)} s left` : ''
  return (
    <Text wrap="truncate">{`${humanSize(received)} of ${humanSize(total)} at ${humanSize(rate)}/s${left}`}</Text>
  )
}

function bar(received: number, size: number): string {
  const full = size === 0 ? barWidth : Math.min(barWidth, Math.floor((received / size) * barWidth))
  return `[${'='.repeat(full)}${full < barWidth ? '>' : ''}${' '.repeat(Math.max(0, barWidth - full - 1))}]`
}
