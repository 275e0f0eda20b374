import { command } from '../cli/command.ts'
import { parseLabels } from '../containers/values/environment.ts'
import { SampanError, unsupported } from '../errors.ts'
import { createVolume } from '../operations/volumes.ts'
import { parseVolumeOptions } from '../volumes/options.ts'

export default command({
  names: [['volume', 'create']],
  summary: 'Make a volume',
  operands: '[NAME]',
  arity: [0, 1],
  examples: ['data', '--label app=shop data', '-o type=none -o o=bind -o device=/srv/data data'],
  options: {
    driver: { type: 'string', short: 'd', default: 'local', describe: 'Only local', value: 'NAME' },
    gid: { type: 'string', describe: 'The group that owns it, a number', value: 'GID' },
    ignore: { type: 'boolean', describe: 'One that exists is no error' },
    label: { type: 'list', short: 'l', describe: 'Give it a label', value: 'KEY=VALUE' },
    opt: {
      type: 'list',
      short: 'o',
      describe: 'type=none, o=bind, device=/FOLDER: a folder; type=tmpfs, o=size=10m: memory; o=uid=1,gid=1',
      value: 'KEY=VALUE',
    },
    uid: { type: 'string', describe: 'The user who owns it, a number', value: 'UID' },
  },
  run: async ({ options, operands: [name] }, context) => {
    const { driver, opt, uid, gid, ignore, label } = options
    if (driver !== 'local')
      throw unsupported(`volume create --driver ${driver}`, 'volumes are folders of yours: local')
    const given = parseVolumeOptions(opt)
    const owner = [...(uid === undefined ? [] : [`uid=${uid}`]), ...(gid === undefined ? [] : [`gid=${gid}`])]
    const o = [...(given['o'] === undefined ? [] : [given['o']]), ...owner].join(',')
    const made = await createVolume(
      name,
      { labels: parseLabels(label, []), options: o === '' ? given : { ...given, o } },
      context,
    )
    if (!made.isNew && !ignore && context.dialect === 'podman') {
      throw new SampanError(`volume with name ${made.name} already exists: volume already exists`)
    }
    context.out.write(`${made.name}\n`)
    return 0
  },
})
