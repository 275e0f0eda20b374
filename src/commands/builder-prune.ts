import { command } from '../cli/command.ts'
import { parseSize } from '../containers/values/size.ts'
import { type PruneCacheRequest, pruneCache } from '../operations/build-cache.ts'
import { printPruned } from '../output/prune-view.ts'
import { prunedCache } from '../output/pruned.ts'
import { confirmPrune } from './confirm-prune.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [
    ['builder', 'prune'],
    ['buildx', 'prune'],
  ],
  summary: 'Remove what builds have kept',
  operands: '',
  arity: [0, 0],
  examples: ['', '-af', '-f --filter until=24h', '-f --keep-storage 5g'],
  options: {
    all: {
      type: 'boolean',
      short: 'a',
      describe: 'What images are made of, too: the next build makes it again',
    },
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    ...pruneOptions,
    filter: {
      type: 'list',
      describe: 'Only what matches: until=TIME, unused-for=, id=, type=, description=',
      value: 'KEY=VALUE',
    },
    'keep-storage': {
      type: 'string',
      aliases: ['max-used-space', 'reserved-space'],
      describe: 'Keep this much, of what was used last',
      value: 'SIZE',
    },
    'min-free-space': {
      type: 'string',
      describe: 'Remove until this much of the disk is free',
      value: 'SIZE',
    },
    timeout: { type: 'string', describe: 'Accepted: there is no builder to wait for', hidden: true },
    verbose: { type: 'boolean', describe: 'Accepted: everything is shown', hidden: true },
  },
  run: ({ options }, context) => {
    const { all, filter, force } = options
    const size = (name: 'keep-storage' | 'min-free-space') => {
      const text = options[name]
      return text === undefined || text === '0' ? undefined : parseSize(text, `--${name}`)
    }
    const request = (dryRun: boolean): PruneCacheRequest => ({
      all,
      filter,
      keep: size('keep-storage'),
      minFree: size('min-free-space'),
      dryRun,
    })
    const dryRun = options['dry-run']
    const warning = all
      ? 'WARNING! This will remove all build cache.'
      : 'WARNING! This will remove all build cache that no image is made of.'
    const plan = () => [prunedCache(pruneCache(request(true), context))]
    if (!confirmPrune(warning, force || dryRun, plan, context)) return 0
    const pruned = pruneCache(request(dryRun), context)
    printPruned([prunedCache(pruned)], pruned.bytes, { dryRun }, context)
    return 0
  },
})
