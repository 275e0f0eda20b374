/** Names: how many answers the name server of a network gives, and how long the slowest take. */
import { ok } from '../test/support/process.ts'
import { stage } from '../test/support/user.ts'
import { call, removeNow, type Tool } from './tools.ts'

const SECONDS = '2'

export interface DnsFigure {
  /** Questions under way at any time. */
  readonly window: number
  /** Answers a second, or the microseconds that 99 % of them take at most. */
  readonly what: 'answers' | 'p99'
}

/** Of the name of another container on the network. `inside` is the argv that runs a program in a container. */
export async function dnsSpeed(
  tool: Tool,
  network: string,
  image: string,
  inside: (name: string) => readonly string[],
  { window, what }: DnsFigure,
): Promise<number> {
  const flags = ['--network', network, '-v', `${stage}:/stage:ro`]
  for (const name of ['asked', 'asker'])
    await call(tool, 'run', '-d', '--name', name, ...flags, image, 'sleep', '600')
  try {
    const servers = await ok([...inside('asker'), 'cat', '/etc/resolv.conf'])
    const server = /^nameserver (\S+)/m.exec(servers)?.[1] ?? ''
    const text = await ok([...inside('asker'), '/stage/ask', server, 'asked', SECONDS, String(window)])
    const [answers = Number.NaN, , p99 = Number.NaN] = text.trim().split(' ').map(Number)
    return what === 'answers' ? answers : p99
  } finally {
    await removeNow(tool, 'asked', 'asker')
  }
}
