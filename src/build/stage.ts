/** The course of one stage: its base, then its instructions, each on what the one before it left. */
import { SampanError, usage } from '../errors.ts'
import type { Image } from '../images/store.ts'
import { type Platform, parsePlatform } from '../oci/platform.ts'
import { configure, isConfigInstruction, workingDirectory } from './configure.ts'
import type { SourceTree } from './copy/types.ts'
import { DockerfileError, WordError } from './dockerfile/error.ts'
import { expandInstruction, located } from './dockerfile/expand-instruction.ts'
import { parseTrigger } from './dockerfile/parse.ts'
import { type GlobalScope, StageScope } from './dockerfile/scope.ts'
import type { Dockerfile, Instruction, Location, Stage } from './dockerfile/types.ts'
import { BuildFailure } from './failure.ts'
import { noSuchStage, type Source, sourceOf, wordsFrom } from './graph.ts'
import { canceled, type TaskProgress } from './progress.ts'
import {
  asImage,
  emptyState,
  lowerFolders,
  type StageState,
  stateOfImage,
  withHistory,
  withLayer,
} from './state.ts'
import { copyStep } from './steps/copy.ts'
import { runStep } from './steps/run.ts'
import { workdirStep } from './steps/workdir.ts'
import { WatchedTask } from './watched-task.ts'
import type { Workshop } from './workshop.ts'

export interface StageResult {
  readonly state: StageState
  /** What a stage built from this one inherits. */
  readonly scope: StageScope
}

/** What a stage needs of the build around it. */
export interface Surrounding {
  readonly dockerfile: Dockerfile
  readonly globals: GlobalScope
  /** The end of another stage; waits until it is built. */
  result(stage: Stage): Promise<StageResult>
}

export async function buildStage(
  stage: Stage,
  around: Surrounding,
  workshop: Workshop,
): Promise<StageResult> {
  return await new StageCourse(stage, around, workshop).run()
}

class StageCourse {
  readonly #stage: Stage
  readonly #around: Surrounding
  readonly #workshop: Workshop
  #state!: StageState
  #scope!: StageScope
  #commandSet = false
  /** Steps that write files, FROM among them. */
  #steps = 1
  #step = 1

  constructor(stage: Stage, around: Surrounding, workshop: Workshop) {
    this.#stage = stage
    this.#around = around
    this.#workshop = workshop
  }

  async run(): Promise<StageResult> {
    await this.#from()
    const { OnBuild: triggers = [], ...config } = this.#state.config
    this.#state = { ...this.#state, config }
    const inherited = triggers.map((trigger) => parseTrigger(trigger, this.#stage.base))
    const instructions = [...inherited, ...this.#stage.instructions]
    this.#steps += instructions.filter(writesFiles).length
    for (const instruction of instructions) await this.#instruction(instruction)
    return { state: this.#state, scope: this.#scope }
  }

  async #from(): Promise<void> {
    const { dockerfile, globals } = this.#around
    const { location, platform, text } = this.#stage
    const base = located(dockerfile, location, () => baseName(this.#stage, globals))
    const wanted =
      platform === undefined ? undefined : located(dockerfile, location, () => globals.expand(platform))
    const source = this.#sourceOf(base, false)
    if ('stage' in source) {
      const parent = await this.#around.result(source.stage)
      this.#state = parent.state
      this.#scope = new StageScope(globals, parent.scope)
      return
    }
    const { options, store } = this.#workshop
    const target = wanted === undefined || wanted === '' ? undefined : parsePlatform(wanted)
    if (base === 'scratch') {
      this.#state = emptyState(target ?? this.#workshop.platform, epochOf(options.epoch, undefined))
      this.#state = { ...this.#state, config: { Env: [defaultPath], WorkingDir: '/' } }
      this.#scope = new StageScope(globals, this.#state.config.Env ?? [])
      return
    }
    const image = await this.#base(base, source, target)
    const task = this.#workshop.progress.begin({
      name: this.#nameOf(text.trim()),
      step: { stage: this.#stage.index, number: 1, text },
    })
    const state = stateOfImage(store, image, epochOf(options.epoch, image))
    const { Labels: _, ...unlabelled } = state.config
    this.#state = options.inheritLabels ? state : { ...state, config: unlabelled }
    this.#scope = new StageScope(globals, this.#state.config.Env ?? [])
    task.cached()
    task.done(image.id)
  }

  async #base(word: string, source: ImageSource, platform: Platform | undefined): Promise<Image> {
    const { location, text } = this.#stage
    try {
      const image = await this.#imageOf(source, platform)
      if (image !== undefined) return image
      throw usage(`FROM ${word}: a context of files is no image`, `copy from it instead: COPY --from=${word}`)
    } catch (error) {
      throw this.#failed(error, location, this.#nameOf(text.trim()))
    }
  }

  /** What to throw for an instruction that failed. */
  #failed(error: unknown, location: Location, task: string, output: readonly string[] = []): unknown {
    const aborted = this.#workshop.signal.aborted
    if (aborted || !(error instanceof SampanError) || error instanceof DockerfileError) return error
    return new BuildFailure(error, { dockerfile: this.#around.dockerfile, location, task, output })
  }

  async #instruction(unexpanded: Instruction): Promise<void> {
    this.#workshop.signal.throwIfAborted()
    const { dockerfile } = this.#around
    const { location } = unexpanded
    const instruction = located(dockerfile, location, () => expandInstruction(unexpanded, this.#scope))
    const writes = writesFiles(instruction)
    if (writes) this.#step += 1
    // Its own time begins when what it reads from is there.
    for (const from of wordsFrom(instruction)) {
      const source = this.#sourceOf(from, true)
      if ('stage' in source) await this.#around.result(source.stage)
    }
    const name = writes ? this.#nameOf(instruction.text) : instruction.text
    const task = new WatchedTask(
      this.#workshop.progress.begin({
        name,
        step: { stage: this.#stage.index, number: writes ? this.#step : 0, text: instruction.text },
      }),
    )
    try {
      this.#state = await this.#next(instruction, task)
      task.done(asImage(this.#state).id)
    } catch (error) {
      const { aborted } = this.#workshop.signal
      task.failed(aborted ? canceled : error instanceof Error ? error.message : String(error))
      throw this.#failed(error, location, name, task.lastLines())
    }
  }

  async #next(instruction: Instruction, task: TaskProgress): Promise<StageState> {
    const state = this.#state
    const useCache = this.#usesCache()
    switch (instruction.name) {
      case 'RUN': {
        const treeOf = (from: string | undefined) => this.#treeOf(from)
        const step = { instruction, state, scope: this.#scope, useCache, treeOf }
        const { layer, createdBy } = await runStep(step, this.#workshop, task)
        return withHistory(withLayer(state, layer), createdBy, false)
      }
      case 'COPY':
      case 'ADD': {
        const tree = await this.#treeOf(instruction.name === 'COPY' ? instruction.from : undefined)
        const { layer, createdBy } = await copyStep(
          { instruction, state, tree, useCache },
          this.#workshop,
          task,
        )
        return withHistory(withLayer(state, layer), createdBy, false)
      }
      case 'WORKDIR': {
        const path = workingDirectory(state.config, instruction.path)
        const layer = await workdirStep(
          { path, text: instruction.text, state, useCache },
          this.#workshop,
          task,
        )
        const { config, createdBy } = configure(state.config, instruction, false)
        const next = layer === undefined ? state : withLayer(state, layer)
        return withHistory({ ...next, config }, createdBy, layer === undefined)
      }
      case 'ARG':
        return withHistory(
          state,
          `ARG ${instruction.args.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join(' ')}`,
          true,
        )
      case 'MAINTAINER':
        return withHistory({ ...state, author: instruction.author }, `MAINTAINER ${instruction.author}`, true)
      default: {
        if (!isConfigInstruction(instruction)) return state
        const { config, createdBy } = configure(state.config, instruction, this.#commandSet)
        if (instruction.name === 'CMD') this.#commandSet = true
        return withHistory({ ...state, config }, createdBy, true)
      }
    }
  }

  /** The files that `--from` names; the context's without it. */
  async #treeOf(from: string | undefined): Promise<SourceTree> {
    if (from === undefined) return this.#workshop.context
    const source = this.#sourceOf(from, true)
    if ('stage' in source) {
      const { state } = await this.#around.result(source.stage)
      return { kind: 'layers', folders: lowerFolders(state) }
    }
    if ('context' in source && source.context.kind === 'files')
      return await this.#workshop.files(source.context.words)
    const image = await this.#imageOf(
      source,
      undefined,
      noSuchStage(from, this.#stage, this.#around.dockerfile),
    )
    return { kind: 'layers', folders: (image?.layers ?? []).map(({ folder }) => folder).reverse() }
  }

  #sourceOf(word: string, numbers: boolean): Source {
    const names = { dockerfile: this.#around.dockerfile, contexts: this.#workshop.contexts }
    return sourceOf(word, this.#stage, names, numbers)
  }

  /**
   * Undefined for a context of files.
   * @param hint for a name that leads to no image
   */
  async #imageOf(
    source: ImageSource,
    platform: Platform | undefined,
    hint?: string,
  ): Promise<Image | undefined> {
    if ('name' in source) {
      const { name } = source
      try {
        return await this.#workshop.image(name, platform)
      } catch (error) {
        if (!(error instanceof SampanError)) throw error
        throw new WordError(name, `${name}: ${error.message}`, error, hint ?? error.hint)
      }
    }
    const { context } = source
    if (context.kind === 'files') return undefined
    return context.kind === 'image'
      ? await this.#workshop.image(context.reference, platform)
      : await this.#workshop.layout(context.path, context.reference)
  }

  #usesCache(): boolean {
    const { noCache, noCacheStages } = this.#workshop.options
    return !noCache && !noCacheStages.includes(this.#stage.name ?? '')
  }

  #nameOf(text: string): string {
    const { stages } = this.#around.dockerfile
    const label = this.#stage.name ?? (stages.length > 1 ? `stage-${this.#stage.index}` : '')
    return `[${label === '' ? '' : `${label} `}${this.#step}/${this.#steps}] ${text}`
  }
}

/** Not a stage. */
type ImageSource = Exclude<Source, { readonly stage: Stage }>

/** What BuildKit gives images that stand on nothing. */
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Zip archives know no time before this one. */
const noBaseEpoch = Date.UTC(1980, 0, 1) / 1000

function epochOf(asked: number | 'base' | 'none', image: Image | undefined): number | undefined {
  if (asked === 'none') return undefined
  if (asked !== 'base') return asked
  const created = image?.config.created
  const seconds = created === undefined ? Number.NaN : Math.floor(Date.parse(created) / 1000)
  return Number.isNaN(seconds) ? noBaseEpoch : Math.max(seconds, noBaseEpoch)
}

function writesFiles({ name }: Instruction): boolean {
  return name === 'RUN' || name === 'COPY' || name === 'ADD' || name === 'WORKDIR'
}

/** @throws SampanError for ARGs above FROM that nobody gave a value */
function baseName({ base }: Stage, globals: GlobalScope): string {
  const name = globals.expand(base)
  if (name !== '') return name
  throw new SampanError(`base name (${base}) should not be blank`, {
    hint: 'give its ARG a default above FROM, or a value by --build-arg',
  })
}
