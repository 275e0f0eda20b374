import { command } from '../cli/command.ts'
import { nothingCached, pruneCacheMounts } from '../operations/build-cache.ts'
import { type PruneImagesRequest, pruneUnusedImages } from '../operations/prune-images.ts'
import { printPruned } from '../output/prune-view.ts'
import { prunedCache, prunedImages } from '../output/pruned.ts'
import { confirmPrune } from './confirm-prune.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['image', 'prune']],
  summary: 'Remove images that have no name, or with -a those no container uses',
  operands: '',
  arity: [0, 0],
  examples: ['', '-af --filter until=240h', '--dry-run -a'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'All images no container uses, with a name or without' },
    'build-cache': { type: 'boolean', describe: 'The folders of RUN --mount=type=cache, too' },
    external: {
      type: 'boolean',
      describe: 'Accepted: no other tool has containers in this store',
      hidden: true,
    },
    ...pruneOptions,
  },
  run: ({ options }, context) => {
    const request = (dryRun: boolean): PruneImagesRequest => ({
      all: options.all,
      filter: options.filter,
      dryRun,
    })
    const dryRun = options['dry-run']
    const warning = options.all
      ? 'WARNING! This will remove all images without at least one container associated to them.'
      : 'WARNING! This will remove all dangling images.'
    const prune = (rehearsal: boolean) => {
      const images = pruneUnusedImages(request(rehearsal), context)
      const cache = options['build-cache'] ? pruneCacheMounts(rehearsal, context) : nothingCached
      return { kinds: [prunedImages(images), prunedCache(cache)], bytes: images.bytes + cache.bytes }
    }
    const plan = () => prune(true).kinds
    if (!confirmPrune(warning, options.force || dryRun, plan, context)) return 0
    const { kinds, bytes } = prune(dryRun)
    printPruned(kinds, bytes, { dryRun }, context)
    return 0
  },
})
