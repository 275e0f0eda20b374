import { command } from '../cli/command.ts'
import { checkDetachKeys } from '../containers/values/detach-keys.ts'
import { parseEnvironment } from '../containers/values/environment.ts'
import { SampanError, unsupported, usage } from '../errors.ts'
import { choose } from '../operations/each.ts'
import { execInContainer } from '../operations/exec.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['exec'], ['container', 'exec']],
  summary: 'Run one more program in a running container',
  operands: 'CONTAINER COMMAND [ARG...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  stopAtFirstOperand: true,
  examples: ['-it web sh', '-u 1000 -w /tmp web ls -l', '-d web touch /tmp/x'],
  options: {
    cidfile: {
      type: 'string',
      describe: 'Read the container id from this file',
      value: 'FILE',
      complete: 'files',
    },
    detach: { type: 'boolean', short: 'd', describe: 'Do not wait for it' },
    'detach-keys': {
      type: 'string',
      describe: 'Keys that leave it running (default ctrl-p,ctrl-q)',
      value: 'KEYS',
    },
    env: { type: 'list', short: 'e', describe: 'Set a variable', value: 'KEY[=VALUE]' },
    'env-file': { type: 'list', describe: 'Read variables from a file', value: 'FILE', complete: 'files' },
    interactive: { type: 'boolean', short: 'i', describe: 'Connect standard input' },
    latest,
    'no-session': { type: 'boolean', describe: 'Accepted: exec keeps no sessions', hidden: true },
    'preserve-fd': { type: 'string', describe: 'Not supported', hidden: true },
    'preserve-fds': { type: 'string', describe: 'Not supported', hidden: true },
    privileged: { type: 'boolean', describe: 'All capabilities' },
    tty: { type: 'boolean', short: 't', describe: 'Give it a terminal' },
    user: { type: 'string', short: 'u', describe: 'User and group to run as', value: 'USER[:GROUP]' },
    workdir: { type: 'string', short: 'w', describe: 'Working directory in the container', value: 'PATH' },
  },
  run: ({ options, operands }, context) => {
    const { detach, interactive, tty, latest, cidfile, workdir } = options
    if (options['preserve-fd'] || options['preserve-fds']) {
      throw unsupported('--preserve-fds', 'pass the data on standard input: exec -i')
    }
    const named = !latest && cidfile === undefined
    const command = named ? operands.slice(1) : operands
    if (command.length === 0)
      // docker's code for a wrong number of words.
      throw new SampanError("'exec' requires at least 2 arguments", {
        exitCode: 1,
        kind: 'usage',
        hint: 'name the container and the program to run in it: exec web sh',
      })
    const words = named ? operands.slice(0, 1) : []
    const [chosen] = choose(
      { operands: words, latest, ...(cidfile === undefined ? {} : { cidfile: [cidfile] }) },
      context,
    )
    if (chosen === undefined) throw usage('exec needs a container')
    if (workdir !== undefined && !workdir.startsWith('/')) {
      throw usage(`the working directory '${workdir}' is invalid, it needs to be an absolute path`)
    }
    const container = chosen.find()
    if (tty && interactive && !detach && !isTerminal(0)) {
      throw new SampanError('the input device is not a TTY', {
        exitCode: 1,
        hint: 'leave -t out when the input is a pipe or a file',
      })
    }
    return execInContainer(
      container,
      {
        command,
        environment: parseEnvironment(options.env, options['env-file'], context.environment),
        user: options.user,
        directory: workdir,
        terminal: tty,
        stdin: interactive && !detach,
        detach,
        privileged: options.privileged,
        detachKeys: checkDetachKeys(options['detach-keys']),
      },
      context,
    )
  },
})
