/** `RUN --mount=…`: what decides the step's cache key first, then the mounts themselves. */
import { posix } from 'node:path'
import { SampanError } from '../../errors.ts'
import type { MountRecord } from '../../volumes/mounts.ts'
import { planCopy } from '../copy/plan.ts'
import { type CopyPlan, plainCopy, type SourceTree } from '../copy/types.ts'
import type { BindMount, CacheMount, RunMount, SecretMount } from '../dockerfile/mount-types.ts'
import type { Workshop } from '../workshop.ts'
import { bindMount, bindRecord } from './bind-mount.ts'
import { CacheFolder } from './cache-mount.ts'
import { secretFile } from './secret.ts'
import { sshAgent } from './ssh.ts'

/** The mounts of a step that is about to run. */
export interface RealMounts extends Disposable {
  readonly mounts: readonly MountRecord[]
  /** What secrets and ssh add to it. */
  readonly environment: readonly string[]
}

export interface MountPlace {
  readonly workshop: Workshop
  /** WORKDIR: relative targets start there. */
  readonly directory: string
  /** The files that `from` names. */
  treeOf(from: string | undefined): Promise<SourceTree>
}

interface Planned {
  readonly mount: RunMount
  readonly tree?: SourceTree
  readonly plan?: CopyPlan
}

export class RunMounts implements Disposable {
  /** For the cache: what a program could find there. Secrets and what cache folders hold are not part of it. */
  readonly identity: readonly unknown[]
  readonly #planned: readonly Planned[]
  readonly #place: MountPlace
  readonly #plans: DisposableStack

  private constructor(planned: readonly Planned[], place: MountPlace, plans: DisposableStack) {
    this.#planned = planned
    this.#place = place
    this.#plans = plans
    this.identity = planned.map(({ mount, plan }) => ({ ...mount, digest: plan?.digest ?? null }))
  }

  /** Reads the files that are to be bound. @throws SampanError where they are not there */
  static async plan(mounts: readonly RunMount[], place: MountPlace): Promise<RunMounts> {
    using plans = new DisposableStack()
    const planned: Planned[] = []
    for (const mount of mounts) {
      const hasFiles = mount.type === 'bind' || (mount.type === 'cache' && mount.from !== undefined)
      if (!hasFiles) {
        planned.push({ mount })
        continue
      }
      const tree = await place.treeOf(mount.from)
      const plan = plans.use(await planMount(mount, tree, place.workshop))
      planned.push({ mount, tree, plan })
    }
    return new RunMounts(planned, place, plans.move())
  }

  /** Makes them; disposing of the result gives back locks and removes what was made for the step alone. */
  async realise(): Promise<RealMounts> {
    using made = new DisposableStack()
    const mounts: MountRecord[] = []
    const environment: string[] = []
    for (const one of this.#planned) {
      const real = await this.#realise(one, made)
      if (real.mount !== undefined) mounts.push(real.mount)
      if (real.variable !== undefined) environment.push(real.variable)
    }
    const kept = made.move()
    mounts.sort((a, b) => a.destination.split('/').length - b.destination.split('/').length)
    return { mounts, environment, [Symbol.dispose]: () => kept.dispose() }
  }

  async #realise({ mount, tree, plan }: Planned, made: DisposableStack): Promise<Real> {
    const { workshop } = this.#place
    const destination = posix.resolve('/', this.#place.directory, mount.target ?? '')
    switch (mount.type) {
      case 'bind':
        return {
          mount: await bindMount(mount, destination, tree as SourceTree, plan as CopyPlan, workshop, made),
        }
      case 'cache': {
        const folder = made.use(await CacheFolder.open(mount, plan, workshop))
        return { mount: bindRecord(folder.path, destination, mount.readOnly) }
      }
      case 'tmpfs':
        return {
          mount: {
            type: 'tmpfs',
            destination,
            readOnly: false,
            size: mount.size ?? 0,
            mode: 0o1777,
            options: ['nosuid', 'nodev'],
            from: 'mount',
          },
        }
      case 'secret':
        return await secret(mount, destination, workshop, made)
      case 'ssh':
        return await sshAgent(mount, destination, workshop, made)
    }
  }

  [Symbol.dispose](): void {
    this.#plans.dispose()
  }
}

interface Real {
  readonly mount?: MountRecord
  readonly variable?: string
}

/** The digest, and a copy where one is needed, are COPY's. */
async function planMount(
  { source }: BindMount | CacheMount,
  tree: SourceTree,
  { store, signal }: Workshop,
): Promise<CopyPlan> {
  return await planCopy(
    {
      instruction: 'COPY',
      sources: [source],
      destination: '/tree',
      directory: '/',
      ...plainCopy,
    },
    tree,
    store.directories,
    { signal },
  )
}

async function secret(
  mount: SecretMount,
  destination: string,
  workshop: Workshop,
  made: DisposableStack,
): Promise<Real> {
  const value = workshop.secrets.get(mount.id)
  if (value === undefined) {
    if (!mount.required) return {}
    throw new SampanError(`secret ${mount.id}: not found`, {
      hint: `give it: --secret id=${mount.id},src=FILE`,
    })
  }
  const variable = mount.env === undefined ? {} : { variable: `${mount.env}=${value().toString()}` }
  if (mount.target === undefined) return variable
  const path = await secretFile(value(), mount, workshop.store.directories, made)
  return { ...variable, mount: bindRecord(path, destination, true) }
}
