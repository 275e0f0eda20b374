/** A file from a URL, for ADD and for contexts. */

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { defined } from '../../oci/json.ts'
import { writeAll } from '../../platform/files/write-all.ts'
import { sha256 } from '../../platform/host/sha256.ts'
import { httpAuthorization } from './authorization.ts'
import type { Fetching } from './types.ts'

export interface Downloaded {
  readonly path: string
  readonly size: number
  /** Of the bytes: `sha256:…`. */
  readonly digest: string
  /** What the server says it was changed last, in milliseconds since 1970. */
  readonly modified: number | undefined
}

/** Fetches a URL into a new file. @throws SampanError when the server refuses, or the bytes are not the `checksum` */
export async function download(
  url: string,
  path: string,
  fetching: Fetching,
  checksum?: string,
): Promise<Downloaded> {
  const { signal } = fetching
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const response = await ask(url, fetching)
  if (!response.ok || response.body === null) {
    const denied = response.status === 401 || response.status === 403
    const id = `HTTP_AUTH_TOKEN_${new URL(url).host}`
    throw new SampanError(`${url}: the server says ${response.status} ${response.statusText}`.trim(), {
      ...(denied ? { hint: `if it wants a token: --secret id=${id},src=FILE` } : {}),
    })
  }
  const hash = sha256()
  let size = 0
  const fd = openSync(path, 'wx', 0o600)
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      hash.update(chunk)
      writeAll(fd, chunk, path)
      size += chunk.length
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    closeSync(fd)
  }
  const digest = `sha256:${hash.digest('hex')}`
  if (checksum !== undefined && checksum !== digest) {
    throw new SampanError(`${url}: digest mismatch: expected ${checksum}, got ${digest}`)
  }
  const modified = Date.parse(response.headers.get('last-modified') ?? '')
  return { path, size, digest, modified: Number.isNaN(modified) ? undefined : modified }
}

/** What the last part of a URL's path is called, '' where it ends with a slash. */
export function fileNameOf(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(name).replace(/[/\0]/g, '')
  } catch {
    return name
  }
}

async function ask(url: string, { signal, secrets }: Fetching): Promise<Response> {
  const authorization = secrets === undefined ? undefined : httpAuthorization(url, secrets)
  try {
    // Bytes as they are stored: a server must not pack or unpack them on the way.
    const headers = { 'accept-encoding': 'identity', ...defined({ authorization }) }
    return await fetch(url, { headers, ...(signal ? { signal } : {}) })
  } catch (error) {
    signal?.throwIfAborted()
    throw new SampanError(`${url}: cannot be fetched: ${reason(error)}`, {
      cause: error,
      hint: 'check the address, and the network of this machine: it is fetched from here, not from inside a container',
    })
  }
}

/** The runtime's own words ask whether "the computer is able to access the url". */
function reason(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ECONNREFUSED':
    case 'ConnectionRefused':
      return 'connection refused'
    case 'ENOTFOUND':
    case 'FailedToOpenSocket':
      return 'no such host'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
