/** What every benchmark measures: the two tools, as one plain user in one new home, each below a meter of its own. */
import { join } from 'node:path'
import { executable, stage } from '../test/support/user.ts'
import { Meter } from './meter.ts'
import { makePlace, type Place, type PlaceOptions, setUpPodman } from './place.ts'
import type { Tool } from './tools.ts'

export interface Peers extends AsyncDisposable {
  readonly place: Place
  readonly sampan: Tool
  readonly podman: Tool
  /** Ours first: the columns of a table. */
  readonly tools: readonly [Tool, Tool]
}

/** @param registry the host and port that podman shall speak to without TLS */
export async function makePeers(registry = 'localhost', options: PlaceOptions = {}): Promise<Peers> {
  await using owned = new AsyncDisposableStack()
  const place = owned.use(await makePlace(options))
  setUpPodman(place, registry)
  const tool = (name: Tool['name'], program: string): Tool => ({
    name,
    argv: [program],
    meter: owned.use(new Meter([...place.become, join(stage, 'measure')])),
  })
  const sampan = tool('sampan', executable)
  const podman = tool('podman', 'podman')
  const kept = owned.move()
  return { place, sampan, podman, tools: [sampan, podman], [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
