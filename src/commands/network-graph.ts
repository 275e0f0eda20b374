import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { type NetworkGraph, networkGraph } from '../operations/network-graph.ts'
import { graphMermaid } from '../output/network-graph/mermaid.ts'
import { graphSvg } from '../output/network-graph/svg.ts'
import { graphText } from '../output/network-graph/text.ts'

const FORMATS: Readonly<Record<string, (graph: NetworkGraph) => string>> = {
  text: graphText,
  mermaid: graphMermaid,
  svg: graphSvg,
  json: (graph) => `${JSON.stringify(graph, null, 4)}\n`,
}

export default command({
  names: [['network', 'graph']],
  summary: 'Draw networks, the containers on them, their addresses and published ports',
  operands: '[NETWORK...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'networks',
  examples: ['', '--format svg > networks.svg', '--format mermaid mynet'],
  options: {
    format: {
      type: 'string',
      default: 'text',
      describe: 'text, mermaid, svg or json',
      value: 'FORMAT',
      complete: Object.keys(FORMATS),
    },
  },
  run: ({ options, operands }, context) => {
    const draw = FORMATS[options.format]
    if (draw === undefined)
      throw usage(`invalid argument "${options.format}" for "--format"`, Object.keys(FORMATS).join(', '))
    context.out.write(draw(networkGraph(operands, context)))
    return 0
  },
})
