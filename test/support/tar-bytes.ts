/** Tar archives byte by byte, hostile ones too: what no honest tool would write. */

export interface Fields {
  /** Bytes, one character each. */
  readonly name: string
  readonly type?: string
  readonly target?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly size?: number
  readonly mtime?: number
  readonly major?: number
  readonly minor?: number
  readonly prefix?: string
  readonly magic?: string
  /** Bytes put over the finished header, after the checksum was made: `{ 148: 'xxxxxxxx' }`. */
  readonly damage?: Readonly<Record<number, string>>
  /** Bytes put in before the checksum is made. */
  readonly raw?: Readonly<Record<number, string>>
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

export function header(fields: Fields): Buffer {
  const {
    name,
    type = '0',
    target = '',
    mode = 0o644,
    uid = 0,
    gid = 0,
    size = 0,
    mtime = 1_000_000_000,
  } = fields
  const block = Buffer.alloc(512)
  const put = (at: number, text: string) => block.write(text, at, 'latin1')
  put(0, name.slice(0, 100))
  put(100, octal(mode, 8))
  put(108, octal(uid, 8))
  put(116, octal(gid, 8))
  put(124, octal(size, 12))
  put(136, octal(mtime, 12))
  put(156, type)
  put(157, target.slice(0, 100))
  put(257, fields.magic ?? 'ustar\x0000')
  put(329, octal(fields.major ?? 0, 8))
  put(337, octal(fields.minor ?? 0, 8))
  put(345, fields.prefix ?? '')
  for (const [at, text] of Object.entries(fields.raw ?? {})) put(Number(at), text)
  put(148, '        ')
  put(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
  )
  for (const [at, text] of Object.entries(fields.damage ?? {})) put(Number(at), text)
  return block
}

/** A header and its data, padded. The size in the header is the data's, unless it is given. */
export function entry(fields: Fields, data: string | Buffer = ''): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
  return Buffer.concat([header({ size: bytes.length, ...fields }), bytes, padding])
}

export const folder = (name: string, fields: Partial<Fields> = {}) =>
  entry({ name: `${name}/`, type: '5', mode: 0o755, ...fields })
export const file = (name: string, data = '', fields: Partial<Fields> = {}) =>
  entry({ name, ...fields }, data)
export const link = (name: string, target: string) => entry({ name, type: '2', target, mode: 0o777 })
export const hardLink = (name: string, target: string) => entry({ name, type: '1', target })

/** An extended header for the next entry, or with type 'g' for all that follow. */
export function pax(
  records: Readonly<Record<string, string>> | readonly [string, string][],
  type = 'x',
): Buffer {
  const lines = (Array.isArray(records) ? records : Object.entries(records)).map(([key, value]) =>
    paxLine(key, value),
  )
  return entry({ name: 'PaxHeaders/x', type }, lines.join(''))
}

function paxLine(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

/** The parts and the two zero blocks that end an archive. */
export function archive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}
