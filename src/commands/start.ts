import { command } from '../cli/command.ts'
import { checkDetachKeys } from '../containers/values/detach-keys.ts'
import { SampanError, unsupported, usage } from '../errors.ts'
import { attachContainer } from '../operations/attach.ts'
import { choose, doToEach } from '../operations/each.ts'
import { startAttached, startDetached } from '../operations/start.ts'
import { ensureWholeLayers } from '../operations/whole-layers.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { attachOptions, latest, selectionOptions } from './container-options.ts'

export default command({
  names: [['start'], ['container', 'start']],
  summary: 'Start containers that were made or have stopped',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'stopped-containers',
  examples: ['web', '-ai shell'],
  options: {
    attach: { type: 'boolean', short: 'a', describe: 'Connect its output and pass signals on' },
    ...attachOptions,
    interactive: { type: 'boolean', short: 'i', describe: 'Connect standard input, too' },
    all: { type: 'boolean', describe: 'All containers' },
    filter: selectionOptions.filter,
    latest,
    checkpoint: { type: 'string', describe: 'Not supported', hidden: true },
    'checkpoint-dir': { type: 'string', describe: 'Not supported', hidden: true },
  },
  run: async ({ options, operands }, context) => {
    const { all, latest, filter, attach, interactive } = options
    if (options.checkpoint || options['checkpoint-dir']) {
      throw unsupported('--checkpoint', 'checkpoints need privileges that a plain user does not have')
    }
    const chosen = choose({ operands, all, latest, filter }, context)
    if (!attach && !interactive) {
      return await doToEach(chosen, false, context, async (container, word) => {
        await ensureWholeLayers(container, context)
        startDetached(container, context)
        return word
      })
    }
    const [only, ...others] = chosen
    if (only === undefined || others.length > 0)
      throw usage('you cannot start and attach multiple containers at once')
    const container = only.find()
    const { terminal, stdin } = container.record.process
    if (interactive && terminal && stdin && !isTerminal(0)) {
      throw new SampanError('the input device is not a TTY', { exitCode: 1 })
    }
    const streams = [...(interactive && stdin ? (['stdin'] as const) : []), 'stdout', 'stderr'] as const
    const how = {
      streams,
      detachKeys: checkDetachKeys(options['detach-keys']),
      signalProxy: options['sig-proxy'],
    }
    await ensureWholeLayers(container, context)
    const { status } = container.state()
    return status === 'created' || status === 'exited'
      ? startAttached(container, how, context)
      : attachContainer(container, how, context)
  },
})
