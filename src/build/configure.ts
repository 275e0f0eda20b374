/** Instructions that change the configuration and no file. Pure. Their words are expanded already. */
import { posix } from 'node:path'
import { mergeEnvironment } from '../containers/values/environment.ts'
import { parseSignal } from '../containers/values/signal.ts'
import { usage } from '../errors.ts'
import { portsOf, setOf } from '../images/changes.ts'
import type { ContainerDefaults, Healthcheck } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import type {
  CmdInstruction,
  CommandLine,
  EntrypointInstruction,
  EnvInstruction,
  ExposeInstruction,
  HealthcheckInstruction,
  Instruction,
  LabelInstruction,
  OnbuildInstruction,
  ShellInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './dockerfile/types.ts'

export type ConfigInstruction =
  | CmdInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | OnbuildInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction

/** The configuration after it, and what history says of it: `created_by` in BuildKit's words. */
export interface Configured {
  readonly config: ContainerDefaults
  readonly createdBy: string
}

export const defaultShell = ['/bin/sh', '-c']

export function isConfigInstruction(instruction: Instruction): instruction is ConfigInstruction {
  return instruction.name in by
}

/** `commandSet`: whether this stage had a CMD of its own before; see ENTRYPOINT. */
export function configure(
  config: ContainerDefaults,
  instruction: ConfigInstruction,
  commandSet: boolean,
): Configured {
  const apply = by[instruction.name] as Rule
  return apply(config, instruction as never, commandSet)
}

type Rule = (config: ContainerDefaults, instruction: never, commandSet: boolean) => Configured

const by: Readonly<Record<ConfigInstruction['name'], Rule>> = {
  CMD: (config: ContainerDefaults, { command }: CmdInstruction) => {
    const words = commandWords(command, config)
    return { config: { ...config, Cmd: words }, createdBy: `CMD ${quotedList(words)}` }
  },
  // An inherited CMD holds arguments for the inherited ENTRYPOINT; one of this stage was meant for this one.
  ENTRYPOINT: (config: ContainerDefaults, { command }: EntrypointInstruction, commandSet: boolean) => {
    const words = commandWords(command, config)
    const { Cmd, ...rest } = config
    const kept = commandSet ? defined({ Cmd }) : {}
    return { config: { ...rest, ...kept, Entrypoint: words }, createdBy: `ENTRYPOINT ${quotedList(words)}` }
  },
  ENV: (config: ContainerDefaults, { pairs }: EnvInstruction) => ({
    config: {
      ...config,
      Env: mergeEnvironment(
        config.Env ?? [],
        pairs.map(({ key, value }) => `${key}=${value}`),
      ),
    },
    createdBy: `ENV ${joined(pairs)}`,
  }),
  EXPOSE: (config: ContainerDefaults, { ports }: ExposeInstruction) => {
    const all = ports.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '')
    // An address and a port of the host say nothing here; the check ExposeInvalidFormat warns of them.
    const exposed = setOf(all.map((word) => word.replace(/^.*:/, '')).flatMap(portsOf))
    return {
      config: { ...config, ExposedPorts: { ...config.ExposedPorts, ...exposed } },
      createdBy: `EXPOSE map[${Object.keys(exposed)
        .sort()
        .map((port) => `${port}:{}`)
        .join(' ')}]`,
    }
  },
  HEALTHCHECK: (config: ContainerDefaults, { check, text }: HealthcheckInstruction) => ({
    config: { ...config, Healthcheck: healthcheck(check, config) },
    createdBy: text,
  }),
  LABEL: (config: ContainerDefaults, { pairs }: LabelInstruction) => ({
    config: { ...config, Labels: { ...config.Labels, ...Object.fromEntries(asTuples(pairs)) } },
    createdBy: `LABEL ${joined(pairs)}`,
  }),
  ONBUILD: (config: ContainerDefaults, { trigger }: OnbuildInstruction) => ({
    config: { ...config, OnBuild: [...(config.OnBuild ?? []), trigger] },
    createdBy: `ONBUILD ${trigger}`,
  }),
  SHELL: (config: ContainerDefaults, { words }: ShellInstruction) => ({
    config: { ...config, Shell: words },
    createdBy: `SHELL [${words.join(' ')}]`,
  }),
  STOPSIGNAL: (config: ContainerDefaults, { signal }: StopsignalInstruction) => {
    parseSignal(signal)
    return { config: { ...config, StopSignal: signal }, createdBy: `STOPSIGNAL ${signal}` }
  },
  USER: (config: ContainerDefaults, { user }: UserInstruction) => ({
    config: { ...config, User: user },
    createdBy: `USER ${user}`,
  }),
  VOLUME: (config: ContainerDefaults, { paths }: VolumeInstruction) => {
    if (paths.some((path) => path.trim() === '')) throw usage('VOLUME specified can not be an empty string')
    return {
      config: { ...config, Volumes: { ...config.Volumes, ...setOf(paths) } },
      createdBy: `VOLUME [${paths.join(' ')}]`,
    }
  },
  WORKDIR: (config: ContainerDefaults, { path }: WorkdirInstruction) => {
    const WorkingDir = workingDirectory(config, path)
    return { config: { ...config, WorkingDir }, createdBy: `WORKDIR ${WorkingDir}` }
  },
}

/** Absolute and clean, without a slash at its end; a relative one counts from the WORKDIR before it. */
export function workingDirectory({ WorkingDir = '/' }: ContainerDefaults, path: string): string {
  return posix.resolve('/', WorkingDir, path)
}

/** The words of a command; a line for the shell gets the stage's SHELL before it. */
export function commandWords(command: CommandLine, { Shell }: ContainerDefaults): readonly string[] {
  return command.form === 'exec' ? command.words : [...(Shell ?? defaultShell), command.text]
}

/** A list as Go's `%q` prints it, which is what `docker history` shows. */
function quotedList(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(' ')}]`
}

function asTuples(pairs: readonly { readonly key: string; readonly value: string }[]): [string, string][] {
  return pairs.map(({ key, value }) => [key, value])
}

function joined(pairs: readonly { readonly key: string; readonly value: string }[]): string {
  return pairs.map(({ key, value }) => `${key}=${value}`).join(' ')
}

function healthcheck(check: HealthcheckInstruction['check'], { Shell }: ContainerDefaults): Healthcheck {
  if (check === 'none') return { Test: ['NONE'] }
  const { command, interval, timeout, startPeriod, startInterval, retries } = check
  // A shell of the stage's own is not what CMD-SHELL would run.
  const shell = Shell === undefined ? ['CMD-SHELL'] : ['CMD', ...Shell]
  return {
    Test: command.form === 'exec' ? ['CMD', ...command.words] : [...shell, command.text],
    ...defined({
      Interval: interval,
      Timeout: timeout,
      StartPeriod: startPeriod,
      StartInterval: startInterval,
      Retries: retries,
    }),
  }
}
