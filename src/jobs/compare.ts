/**
 * `compare FOLDER… -- FOLDER…`: what the first tree has changed of the second, each of several folders with the top one
 * first. The result is a list of [kind, path]; bytes of names that are not UTF-8 are lost in JSON. Runs inside the user
 * namespace.
 */
import { byteName } from '../platform/files/byte-names.ts'
import { compareTrees } from '../platform/files/compare-trees.ts'
import { hasEngineFiles, isOfEngine } from './engine-files.ts'

/** Added, changed, deleted, as docker's and podman's `diff` write them. */
export type Change = readonly ['A' | 'C' | 'D', string]

export default function compare(args: readonly string[]): Change[] {
  const split = args.indexOf('--')
  const changes: Change[] = []
  const tell = (kind: Change[0]) => (name: string) => {
    changes.push([kind, `/${Buffer.from(name, 'latin1').toString()}`])
  }
  compareTrees(args.slice(0, split).map(byteName), args.slice(split + 1).map(byteName), {
    added: tell('A'),
    changed: tell('C'),
    removed: tell('D'),
    ignores: (name, { stat }) => isOfEngine(name, stat),
    timeless: hasEngineFiles,
  })
  return changes
}
