/** After a RUN that failed: images of the stage before it, and of what it left, to try again by hand. */
import { existsSync } from 'node:fs'
import type { StepFailure } from '../../build/failure.ts'
import { imageConfig, type StageState } from '../../build/state.ts'
import type { Context } from '../../cli/context.ts'
import { addComposed } from '../../images/compose.ts'
import { type Image, ImageStore } from '../../images/store.ts'
import { shortId } from '../../oci/digest.ts'
import type { MountRecord } from '../../volumes/mounts.ts'

/** How to go on by hand: words for a shell. */
export interface Retry {
  /** Runs the command again, on the stage before it. */
  readonly again: string
  /** Where it had files mounted that are there no more: those of secrets. */
  readonly missing: readonly string[]
  /** A shell in what the step left, where that was kept. */
  readonly look: string | undefined
  /** The image of the latter. */
  readonly left: Image | undefined
}

/** Adds the images; they have no name, and `image prune` takes them away again. */
export function offerRetry(step: StepFailure, { directories }: Context): Retry {
  const { args, before, left } = step
  const store = new ImageStore(directories)
  const image = add(store, before)
  const leftImage = left === undefined ? undefined : add(store, left)
  const variables = args.flatMap((arg) => ['-e', arg])
  const start = ['sampan', 'run', '--rm', '-it', ...variables]
  return {
    again: againLine(step, shortId(image.id)),
    missing: step.mounts.filter((mount) => !isThere(mount)).map(({ destination }) => destination),
    look: leftImage && commandLine([...start, '--entrypoint', '/bin/sh', shortId(leftImage.id)]),
    left: leftImage,
  }
}

function againLine({ words, args, options, mounts, script }: StepFailure, image: string): string {
  const more = [
    ...args.flatMap((arg) => ['-e', arg]),
    ...options,
    ...mounts.filter(isThere).flatMap(mountOption),
    '--entrypoint',
  ]
  if (script !== undefined) {
    // The kernel's way with `#!`: a program and at most one argument.
    const [, program = '', argument] = /^#!\s*(\S+)[ \t]*(.*?)\s*$/m.exec(script.content) ?? []
    const line = ['sampan', 'run', '--rm', '-i', ...more, program, image, ...(argument ? [argument] : [])]
    return `${commandLine([...line, '/dev/stdin'])} <<'${script.name}'\n${script.content}${script.name}`
  }
  const [program = '', ...rest] = words
  return commandLine(['sampan', 'run', '--rm', '-it', ...more, program, image, ...rest])
}

/** What was made for the step alone has gone with it. */
function isThere(mount: MountRecord): boolean {
  return mount.type === 'tmpfs' || ('source' in mount && existsSync(mount.source))
}

function mountOption(mount: MountRecord): string[] {
  if (mount.type === 'tmpfs') return ['--tmpfs', mount.destination]
  if (!('source' in mount)) return []
  const mode = mount.readOnly ? ':ro' : 'overlay' in mount && mount.overlay ? ':O' : ''
  return ['-v', `${mount.source}:${mount.destination}${mode}`]
}

function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ')
}

function add(store: ImageStore, state: StageState): Image {
  const layers = state.layers.map(({ blob }) => blob)
  return addComposed(store, { config: imageConfig(state), layers, names: [] })
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
