/**
 * Containers that start with the machine, without a daemon: the machine runs `boot run` once, which starts what its
 * restart policy says and ends. The hook that makes the machine do so is set up by the first container that needs it.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { isDueAfterBoot, outlivesMachine } from '../containers/comes-back.ts'
import type { RestartPolicy } from '../containers/record.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { readRecord, writeRecord } from '../platform/files/record.ts'
import {
  chooseHook,
  type Hook,
  installHook,
  isInstalled,
  lingering,
  removeHook,
} from '../platform/host/boot-hook.ts'
import { directories as directoriesOf } from '../platform/host/directories.ts'
import { startDetached } from './start.ts'
import { ensureWholeLayers } from './whole-layers.ts'

/** DATA/boot.json: what the person has decided, and what was installed for it. */
interface BootRecord {
  readonly version: 1
  readonly enabled: boolean
  /** What is to be removed when another one takes its place; null: nothing was installed. */
  readonly hook: Hook | null
}

export interface BootStatus {
  readonly Enabled: boolean
  /** systemd, cron or autostart. */
  readonly Kind: string
  readonly Path: string
  readonly Command: readonly string[]
  /** Whether the user's services start with the machine; null where that is no question. */
  readonly Lingering: boolean | null
  /** What only root can do, '' where nothing is missing. */
  readonly Fix: string
  /** Those that start with the machine. */
  readonly Containers: readonly { readonly Name: string; readonly Policy: string }[]
}

export function bootStatus(context: Context): BootStatus {
  const record = readBoot(context)
  const hook = record?.hook ?? wantedHook(context)
  const lingers = lingering(hook)
  const enabled = record?.enabled === true && isInstalled(hook)
  return {
    Enabled: enabled,
    Kind: hook.kind,
    Path: hook.path,
    Command: hook.command,
    Lingering: lingers?.enabled ?? null,
    Fix: lingers === undefined || lingers.enabled ? '' : lingers.command,
    Containers: new ContainerStore(context.directories)
      .list()
      .flatMap(readable)
      .filter(({ record: { restart } }) => outlivesMachine(restart))
      .map(({ name, record: { restart } }) => ({ Name: name, Policy: restart.policy })),
  }
}

/** Installs the hook, again where it was changed or this executable has moved. */
export function enableBoot(context: Context): BootStatus {
  const hook = wantedHook(context)
  const old = readBoot(context)?.hook
  if (old && (old.kind !== hook.kind || old.path !== hook.path)) removeHook(old)
  installHook(hook)
  write({ version: 1, enabled: true, hook }, context)
  return bootStatus(context)
}

/** From now on no container sets it up by itself either. */
export function disableBoot(context: Context): void {
  removeHook(readBoot(context)?.hook ?? wantedHook(context))
  write({ version: 1, enabled: false, hook: null }, context)
}

/** Removes the hook of a store that goes, where it can be read what that is. */
export function forgetBoot(context: Context): void {
  try {
    const hook = readBoot(context)?.hook
    if (hook) removeHook(hook)
  } catch {
    // A hook that finds no store starts nothing.
  }
}

/**
 * For a container with this policy: sees to it that there is a hook, unless the person does not want one. Never throws:
 * the container runs all the same.
 */
export function ensureBoot(restart: RestartPolicy, context: Context): void {
  if (!outlivesMachine(restart)) return
  try {
    const record = readBoot(context)
    if (record?.enabled === false) return
    const hook = record?.hook
    if (hook && hook.command[0] === process.execPath && existsSync(hook.path)) return
    const { Kind, Fix } = enableBoot(context)
    context.out.note(HOW[Kind as Hook['kind']])
    if (Fix !== '') context.out.note(`For the start of the machine instead of your first login: ${Fix}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    context.out.note(`WARNING: nothing will start it after a reboot: ${why}`)
  }
}

const HOW: Readonly<Record<Hook['kind'], string>> = {
  systemd: 'Containers that restart come back after a reboot (`boot status`): a systemd unit starts them.',
  cron: 'Containers that restart come back after a reboot (`boot status`): a line of your crontab starts them.',
  autostart:
    'Containers that restart come back when you log in to a desktop (`boot status`): here is neither systemd nor cron.',
}

/**
 * Starts what is due. One that joins another may have to wait for it, so those that fail are tried again as long as
 * that helps.
 * @returns whether all run
 */
export async function runBoot(context: Context): Promise<boolean> {
  const { directories, out } = context
  let due = new ContainerStore(directories)
    .list()
    .flatMap(readable)
    .filter(isDueAfterBoot)
    .sort((a, b) => (a.record.created < b.record.created ? -1 : 1))
  for (;;) {
    const failed: { readonly container: Container; readonly error: unknown }[] = []
    for (const container of due) {
      try {
        await ensureWholeLayers(container, context)
        startDetached(container, context)
        out.write(`${container.name}\n`)
      } catch (error) {
        failed.push({ container, error })
      }
    }
    if (failed.length === 0) return true
    if (failed.length === due.length) {
      for (const { container, error } of failed)
        out.note(`Error: ${container.name}: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
    due = failed.map(({ container }) => container)
  }
}

/** Not one that is going, or damaged: the others are started. */
function readable(container: Container): Container[] {
  try {
    return container.record === undefined ? [] : [container]
  } catch (error) {
    if (error instanceof SampanError) return []
    throw error
  }
}

/** Each data directory has its own: the name says which, and a data directory that is not the usual one is passed on. */
function wantedHook({ directories, environment }: Context): Hook {
  const usual = directoriesOf({ HOME: environment['HOME'] }, undefined).data === directories.data
  const suffix = directories.data.replace(/[^A-Za-z0-9]+/g, '-')
  const name = usual ? 'sampan-boot' : `sampan-boot${suffix}`.slice(0, 200)
  const root = usual ? [] : ['--root', directories.data]
  return chooseHook(
    name,
    [process.execPath, ...root, 'boot', 'run'],
    dirname(directories.config),
    environment,
  )
}

const path = ({ directories }: Context) => join(directories.data, 'boot.json')

function readBoot(context: Context): BootRecord | undefined {
  return readRecord(path(context), (value) => value as BootRecord)
}

function write(record: BootRecord, context: Context): void {
  mkdirSync(context.directories.data, { recursive: true, mode: 0o700 })
  writeRecord(path(context), record)
}
