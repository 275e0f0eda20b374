/**
 * Every spelling of every command, and where it lives. Only the module of the command that was typed is evaluated:
 * this table is all that `sampan ps` pays for the others. A test compares it with each command's own `names`.
 */
import type { Command } from '../cli/command.ts'

type Load = () => Promise<{ readonly default: Command }>

const complete: Load = () => import('./complete.ts')
const completion: Load = () => import('./completion.ts')
const help: Load = () => import('./help.ts')
const images: Load = () => import('./images.ts')
const info: Load = () => import('./info.ts')
const licenses: Load = () => import('./licenses.ts')
const pull: Load = () => import('./pull.ts')
const rmi: Load = () => import('./rmi.ts')
const tag: Load = () => import('./tag.ts')
const version: Load = () => import('./version.ts')

export const commands: Readonly<Record<string, Load>> = {
  __complete: complete,
  completion,
  help,
  'image list': images,
  'image ls': images,
  'image pull': pull,
  'image remove': rmi,
  'image rm': rmi,
  'image tag': tag,
  images,
  info,
  licenses,
  pull,
  rmi,
  tag,
  'system info': info,
  version,
}

/** The first words that are no command by themselves, and what help says about them. */
export const groups: Readonly<Record<string, string>> = {
  container: 'Manage containers',
  image: 'Manage images',
  system: 'Look after this installation',
}

/** Evaluates the module of one spelling of the table. */
export async function loadCommand(spelling: string): Promise<Command> {
  const load = commands[spelling]
  if (load === undefined) throw new Error(`no command ${spelling}`)
  return (await load()).default
}
