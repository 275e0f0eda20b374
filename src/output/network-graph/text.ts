/** The graph as a tree of lines: a network, and below it who is on it. */
import type {
  GraphContainer,
  GraphMember,
  GraphNetwork,
  NetworkGraph,
} from '../../operations/network-graph.ts'

export function graphText({ networks, containers }: NetworkGraph): string {
  const known = new Map(containers.map((container) => [container.name, container]))
  return networks.map((network) => `${title(network)}\n${branches(network, known)}`).join('')
}

function title({ name, subnets, internal }: GraphNetwork): string {
  return [name, ...subnets, ...(internal ? ['internal'] : [])].join('  ')
}

function branches({ members }: GraphNetwork, known: ReadonlyMap<string, GraphContainer>): string {
  const rows = members.map((member) => cells(member, known.get(member.container)))
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row, at) => {
      const text = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
      return `${at === rows.length - 1 ? '└─' : '├─'} ${text.trimEnd()}\n`
    })
    .join('')
}

function cells({ container, addresses }: GraphMember, about: GraphContainer | undefined): string[] {
  const ports = (about?.ports ?? []).map(({ outside, inside }) => `${outside} → ${inside}`)
  return [container, about?.running ? addresses.join(' ') : '(not running)', ports.join(', ')]
}
