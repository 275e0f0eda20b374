import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/cli/command.ts'
import { complete, type Sources } from '../../../src/cli/complete.ts'

const run: Command = {
  names: [['run'], ['container', 'run']],
  summary: 'Run',
  operands: 'IMAGE [COMMAND] [ARG...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  stopAtFirstOperand: true,
  options: {
    detach: { type: 'boolean', short: 'd', describe: 'In the background' },
    'env-file': { type: 'list', complete: 'files', describe: 'Variables' },
    name: { type: 'string', describe: 'Name' },
    network: { type: 'string', aliases: ['net'], complete: ['host', 'none'], describe: 'Network' },
    secret: { type: 'boolean', hidden: true, describe: '' },
    tty: { type: 'boolean', short: 't', describe: 'Terminal' },
    volume: { type: 'list', short: 'v', complete: 'directories', describe: 'Mounts' },
  },
  run: () => 0,
}
const rm: Command = {
  ...run,
  names: [['rm']],
  complete: 'containers',
  stopAtFirstOperand: false,
  options: {},
}
const tag: Command = { ...rm, names: [['tag']], complete: 'images', arity: [2, 2] }
const commands: Record<string, Command> = { run, 'container run': run, rm, tag }

const sources: Sources = {
  globals: { root: { type: 'string', complete: 'directories', describe: 'Data' } },
  isGroup: (word) => word === 'container',
  command: async (words) => commands[words.join(' ')],
  members: async (group) =>
    (group === '' ? ['container', 'rm', 'run', 'tag'] : ['run']).map((word) => ({ word, description: '' })),
  objects: (kind) => ({ images: ['busybox', 'debian:12'], containers: ['web', 'db'] })[kind as string] ?? [],
}

async function at(line: string): Promise<string> {
  const { words, paths } = await complete(line.split(' '), sources)
  return [...words.map(({ word }) => word), ...(paths === 'none' ? [] : [`<${paths}>`])].join(' ')
}

describe('at the cursor may stand', () => {
  test.each([
    ['', 'container rm run tag'],
    ['r', 'rm run'],
    ['-', '--help --root'],
    ['--root ', '<directories>'],
    ['--root /x r', 'rm run'],
    ['container ', 'run'],
    ['container r', 'run'],
    ['run -', '--detach --env-file --help --name --network --tty --volume -d -t -v'],
    ['run --n', '--name --network'],
    ['run --network ', 'host none'],
    ['run --net n', 'none'],
    ['run --network=h', '--network=host'],
    ['run --detach=', '--detach=false --detach=true'],
    ['run --name ', ''],
    ['run --env-file ', '<files>'],
    ['run -v ', '<directories>'],
    ['run -tv ', '<directories>'],
    ['run -v/a:/b ', 'busybox debian:12'],
    ['run -dt deb', 'debian:12'],
    ['container run deb', 'debian:12'],
    ['run busybox ', '<files>'],
    ['run busybox -', '<files>'],
    ['run -- ', 'busybox debian:12'],
    ['rm ', 'db web'],
    ['rm web ', 'db'],
    ['tag busybox ', 'debian:12'],
    ['tag busybox a ', ''],
    ['nonsense ', ''],
  ])('%j', async (line, expected) => {
    expect(await at(line)).toBe(expected)
  })
})
