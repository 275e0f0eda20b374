import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { type Completion, command } from '../cli/command.ts'
import { complete, type Sources } from '../cli/complete.ts'
import type { Context } from '../cli/context.ts'
import { globalOptions } from '../cli/globals.ts'
import { isRunning, type State } from '../containers/state.ts'
import { ContainerStore } from '../containers/store.ts'
import { ImageStore } from '../images/store.ts'
import { NetworkStore } from '../networks/store.ts'
import { familiarName } from '../oci/reference.ts'
import type { Directories } from '../platform/host/directories.ts'
import { commands, groups, loadCommand } from './index.ts'
import { groupsOf, summaries } from './summaries.ts'

export default command({
  names: [['__complete']],
  summary:
    'Print what may stand at the cursor: one candidate a line with its description, then who completes paths',
  operands: 'WORD...',
  arity: [0, Number.POSITIVE_INFINITY],
  stopAtFirstOperand: true,
  hidden: true,
  options: {},
  async run({ operands }, context) {
    const { words, paths } = await complete(operands, sources(context))
    const lines = words.map(({ word, description }) => `${word}\t${description}\n`)
    context.out.write(`${lines.join('')}:${paths}\n`)
    return 0
  },
})

function sources(context: Context): Sources {
  return {
    globals: globalOptions,
    isGroup: (word) => Object.hasOwn(groups, word),
    command: async (words) => {
      const name = words.join(' ')
      return Object.hasOwn(commands, name) ? await loadCommand(name) : undefined
    },
    members: async (group) => {
      const listed = await summaries(group)
      return [...listed, ...groupsOf(group)].map(({ name, summary }) => ({
        word: name,
        description: summary,
      }))
    },
    objects: (kind) => objects(kind, context),
  }
}

function objects(kind: Completion & string, { directories }: Context): readonly string[] {
  switch (kind) {
    case 'containers':
      return containerNames(directories, () => true)
    case 'running-containers':
      return containerNames(directories, isRunning)
    case 'stopped-containers':
      return containerNames(directories, (state) => !isRunning(state))
    case 'images':
      return new ImageStore(directories).list().flatMap(({ names }) => names.map(familiarName))
    case 'volumes':
      return foldersOf(join(directories.data, 'volumes'))
    case 'networks':
      return [
        ...new NetworkStore(directories).list().map(({ name }) => name),
        'host',
        'none',
        'slirp',
        'pasta',
      ]
    case 'signals':
      return Object.keys(constants.signals).map((name) => name.slice('SIG'.length))
    default:
      return []
  }
}

function containerNames(directories: Directories, wanted: (state: State) => boolean): readonly string[] {
  const containers = new ContainerStore(directories).list()
  return containers.filter((container) => wanted(container.state())).map(({ name }) => name)
}

function foldersOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch {
    // No folder: no volume yet.
    return []
  }
}
