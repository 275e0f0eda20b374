/** The sources of one COPY or ADD, found in a tree: in this process for a folder of the host, else in a job. */
import { byteName } from '../../platform/files/byte-names.ts'
import { Digests } from './digests.ts'
import type { Piece } from './items.ts'
import { Scanner, type ScanRules } from './scan.ts'
import { openTree } from './tree.ts'
import type { SourceTree } from './types.ts'

export interface FindOrder {
  readonly tree: SourceTree
  /** As written. */
  readonly sources: readonly string[]
  readonly rules: Omit<ScanRules, 'ignore' | 'owners'>
  /** Where digests of files are remembered; undefined: nowhere. */
  readonly digests: string | undefined
}

export interface FoundSource {
  readonly source: string
  readonly pieces: readonly Piece[]
  /** The pattern of .dockerignore that hides it. */
  readonly hiddenBy?: string
}

export async function find(
  { tree, sources, rules, digests: file }: FindOrder,
  signal?: AbortSignal,
): Promise<FoundSource[]> {
  const digests = new Digests(file)
  const layers = tree.kind === 'layers'
  const scanner = new Scanner(
    openTree(tree),
    { ...rules, owners: layers, ignore: tree.kind === 'folder' ? tree.ignore : [] },
    digests,
  )
  const found = sources.map((source) => {
    const { pieces, hiddenBy } = scanner.scan(byteName(source))
    return { source, pieces, ...(hiddenBy === undefined ? {} : { hiddenBy }) }
  })
  await digests.settle(signal)
  digests.save()
  return found
}
