import { command } from '../cli/command.ts'
import { info } from '../operations/info.ts'
import { infoText } from '../output/info-text.ts'
import { printValue } from '../output/objects.ts'

export default command({
  names: [['info'], ['system', 'info']],
  summary: 'Print what there is and what this machine can do',
  operands: '',
  arity: [0, 0],
  examples: ["--format '{{.Driver}}'"],
  options: {
    format: { type: 'string', short: 'f', value: 'FORMAT', describe: "Print with a Go template, or 'json'" },
  },
  run({ options }, context) {
    const facts = info(context)
    if (options.format !== undefined && options.format !== '') {
      printValue(facts, options.format, context)
      return 0
    }
    context.out.write(infoText(facts))
    for (const warning of facts.Warnings) context.out.note(`WARNING: ${warning}`)
    return 0
  },
})
