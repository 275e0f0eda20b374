/** One line a change of word, as docker prints where there is no terminal. */
import type { Progress } from '../../operations/progress.ts'

export function plainProgress(line: (text: string) => void): Progress {
  const labels = new Map<string, string>()
  const words = new Map<string, string>()
  return {
    note: line,
    parts(parts) {
      for (const { key, label } of parts) labels.set(key, label)
    },
    tell(key, stage, word) {
      // Bytes on their way are for eyes; a log file gets beginnings and ends.
      if (stage === 'moving' || words.get(key) === word) return
      words.set(key, word)
      line(`${labels.get(key) ?? key}: ${word}`)
    },
    end: async () => undefined,
  }
}
