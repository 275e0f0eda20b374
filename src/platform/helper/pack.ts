/**
 * A pack: some files in one, compressed with zstd. Uncompressed it is the length of a JSON header (4 bytes, little
 * endian), the header, then the files' bytes one after the other. Pure. Made by scripts/build-packs.ts, read by embedded.ts.
 */

export interface PackedFile {
  /** Without a folder. */
  readonly name: string
  readonly executable: boolean
  readonly bytes: Uint8Array
}

interface HeaderEntry {
  readonly name: string
  readonly size: number
  readonly executable: boolean
}

/** The same files always give the same bytes. */
export function plainPack(files: readonly PackedFile[]): Uint8Array {
  const entries: HeaderEntry[] = files.map(({ name, executable, bytes }) => ({
    name,
    size: bytes.length,
    executable,
  }))
  const header = Buffer.from(JSON.stringify(entries))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  return Buffer.concat([length, header, ...files.map((file) => file.bytes)])
}

export function compressPack(plain: Uint8Array): Uint8Array {
  const { constants, zstdCompressSync } = zlib()
  return zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 19 } })
}

export function readPack(pack: Uint8Array): PackedFile[] {
  const content = zlib().zstdDecompressSync(pack)
  const start = 4 + content.readUInt32LE(0)
  let offset = start
  return (JSON.parse(content.toString('utf8', 4, start)) as HeaderEntry[]).map(
    ({ name, size, executable }) => {
      const bytes = content.subarray(offset, offset + size)
      offset += size
      return { name, executable, bytes }
    },
  )
}

/** Loading it takes 2 ms: not for every command that only looks whether a pack is unpacked. */
function zlib() {
  return process.getBuiltinModule('node:zlib')
}
