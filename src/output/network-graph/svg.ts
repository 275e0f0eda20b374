/** The graph as a drawing: networks on the left, containers on the right, what the host publishes beside them. */
import type { GraphContainer, GraphNetwork, NetworkGraph } from '../../operations/network-graph.ts'

const BOX = { width: 220, height: 44, gap: 20 }
const LEFT = 20
const RIGHT = 480
const MARGIN = 20
/** Of a letter of the sans-serif font, about. */
const LETTER = 7

export function graphSvg({ networks, containers }: NetworkGraph): string {
  const middle = (at: number) => MARGIN + at * (BOX.height + BOX.gap) + BOX.height / 2
  const rowOf = new Map(containers.map(({ name }, at) => [name, at]))
  const lines = networks.flatMap(({ members }, from) =>
    members.map(({ container, addresses }) =>
      line(middle(from), middle(rowOf.get(container) ?? 0), addresses.join(' ')),
    ),
  )
  const boxes = [
    ...networks.map((network, at) => networkBox(network, middle(at))),
    ...containers.map((container, at) => containerBox(container, middle(at))),
  ]
  const rows = Math.max(networks.length, containers.length, 1)
  const height = MARGIN * 2 + rows * (BOX.height + BOX.gap) - BOX.gap
  const longest = Math.max(0, ...containers.map(({ ports }) => portText(ports).length))
  const width = RIGHT + BOX.width + (longest === 0 ? 0 : 16 + longest * LETTER) + MARGIN
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const font = 'font-family="sans-serif" font-size="13"'
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>\n${[...lines, ...boxes].join('\n')}\n</svg>\n`
}

function line(from: number, to: number, address: string): string {
  const [start, end] = [LEFT + BOX.width, RIGHT]
  // Near the container: there the lines of a network have parted.
  const [x, y] = [start + (end - start) * 0.72, from + (to - from) * 0.72 - 4]
  const way = `<line x1="${start}" y1="${from}" x2="${end}" y2="${to}" stroke="#888"/>`
  return address === '' ? way : `${way}\n${text(x, y, address, 'text-anchor="middle" font-size="11"')}`
}

function networkBox({ name, subnets, internal }: GraphNetwork, y: number): string {
  const below = [...subnets, ...(internal ? ['internal'] : [])].join(' ')
  return box(LEFT, y, '#dbe9f6', name, below)
}

function containerBox({ name, running, ports }: GraphContainer, y: number): string {
  const drawn = box(RIGHT, y, running ? '#e2f0d9' : '#eeeeee', name, running ? '' : 'not running')
  return ports.length === 0 ? drawn : `${drawn}\n${text(RIGHT + BOX.width + 8, y + 4, portText(ports), '')}`
}

function portText(ports: GraphContainer['ports']): string {
  return ports.map(({ outside, inside }) => `${outside} → ${inside}`).join(', ')
}

function box(x: number, y: number, fill: string, title: string, below: string): string {
  const { width, height } = BOX
  const middle = x + width / 2
  const frame = `<rect x="${x}" y="${y - height / 2}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="#555"/>`
  const lift = below === '' ? 5 : -3
  const name = text(middle, y + lift, title, 'text-anchor="middle" font-weight="bold"')
  return below === ''
    ? `${frame}\n${name}`
    : `${frame}\n${name}\n${text(middle, y + 14, below, 'text-anchor="middle"')}`
}

function text(x: number, y: number, words: string, attributes: string): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<text x="${Math.round(x)}" y="${Math.round(y)}"${attributes === '' ? '' : ` ${attributes}`}>${escaped}</text>`
}
