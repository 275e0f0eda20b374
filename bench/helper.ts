/**
 * The helper's own part of a start (join, namespaces, mounts, exec, reap), beside other runtimes on the same bundle.
 * The helper mounts the layers; the others get the root filesystem as a plain folder, in the same user namespace.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { busyboxArchive } from '../test/support/images.ts'
import { ok } from '../test/support/process.ts'
import { stage } from '../test/support/user.ts'
import type { Place } from './place.ts'

export interface Starters {
  /** argv that starts a container whose program is `true` and waits for its end. */
  readonly ours: readonly string[]
  readonly runc: readonly string[]
  readonly crun: readonly string[]
  /** What joining the user namespace costs the other two and is not theirs: subtracted. */
  readonly joining: readonly string[]
}

export async function makeStarters(place: Place, sampan: readonly string[]): Promise<Starters> {
  const helper = join(stage, 'sampan-helper')
  const create = ['create', '--network', 'none', 'busybox', 'true']
  const id = (await ok([...place.become, ...sampan, ...create])).trim()
  const bundle = join(place.home, '.local/share/sampan/containers', id)
  const runtime = join(place.runtime, 'sampan')

  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'))
  config.root.path = join(place.home, 'plain/rootfs')
  place.write('plain/config.json', JSON.stringify(config))
  const layers = `mkdir -p plain/rootfs && tar -xOf ${busyboxArchive} --wildcards "*.tar" | tar -C plain/rootfs -xf -`
  await ok([...place.become, 'sh', '-euc', layers])

  const inside = [helper, 'inside', '--runtime', runtime, '--mounts', '--']
  const other = (name: string) => [
    ...inside,
    name,
    '--root',
    join(place.runtime, name),
    'run',
    '--bundle',
    'plain',
    name,
  ]
  return {
    ours: [helper, 'monitor', '--attach', '--bundle', bundle, '--runtime', runtime],
    runc: other('runc'),
    crun: other('crun'),
    joining: [...inside, 'true'],
  }
}
