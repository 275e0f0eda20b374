/**
 * What a Dockerfile says, as data (the language: Docker's Dockerfile reference, version 1 of the BuildKit frontend).
 * Words stand as written: variables are not expanded and quotes not removed, because their values are known only when
 * the stage runs; `expandInstruction` (expand-instruction.ts) gives the same instruction with its values.
 */
import type { RunMount } from './mount-types.ts'

/** Lines count from 1; `endLine` is the last line that belongs (continuations and heredocs included). */
export interface Location {
  readonly line: number
  readonly endLine: number
}

export interface Dockerfile {
  /** For messages: as the person named it, `-` for standard input. */
  readonly path: string
  /** The source lines without their line ends, for messages. */
  readonly lines: readonly string[]
  readonly directives: Directives
  /** The ARG instructions before the first FROM, in order. */
  readonly globals: readonly ArgInstruction[]
  /** At least one. */
  readonly stages: readonly Stage[]
  /** Lines that are empty although a continued line comes before them; `lint` (lint.ts) warns of these. */
  readonly emptyContinuations: readonly number[]
}

export interface Directives {
  readonly syntax?: string
  readonly escape: Escape
  readonly check: CheckDirective
}

export type Escape = '\\' | '`'

/** `# check=skip=RuleA,RuleB;error=true`. */
export interface CheckDirective {
  /** Names of rules, or `all`. */
  readonly skip: readonly string[]
  /** Experimental rules to switch on, or `all`. */
  readonly experimental: readonly string[]
  /** True: a warning is an error. */
  readonly error: boolean
}

export interface Stage {
  /** From 0, in the order of the file: `COPY --from=0`. */
  readonly index: number
  /** In lower case: stage names know no case. */
  readonly name?: string
  /** Image reference, name of an earlier stage or named context, or `scratch`; unexpanded. */
  readonly base: string
  /** The value of `--platform=`; unexpanded. */
  readonly platform?: string
  readonly instructions: readonly Instruction[]
  /** Where FROM stands. */
  readonly location: Location
  /** The FROM line as one logical line. */
  readonly text: string
  /** The comment lines right above FROM, without `#`; what `--call=outline` shows. */
  readonly comments: readonly string[]
}

interface Written {
  readonly location: Location
  /** As one logical line: continuations joined, comments dropped, heredoc bodies not included. For progress and cache. */
  readonly text: string
}

/** `<<NAME` and the lines up to NAME. */
export interface Heredoc {
  readonly name: string
  /** Ends with a line feed unless empty; leading tabs already gone where `<<-` asked for that. */
  readonly content: string
  /** False when the name was quoted: no variable is expanded in a COPY or ADD of it (RUN leaves that to the shell). */
  readonly expand: boolean
  readonly chomp: boolean
}

export type Instruction =
  | AddInstruction
  | ArgInstruction
  | CmdInstruction
  | CopyInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction

export type InstructionName = Instruction['name']

/** The words themselves, or a line for the shell that SHELL (default `/bin/sh -c`) named. Neither is ever expanded. */
export type CommandLine =
  | { readonly form: 'exec'; readonly words: readonly string[] }
  | { readonly form: 'shell'; readonly text: string }

/**
 * What RUN runs. `shell` includes heredocs: a lone `<<EOF` is its content, any other line is the line followed by its
 * heredocs, which the shell reads. `script`: a lone heredoc whose content begins with `#!`, a file to be executed.
 */
export type RunCommand = CommandLine | { readonly form: 'script'; readonly heredoc: Heredoc }

export interface RunInstruction extends Written {
  readonly name: 'RUN'
  readonly command: RunCommand
  /** As written; `expandInstruction` reads them again when the variables in them have values. */
  readonly mountFlags: readonly string[]
  readonly mounts: readonly RunMount[]
  readonly network: 'default' | 'none' | 'host'
  readonly security: 'sandbox' | 'insecure'
  readonly devices: readonly string[]
  readonly heredocs: readonly Heredoc[]
}

interface CopyWords extends Written {
  /** Unexpanded; without the heredocs. May be empty when there are heredocs. */
  readonly sources: readonly string[]
  readonly destination: string
  /** Files given in the Dockerfile itself; each becomes a file named `heredoc.name`. */
  readonly heredocs: readonly Heredoc[]
  readonly chown?: string
  readonly chmod?: string
  readonly link: boolean
  readonly exclude: readonly string[]
}

export interface CopyInstruction extends CopyWords {
  readonly name: 'COPY'
  readonly from?: string
  readonly parents: boolean
}

export interface AddInstruction extends CopyWords {
  readonly name: 'ADD'
  readonly checksum?: string
  /** Missing: the default of each kind of source (archives in the context yes, downloaded ones no). */
  readonly unpack?: boolean
  readonly keepGitDir?: boolean
}

export interface ArgInstruction extends Written {
  readonly name: 'ARG'
  readonly args: readonly ArgDefinition[]
  /** The comment lines right above, without `#`. */
  readonly comments: readonly string[]
}

export interface ArgDefinition {
  readonly name: string
  /** The default. Missing: `ARG name`. Empty: `ARG name=`. */
  readonly value?: string
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

export interface EnvInstruction extends Written {
  readonly name: 'ENV'
  readonly pairs: readonly KeyValue[]
  /** `ENV name the rest of the line`. */
  readonly legacy: boolean
}

export interface LabelInstruction extends Written {
  readonly name: 'LABEL'
  readonly pairs: readonly KeyValue[]
  /** `LABEL name the rest of the line`. */
  readonly legacy: boolean
}

export interface ExposeInstruction extends Written {
  readonly name: 'EXPOSE'
  /** `80`, `53/udp`, `8000-8010`; after expansion one word may hold several ports between blanks. */
  readonly ports: readonly string[]
}

export interface VolumeInstruction extends Written {
  readonly name: 'VOLUME'
  readonly paths: readonly string[]
}

export interface UserInstruction extends Written {
  readonly name: 'USER'
  readonly user: string
}

export interface WorkdirInstruction extends Written {
  readonly name: 'WORKDIR'
  readonly path: string
}

export interface CmdInstruction extends Written {
  readonly name: 'CMD'
  readonly command: CommandLine
}

export interface EntrypointInstruction extends Written {
  readonly name: 'ENTRYPOINT'
  readonly command: CommandLine
}

export interface ShellInstruction extends Written {
  readonly name: 'SHELL'
  readonly words: readonly string[]
}

export interface StopsignalInstruction extends Written {
  readonly name: 'STOPSIGNAL'
  readonly signal: string
}

export interface HealthcheckInstruction extends Written {
  readonly name: 'HEALTHCHECK'
  readonly check: 'none' | HealthcheckDefinition
}

/** Times in nanoseconds, as the image configuration has them; missing: not given. */
export interface HealthcheckDefinition {
  readonly command: CommandLine
  readonly interval?: number
  readonly timeout?: number
  readonly startPeriod?: number
  readonly startInterval?: number
  readonly retries?: number
}

export interface OnbuildInstruction extends Written {
  readonly name: 'ONBUILD'
  /** What goes into the image's OnBuild, to be parsed by `parseTrigger` when a child is built. */
  readonly trigger: string
}

export interface MaintainerInstruction extends Written {
  readonly name: 'MAINTAINER'
  readonly author: string
}
