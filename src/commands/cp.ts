import { command } from '../cli/command.ts'
import { SampanError, unsupported } from '../errors.ts'
import { copy } from '../operations/copy.ts'
import { humanSize } from '../output/human.ts'
import { isTerminal } from '../platform/libc/terminal.ts'

export default command({
  names: [['cp'], ['container', 'cp']],
  summary: 'Copy files between containers and the host',
  operands: 'CONTAINER:SOURCE|SOURCE|- CONTAINER:TARGET|TARGET|-',
  arity: [2, 2],
  complete: 'files',
  examples: ['web:/etc/nginx/nginx.conf .', 'site/. web:/usr/share/nginx/html', 'web:/var/log - | tar -t'],
  options: {
    archive: { type: 'boolean', short: 'a', describe: 'Keep owners' },
    extract: { type: 'boolean', describe: 'Not supported', hidden: true },
    'follow-link': { type: 'boolean', short: 'L', describe: 'Copy what a link as source leads to' },
    overwrite: { type: 'boolean', describe: 'Let folders and files replace each other' },
    pause: { type: 'boolean', describe: 'Accepted: nothing is paused', hidden: true },
    quiet: { type: 'boolean', short: 'q', describe: 'Do not say how much was copied' },
  },
  run: async ({ options, operands: [from = '', to = ''] }, context) => {
    if (options.extract)
      throw unsupported('cp --extract', 'pipe the archive: cp - CONTAINER:FOLDER < ARCHIVE')
    if (to === '-' && isTerminal(1))
      throw new SampanError('refusing to write an archive to a terminal', {
        hint: 'pipe it to tar, or redirect it',
      })
    const size = await copy(from, to, options, context)
    if (size !== undefined && !options.quiet)
      context.out.note(`Successfully copied ${humanSize(size)} to ${to}`)
    return 0
  },
})
