/** Draws a build's scene with ink. What does not fit the terminal: steps that are over go first. */
import { Box, Text } from 'ink'
import { openInkCanvas } from '../ink-canvas.ts'
import { type BuildCanvas, type LiveScene, type LiveTask, stateWords } from './live.ts'

export function inkCanvas(stream: NodeJS.WriteStream): BuildCanvas {
  const nothing: LiveScene = { seconds: 0, finished: 0, expected: 0, tasks: [] }
  return openInkCanvas(stream, 3, nothing, (scene, most) => <Picture scene={scene} most={most} />)
}

function Picture({ scene, most }: { readonly scene: LiveScene; readonly most: number }) {
  const { seconds, finished, expected, tasks } = scene
  const shown = fitting(tasks, most)
  return (
    <Box flexDirection="column">
      <Text>{`[+] Building ${seconds.toFixed(1)}s (${finished}/${expected})`}</Text>
      {shown.length < tasks.length && <Text dimColor>{` => … ${tasks.length - shown.length} more`}</Text>}
      {shown.map((task) => (
        <Step key={tasks.indexOf(task)} task={task} />
      ))}
    </Box>
  )
}

const colours = {
  running: undefined,
  cached: 'blue',
  done: 'blue',
  canceled: 'yellow',
  failed: 'red',
} as const

function Step({ task }: { readonly task: LiveTask }) {
  const { name, state, seconds, lines } = task
  const colour = colours[state]
  return (
    <Box flexDirection="column">
      <Box justifyContent="space-between">
        <Text
          wrap="truncate"
          {...(colour === undefined ? {} : { color: colour })}
        >{` => ${stateWords[state]}${name}`}</Text>
        <Text>{` ${seconds.toFixed(1)}s`}</Text>
      </Box>
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place
        <Text key={at} dimColor wrap="truncate">
          {` => => # ${line}`}
        </Text>
      ))}
    </Box>
  )
}

/** The last of those that are over, and all that run. */
function fitting(tasks: readonly LiveTask[], most: number): readonly LiveTask[] {
  const height = ({ lines }: LiveTask) => 1 + lines.length
  let room =
    most - tasks.filter(({ state }) => state === 'running').reduce((sum, task) => sum + height(task), 0)
  const kept = new Set(tasks.filter(({ state }) => state === 'running'))
  for (const task of tasks.toReversed()) {
    if (kept.has(task)) continue
    room -= 1
    if (room <= 0) break
    kept.add(task)
  }
  return tasks.filter((task) => kept.has(task))
}
