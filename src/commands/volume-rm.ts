import { command } from '../cli/command.ts'
import { SampanError, usage } from '../errors.ts'
import { removeContainer } from '../operations/remove.ts'
import { listVolumes, removeVolume } from '../operations/volumes.ts'

export default command({
  names: [
    ['volume', 'rm'],
    ['volume', 'remove'],
  ],
  summary: 'Remove volumes that no container has',
  operands: 'VOLUME [VOLUME...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'volumes',
  examples: ['data', '-f data'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'All volumes' },
    'dry-run': { type: 'boolean', describe: 'Show what would go, and remove nothing' },
    force: { type: 'boolean', short: 'f', describe: 'A volume that is not there is no error' },
    time: { type: 'integer', short: 't', describe: 'With -f as podman: seconds until SIGKILL' },
  },
  run: ({ operands, options: { all, force, time, ...more } }, context) => {
    const dryRun = more['dry-run']
    if (all === operands.length > 0) throw usage('give volumes by name, or --all')
    const rows = all || (force && context.dialect === 'podman') ? listVolumes([], context) : []
    const failures: SampanError[] = []
    for (const name of all ? rows.map(({ volume }) => volume.name) : operands) {
      try {
        if (force && context.dialect === 'podman') {
          const users = rows.find(({ volume }) => volume.name === name)?.users ?? []
          for (const user of users)
            removeContainer(user, { force: true, volumes: false, timeout: time, dryRun }, context)
        }
        removeVolume(name, context, dryRun)
        context.out.write(dryRun ? `Would remove: ${name}\n` : `${name}\n`)
      } catch (error) {
        if (!(error instanceof SampanError)) throw error
        if (error.kind !== 'no-such-object' || !force) failures.push(error)
        else if (context.dialect !== 'podman') context.out.write(`${name}\n`)
      }
    }
    const last = failures.pop()
    for (const { message } of failures) context.out.note(`Error: ${message}`)
    if (last !== undefined) throw last
    return 0
  },
})
