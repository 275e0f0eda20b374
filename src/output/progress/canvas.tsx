/** Draws a scene with ink: one line a part with its bar, and a total with speed and time left. */
import { Box, Text } from 'ink'
import { humanSize } from '../human.ts'
import { openInkCanvas } from '../ink-canvas.ts'
import type { Canvas, Row, Scene } from './live.ts'
import { timeLeft } from './rate.ts'

const barWidth = 30

export function inkCanvas(stream: NodeJS.WriteStream): Canvas {
  const nothing: Scene = { rows: [], rate: undefined }
  return openInkCanvas(stream, 4, nothing, (scene, most) => <Picture {...scene} most={most} />)
}

function Picture({ rows, rate, most }: Scene & { readonly most: number }) {
  const isOver = ({ stage }: Row) => stage === 'skipped' || stage === 'done'
  const rest = rows.filter((row) => !isOver(row))
  // Too many for the terminal: those that are being worked on, else the last of those that are done.
  const shown = rows.length <= most ? rows : rest.length > 0 ? rest.slice(0, most) : rows.slice(-most)
  return (
    <Box flexDirection="column">
      {shown.map((row) => (
        <Text key={row.key} wrap="truncate">
          {lineOf(row)}
        </Text>
      ))}
      {rows.length > shown.length && (
        <Text dimColor>{`and ${rows.length - shown.length} more, ${rows.length - rest.length} done`}</Text>
      )}
      <Text wrap="truncate">{totalOf(rows, rate)}</Text>
    </Box>
  )
}

function lineOf({ label, stage, word, bytes, size }: Row): string {
  const detail = stage === 'moving' ? ` ${bar(bytes, size)} ${humanSize(bytes)}/${humanSize(size)}` : ''
  return `${label}: ${word}${detail}`
}

function totalOf(rows: readonly Row[], rate: number | undefined): string {
  const coming = rows.filter(({ stage }) => stage !== 'skipped')
  const total = coming.reduce((sum, { size }) => sum + size, 0)
  const moved = coming.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total === 0) return ''
  const speed = rate === undefined ? '' : ` at ${humanSize(rate)}/s`
  const left = moved < total && rate ? `, ${timeLeft((total - moved) / rate)} left` : ''
  return `${humanSize(moved)} of ${humanSize(total)}${speed}${left}`
}

function bar(bytes: number, size: number): string {
  const full = size === 0 ? barWidth : Math.min(barWidth, Math.floor((bytes / size) * barWidth))
  return `[${'='.repeat(full)}${full < barWidth ? '>' : ''}${' '.repeat(Math.max(0, barWidth - full - 1))}]`
}
