/** What a person prefers on the screen: ours, or what docker's own config.json says for docker. */
import { type Config, readConfig } from './config.ts'
import type { Directories } from './directories.ts'
import { dockerConfig } from './docker-config.ts'

export type Preferences = Pick<Config, 'detachKeys' | 'imagesFormat' | 'networksFormat' | 'psFormat'>

/**
 * One preference, undefined where nobody said. Two small files are opened, so ask only where it matters.
 * @throws SampanError naming the file and line of a mistake
 */
export function preference(
  key: keyof Preferences,
  directories: Directories,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = readConfig(directories)[key]
  if (own !== undefined) return own || undefined
  const theirs = dockerConfig(environment)?.[key]
  return typeof theirs === 'string' && theirs !== '' ? theirs : undefined
}
