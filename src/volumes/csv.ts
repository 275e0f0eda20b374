/** The comma-separated values of `--mount`. Pure. */
import { usage } from '../errors.ts'

/** Fields of one CSV record, RFC 4180: a field with a comma is written in double quotes. */
export function splitCsv(text: string): string[] {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (;;) {
    const match = field.exec(text)
    if (match === null) throw usage(`invalid quotes in "${text}"`)
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
    if (match[3] === '') return fields
  }
}
