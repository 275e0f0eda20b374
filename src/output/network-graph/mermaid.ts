/** The graph in the language of mermaid: https://mermaid.js.org/syntax/flowchart.html. */
import type { NetworkGraph } from '../../operations/network-graph.ts'

/** Nodes are n0…, c0… and `host`: names may have anything in them. */
export function graphMermaid({ networks, containers }: NetworkGraph): string {
  const node = new Map(containers.map(({ name }, at) => [name, `c${at}`]))
  const lines = ['graph LR']
  for (const [at, { name, subnets, internal }] of networks.entries())
    lines.push(`  n${at}[[${label(name, ...subnets, ...(internal ? ['internal'] : []))}]]`)
  for (const { name, running } of containers)
    lines.push(`  ${node.get(name)}(${label(name, ...(running ? [] : ['not running']))})`)
  for (const [at, { members }] of networks.entries())
    for (const { container, addresses } of members)
      lines.push(
        `  n${at} ---${addresses.length === 0 ? '' : `|${label(...addresses)}|`} ${node.get(container)}`,
      )
  if (containers.some(({ ports }) => ports.length > 0)) lines.push(`  host((${label('this host')}))`)
  for (const { name, ports } of containers)
    for (const { outside, inside } of ports)
      lines.push(`  host -->|${label(`${outside} → ${inside}`)}| ${node.get(name)}`)
  return `${lines.join('\n')}\n`
}

/** Quoted, a line each; mermaid knows the entities of HTML. */
function label(...lines: string[]): string {
  const text = lines.map((line) =>
    line.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  )
  return `"${text.join('<br/>')}"`
}
