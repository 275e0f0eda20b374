import { command } from '../cli/command.ts'
import { completionScript, type Shell, shells } from '../cli/completion-scripts.ts'
import { usage } from '../errors.ts'

export default command({
  names: [['completion']],
  summary: 'Print the completion script of a shell',
  operands: 'bash|zsh|fish',
  arity: [1, 1],
  complete: shells,
  examples: [
    'source <(sampan completion bash)',
    'sampan completion fish > ~/.config/fish/completions/sampan.fish',
  ],
  options: {},
  run({ operands: [shell = ''] }, context) {
    if (!isShell(shell)) throw usage(`no completion for "${shell}"`, `Choose ${shells.join(', ')}`)
    context.out.write(completionScript(shell, context.dialect))
    return 0
  },
})

function isShell(word: string): word is Shell {
  return (shells as readonly string[]).includes(word)
}
