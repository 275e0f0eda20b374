/** The data types of the SSH protocol (RFC 4251, section 5): strings and numbers with their length before them. Pure. */

export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
  }

  /** @throws RangeError where the bytes end before */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new RangeError('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1).readUInt8()
  }

  number(): number {
    return this.take(4).readUInt32BE()
  }

  string(): Buffer {
    return this.take(this.number())
  }

  text(): string {
    return this.string().toString()
  }

  /** A positive mpint, without the zero that keeps it from being a negative one. */
  integer(): Buffer {
    const bytes = this.string()
    return bytes[0] === 0 ? bytes.subarray(1) : bytes
  }
}

export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function wireString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([wireNumber(bytes.length), bytes])
}

/** A positive number, big end first, as an mpint. */
export function wireInteger(value: Uint8Array): Buffer {
  let start = 0
  while (start < value.length && value[start] === 0) start += 1
  const digits = value.subarray(start)
  return wireString((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits)
}
