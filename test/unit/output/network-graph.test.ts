/** The three drawings of one small graph, whole: what is drawn, and that names cannot break out of it. */
import { expect, test } from 'vitest'
import type { NetworkGraph } from '../../../src/operations/network-graph.ts'
import { graphMermaid } from '../../../src/output/network-graph/mermaid.ts'
import { graphSvg } from '../../../src/output/network-graph/svg.ts'
import { graphText } from '../../../src/output/network-graph/text.ts'

const graph: NetworkGraph = {
  networks: [
    {
      name: 'bridge',
      subnets: ['172.17.0.0/16'],
      internal: false,
      members: [
        { container: 'db', addresses: [] },
        { container: 'web', addresses: ['172.17.0.2', 'fd00::2'] },
      ],
    },
    {
      name: 'inner',
      subnets: ['172.18.0.0/16'],
      internal: true,
      members: [{ container: 'web', addresses: ['172.18.0.2'] }],
    },
    { name: 'empty', subnets: ['172.19.0.0/16'], internal: false, members: [] },
  ],
  containers: [
    { name: 'db', running: false, ports: [] },
    { name: 'web', running: true, ports: [{ outside: '0.0.0.0:8080', inside: '80/tcp' }] },
  ],
}

test('text', () => {
  expect(graphText(graph)).toBe(`bridge  172.17.0.0/16
├─ db   (not running)
└─ web  172.17.0.2 fd00::2  0.0.0.0:8080 → 80/tcp
inner  172.18.0.0/16  internal
└─ web  172.18.0.2  0.0.0.0:8080 → 80/tcp
empty  172.19.0.0/16
`)
})

test('mermaid', () => {
  expect(graphMermaid(graph)).toBe(`graph LR
  n0[["bridge<br/>172.17.0.0/16"]]
  n1[["inner<br/>172.18.0.0/16<br/>internal"]]
  n2[["empty<br/>172.19.0.0/16"]]
  c0("db<br/>not running")
  c1("web")
  n0 --- c0
  n0 ---|"172.17.0.2<br/>fd00::2"| c1
  n1 ---|"172.18.0.2"| c1
  host(("this host"))
  host -->|"0.0.0.0:8080 → 80/tcp"| c1
`)
})

test('SVG: every word and every line, well-formed', () => {
  const svg = graphSvg(graph)
  for (const word of [
    'bridge',
    'inner',
    'internal',
    'db',
    'not running',
    '172.17.0.2 fd00::2',
    '0.0.0.0:8080 → 80/tcp',
  ])
    expect(svg).toContain(`${word}`)
  expect(svg.match(/<line /g)).toHaveLength(3)
  expect(svg.match(/<rect /g)).toHaveLength(5)
  const open = svg.match(/<[a-z]+ [^>]*[^/]>/g)?.length
  expect(svg.match(/<\/[a-z]+>/g)).toHaveLength(open ?? 0)
})

test('what means something to the format is quoted', () => {
  const name = '<b>&"'
  const odd: NetworkGraph = {
    networks: [{ name, subnets: [], internal: false, members: [] }],
    containers: [],
  }
  expect(graphMermaid(odd)).toContain('n0[["&lt;b&gt;&amp;&quot;"]]')
  expect(graphSvg(odd)).toContain('>&lt;b&gt;&amp;"</text>')
})
