/** Whole archives, decompressed by content: gzip and zstd by the runtime, xz and bzip2 by the host's programs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { errnoOf, SampanError } from '../../errors.ts'
import { InflateError, Input, inflateFrom, type Packing, packingOf } from './inflate.ts'

interface Program {
  readonly name: string
  readonly package: string
}

const programs: Partial<Record<Packing, Program>> = {
  xz: { name: 'xz', package: 'xz-utils' },
  bzip2: { name: 'bzip2', package: 'bzip2' },
}

/**
 * Reads a descriptor to its end and hands over its contents.
 * @throws InflateError for damaged data, SampanError where the host lacks a program, what `consume` throws
 */
export async function unpackedChunks(fd: number, consume: (chunk: Buffer) => void): Promise<void> {
  const input = new Input(fd)
  try {
    const first = await input.next()
    const packing = packingOf(first)
    const program = programs[packing]
    if (program === undefined) return await inflateFrom(input, first, packing, consume)
    for await (const chunk of filtered(first, input.rest(), program)) consume(chunk)
  } finally {
    await input.settle()
  }
}

/** The same bytes, but those of xz and bzip2, which no image layer may have, decompressed. */
export async function* layerBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  while (first.length < 6) {
    const { done, value } = await chunks.next()
    if (done === true) break
    first = first.length === 0 ? Buffer.from(value) : Buffer.concat([first, value])
  }
  const rest = { [Symbol.asyncIterator]: () => chunks }
  const program = programs[packingOf(first)]
  if (program !== undefined) {
    yield* filtered(first, rest, program)
  } else {
    yield first
    yield* rest
  }
}

/** Through `PROGRAM -dc`: it lives as long as the input, and is ended when the consumer stops. */
async function* filtered(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  program: Program,
): AsyncGenerator<Buffer> {
  const child = spawn(program.name, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let words = ''
  child.stderr.on('data', (text) => {
    words += String(text)
  })
  let failure: unknown
  const closed = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      failure = errnoOf(error) === 'ENOENT' ? missing(program) : error
      resolve(null)
    })
    child.on('close', resolve)
  })
  // A program that gives up early closes its input; its exit status says so better.
  child.stdin.on('error', () => undefined)
  const feeding = feed(child.stdin, first, rest, closed).catch((error: unknown) => {
    failure = error
    child.kill()
  })
  try {
    yield* child.stdout as AsyncIterable<Buffer>
    const status = await closed
    await feeding
    if (failure !== undefined) throw failure
    if (status !== 0)
      throw new InflateError(`its ${program.name} data: ${words.trim() || `exit status ${status}`}`)
  } finally {
    child.kill()
  }
}

async function feed(
  sink: NodeJS.WritableStream,
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  closed: Promise<unknown>,
): Promise<void> {
  let open = true
  const end = closed.then(() => {
    open = false
  })
  const write = async (chunk: Uint8Array) => {
    if (open && !sink.write(chunk)) await Promise.race([once(sink, 'drain'), end])
  }
  await write(first)
  for await (const chunk of rest) {
    await write(chunk)
    if (!open) return
  }
  sink.end()
}

function missing(program: Program): SampanError {
  return new SampanError(
    `the archive is compressed by ${program.name}, and this machine has no ${program.name}`,
    {
      hint: `sudo apt-get install ${program.package}, or decompress the file elsewhere first`,
    },
  )
}
