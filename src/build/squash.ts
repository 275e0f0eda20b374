/** `--squash`: all layers that a build has added become one; `--squash-all`: those of the base, too. */
import type { ImageStore } from '../images/store.ts'
import { packedLayer } from './packed-layer.ts'
import { lowerFolders, type StageState } from './state.ts'

/**
 * The same tree with fewer layers. History keeps its entries, which make no layers any more, and gets one that does.
 * @param base how many layers stay below
 */
export async function squash(store: ImageStore, state: StageState, base: number): Promise<StageState> {
  if (state.layers.length - base < 2) return state
  const below = { ...state, layers: state.layers.slice(0, base) }
  const layer = await packedLayer(store, [...lowerFolders(state), '--', ...lowerFolders(below)])
  return { ...state, layers: [...below.layers, layer], history: merged(state, base) }
}

function merged({ history, layers }: StageState, base: number): StageState['history'] {
  let seen = 0
  const entries = history.map((entry) => {
    if (entry.empty_layer === true) return entry
    seen += 1
    return seen > base ? { ...entry, empty_layer: true } : entry
  })
  const created = history.at(-1)?.created
  const note = `merge of ${layers.length - base} layers`
  return [...entries, { ...(created === undefined ? {} : { created }), created_by: note }]
}
