/** The images that a build stands on: found here or pulled, and kept for as long as it runs. */

import type { Base } from '../../build/attest/provenance.ts'
import type { BuildProgress } from '../../build/progress.ts'
import type { Context } from '../../cli/context.ts'
import { SampanError } from '../../errors.ts'
import type { Loaded } from '../../images/load.ts'
import type { Image, ImageStore } from '../../images/store.ts'
import { platformOf } from '../../oci/image-config.ts'
import { defined } from '../../oci/json.ts'
import type { Platform } from '../../oci/platform.ts'
import { formatPlatform } from '../../oci/platform.ts'
import { parseReference } from '../../oci/reference.ts'
import type { Access } from '../../platform/registry/access.ts'
import { ensureImage, type PullPolicy } from '../ensure-image.ts'
import type { Progress } from '../progress.ts'

/** How they are found. */
interface BaseOptions {
  readonly policy: PullPolicy
  readonly platform: Platform | undefined
  readonly access: Access
}

export class BaseImages implements Disposable {
  readonly #store: ImageStore
  readonly #options: BaseOptions
  readonly #progress: BuildProgress
  readonly #context: Context
  readonly #found = new Map<string, Promise<Image>>()
  readonly #held = new DisposableStack()
  /** Those that were asked for by name. */
  readonly bases: Base[] = []

  constructor(store: ImageStore, options: BaseOptions, progress: BuildProgress, context: Context) {
    this.#store = store
    this.#options = options
    this.#progress = progress
    this.#context = context
  }

  /** Each name is looked for once a build: all its stages see the same image. */
  get(name: string, platform = this.#options.platform): Promise<Image> {
    const key = `${name} ${platform === undefined ? '' : formatPlatform(platform)}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const found = this.#find(name, platform)
    this.#found.set(key, found)
    return found
  }

  /** `oci-layout://PATH:TAG`: all images of the layout come into the store, and stay. */
  async layout(path: string, reference: string): Promise<Image> {
    const { loadArchive } = await import('../../images/load.ts')
    const loaded = await loadArchive(this.#store, path, defined({ platform: this.#options.platform }))
    const wanted = ({ image, names }: Loaded) =>
      reference === '' || image.manifest === reference || names.some(({ tag }) => tag === reference)
    const found = loaded.find(wanted)
    if (found === undefined) {
      throw new SampanError(`${path}: there is no image ${reference} in this layout`, {
        hint: `it has ${loaded.flatMap(({ names }) => names.map(({ tag }) => tag ?? '')).join(', ')}`,
      })
    }
    this.#held.use(this.#store.hold(found.image))
    return found.image
  }

  async #find(name: string, platform: Platform | undefined): Promise<Image> {
    const task = this.#progress.begin({ name: `[internal] load metadata for ${name}` })
    try {
      const image = await ensureImage(
        name,
        {
          policy: this.#options.policy,
          access: this.#options.access,
          platform: platform === undefined ? undefined : formatPlatform(platform),
          quiet: false,
        },
        // What pull says to the person belongs to the task.
        { ...this.#context, out: { ...this.#context.out, note: (line) => task.note(line) } },
        () => tellingTask((line) => task.note(line)),
      )
      this.#held.use(this.#store.hold(image))
      this.bases.push({
        name: parseReference(name),
        manifest: image.manifest,
        platform: platformOf(image.config),
      })
      task.done()
      return image
    } catch (error) {
      task.failed(error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#held.dispose()
  }
}

/** The progress of a pull or a push as lines of a build's task. */
export function tellingTask(note: (line: string) => void): Progress {
  const labels = new Map<string, string>()
  const words = new Map<string, string>()
  return {
    note,
    parts(parts) {
      for (const { key, label } of parts) labels.set(key, label)
    },
    tell(key, stage, word) {
      if (stage === 'moving' || words.get(key) === word) return
      words.set(key, word)
      note(`${labels.get(key) ?? key}: ${word}`)
    },
    end: async () => undefined,
  }
}
