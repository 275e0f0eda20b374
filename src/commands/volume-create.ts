import { command } from '../cli/command.ts'
import { parseLabels } from '../containers/values/environment.ts'
import { SampanError, unsupported } from '../errors.ts'
import { createVolume } from '../operations/volumes.ts'

export default command({
  names: [['volume', 'create']],
  summary: 'Make a volume',
  operands: '[NAME]',
  arity: [0, 1],
  examples: ['data', '--label app=shop data'],
  options: {
    driver: { type: 'string', short: 'd', default: 'local', describe: 'Only local', value: 'NAME' },
    gid: { type: 'string', describe: 'Not supported', hidden: true },
    ignore: { type: 'boolean', describe: 'One that exists is no error' },
    label: { type: 'list', short: 'l', describe: 'Give it a label', value: 'KEY=VALUE' },
    opt: { type: 'list', short: 'o', describe: 'Not supported', hidden: true },
    uid: { type: 'string', describe: 'Not supported', hidden: true },
  },
  run: ({ options, operands: [name] }, context) => {
    const { driver, opt, uid, gid, ignore, label } = options
    if (driver !== 'local')
      throw unsupported(`volume create --driver ${driver}`, 'volumes are folders of yours: local')
    if (opt.length > 0) {
      throw unsupported(
        'volume create --opt',
        'mount a folder with run -v /FOLDER:PATH, memory with run --tmpfs PATH',
      )
    }
    if (uid !== undefined || gid !== undefined) {
      throw unsupported('volume create --uid', 'a new volume gets the owner that the image has at its place')
    }
    const made = createVolume(name, parseLabels(label, []), context)
    if (!made.isNew && !ignore && context.dialect === 'podman') {
      throw new SampanError(`volume with name ${made.name} already exists: volume already exists`)
    }
    context.out.write(`${made.name}\n`)
    return 0
  },
})
