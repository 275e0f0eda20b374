import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { type PruneImagesRequest, pruneUnusedImages } from '../operations/prune-images.ts'
import { printPruned } from '../output/prune-view.ts'
import { prunedImages } from '../output/pruned.ts'
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
    'build-cache': { type: 'boolean', describe: 'Not supported', hidden: true },
    external: { type: 'boolean', describe: 'Not supported', hidden: true },
    ...pruneOptions,
  },
  run: ({ options }, context) => {
    if (options['build-cache'])
      throw unsupported('image prune --build-cache', 'builder prune removes the cache')
    if (options.external)
      throw unsupported('image prune --external', 'there are no other containers in this store')
    const request = (dryRun: boolean): PruneImagesRequest => ({
      all: options.all,
      filter: options.filter,
      dryRun,
    })
    const dryRun = options['dry-run']
    const warning = options.all
      ? 'WARNING! This will remove all images without at least one container associated to them.'
      : 'WARNING! This will remove all dangling images.'
    const plan = () => [prunedImages(pruneUnusedImages(request(true), context))]
    if (!confirmPrune(warning, options.force || dryRun, plan, context)) return 0
    const removed = pruneUnusedImages(request(dryRun), context)
    printPruned([prunedImages(removed)], removed.bytes, { dryRun }, context)
    return 0
  },
})
