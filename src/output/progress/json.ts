/**
 * One JSON object a line, of the shape docker's API sends (JSONMessage): `{"status":"Downloading","progressDetail":
 * {"current":1048576,"total":4194304},"id":"0123456789ab"}`, and `{"status":"Digest: …"}` for the whole.
 */
import type { Progress } from '../../operations/progress.ts'

/** Milliseconds between two lines about the same part in the same stage. */
const interval = 100

export function jsonProgress(
  line: (text: string) => void,
  now: () => number = () => performance.now(),
): Progress {
  const parts = new Map<string, { label: string; size: number; word: string; next: number }>()
  const say = (value: object) => line(JSON.stringify(value))
  return {
    note: (status) => say({ status }),
    parts(all) {
      for (const { key, label, size } of all) parts.set(key, { label, size, word: '', next: 0 })
    },
    tell(key, stage, word, bytes) {
      const part = parts.get(key)
      if (part === undefined) return
      if (part.word === word) {
        if (stage !== 'moving') return
        const moment = now()
        if (moment < part.next) return
        part.next = moment + interval
      } else {
        part.word = word
        part.next = now() + interval
      }
      const progressDetail = stage === 'moving' ? { current: bytes, total: part.size } : {}
      say({ status: word, progressDetail, id: part.label })
    },
    end: async () => undefined,
  }
}
