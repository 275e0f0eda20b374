/** Whole archives, decompressed by content: gzip and zstd by the runtime, xz and bzip2 by the host's programs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { errnoOf, SampanError } from '../../errors.ts'
import { InflateError, Input, inflateFrom, type Packing, packingOf } from './inflate.ts'

const programs: Partial<Record<Packing, { readonly name: string; readonly package: string }>> = {
  xz: { name: 'xz', package: 'xz-utils' },
  bzip2: { name: 'bzip2', package: 'bzip2' },
}

/**
 * Reads a descriptor to its end and hands over its contents.
 * @throws InflateError for damaged data, SampanError where the host lacks a program, what `consume` throws
 */
export async function unpackedChunks(fd: number, consume: (chunk: Buffer) => void): Promise<void> {
  const input = new Input(fd)
  const first = await input.next()
  const packing = packingOf(first)
  const program = programs[packing]
  if (program === undefined) await inflateFrom(input, first, packing, consume)
  else await filter(input, first, program, consume)
}

/** Through `PROGRAM -dc`: it lives as long as the input, and is ended when the consumer fails. */
async function filter(
  input: Input,
  first: Buffer,
  program: { readonly name: string; readonly package: string },
  consume: (chunk: Buffer) => void,
): Promise<void> {
  const child = spawn(program.name, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let words = ''
  child.stderr.on('data', (text) => {
    words += String(text)
  })
  const failed = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(errnoOf(error) === 'ENOENT' ? missing(program) : error))
  })
  // A program that gives up early closes its input; its exit status says so better.
  child.stdin.on('error', () => undefined)
  const closed = once(child, 'close') as Promise<[number | null]>
  const feed = async () => {
    for (let chunk = first; chunk.length > 0 && child.exitCode === null; chunk = await input.next()) {
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), closed])
    }
    child.stdin.end()
  }
  const take = async () => {
    for await (const chunk of child.stdout) consume(chunk as Buffer)
  }
  try {
    await Promise.race([Promise.all([feed(), take()]), failed])
    const [status] = await closed
    if (status !== 0)
      throw new InflateError(`its ${program.name} data: ${words.trim() || `exit status ${status}`}`)
  } finally {
    child.kill()
  }
}

function missing(program: { readonly name: string; readonly package: string }): SampanError {
  return new SampanError(
    `the archive is compressed by ${program.name}, and this machine has no ${program.name}`,
    {
      hint: `sudo apt-get install ${program.package}, or decompress the file elsewhere first`,
    },
  )
}
