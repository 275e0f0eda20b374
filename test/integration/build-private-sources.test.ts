/** Sources that want to be asked for with a secret: BuildKit's HTTP_AUTH_TOKEN_HOST and GIT_AUTH_TOKEN. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testUser } from '../support/user.ts'

const user = testUser()
const servers: Server[] = []

interface Answer {
  readonly status: number
  readonly body?: string | Buffer
  readonly location?: string
}

/** What answers at `127.0.0.1:PORT`. */
async function serve(answer: (request: IncomingMessage) => Answer): Promise<string> {
  const server = createServer((request, response) => {
    const { status, body, location } = answer(request)
    response.writeHead(status, location === undefined ? {} : { location }).end(body)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const wanting =
  (authorization: string, body: string) =>
  ({ headers }: IncomingMessage): Answer =>
    headers.authorization === authorization ? { status: 200, body } : { status: 401 }

const token = user.file('token', 'abc123\n')
const header = user.file('header', 'Basic dXNlcjpwYXNz\n')

async function fileOf(lines: readonly string[], ...options: string[]): Promise<string> {
  user.file('context/Dockerfile', `FROM scratch\n${lines.join('\n')}\n`)
  const out = join(user.folder, 'out')
  await user.ok(['build', '-q', '--no-cache', '-o', out, ...options, join(user.folder, 'context')])
  return readFileSync(join(out, 'file'), 'utf8')
}

test('a URL of ADD gets the token of its host, or the header as it is', async () => {
  const host = await serve(wanting('Bearer abc123', 'by a token'))
  const secret = `id=HTTP_AUTH_TOKEN_${host},src=${token}`
  expect(await fileOf([`ADD http://${host}/file /file`], '--secret', secret)).toBe('by a token')
  const byName = `id=HTTP_AUTH_TOKEN_127.0.0.1,src=${token}`
  expect(await fileOf([`ADD http://${host}/file /file`], '--secret', byName)).toBe('by a token')
  const other = await serve(wanting('Basic dXNlcjpwYXNz', 'by a header'))
  const raw = `id=HTTP_AUTH_HEADER_${other},src=${header}`
  expect(await fileOf([`ADD http://${other}/file /file`], '--secret', raw)).toBe('by a header')
})

test('another host, asked or led to, never sees it', async () => {
  const seen: (string | undefined)[] = []
  const other = await serve(({ headers }) => {
    seen.push(headers.authorization)
    return { status: 200, body: 'elsewhere' }
  })
  const host = await serve(() => ({ status: 302, location: `http://${other}/file` }))
  const secret = `id=HTTP_AUTH_TOKEN_${host},src=${token}`
  expect(await fileOf([`ADD http://${host}/file /file`], '--secret', secret)).toBe('elsewhere')
  expect(await fileOf([`ADD http://${other}/file /file`], '--secret', secret)).toBe('elsewhere')
  expect(seen).toEqual([undefined, undefined])
})

test('without it the build says how it is given', async () => {
  const host = await serve(wanting('Bearer abc123', ''))
  user.file('context/Dockerfile', `FROM scratch\nADD http://${host}/file /file\n`)
  const { code, stderr } = await user.sampan(['build', join(user.folder, 'context')])
  expect(code).toBe(1)
  expect(stderr).toContain(`http://${host}/file: the server says 401`)
  expect(stderr).toContain(`--secret id=HTTP_AUTH_TOKEN_${host},src=FILE`)
  expect(stderr).toMatch(/Dockerfile:2:5\n/)
})

test('a git repository gets the token as a password, for ADD and as the context', async () => {
  const script = `cd "$0" && git init -q -b main work && cd work && printf 'of git' > file &&
    printf 'FROM scratch\\nCOPY file /file\\n' > Dockerfile && git add . &&
    git -c user.name=me -c user.email=me@example.org commit -q -m one &&
    cd .. && git clone -q --bare work repo.git && cd repo.git && git update-server-info`
  await user.run(['sh', '-c', script, user.folder])
  const expected = `basic ${Buffer.from('x-access-token:abc123').toString('base64')}`
  const host = await serve(({ headers, url = '' }) => {
    if (headers.authorization !== expected) return { status: 401 }
    const path = join(user.folder, new URL(`http://x${url}`).pathname)
    return existsSync(path) ? { status: 200, body: readFileSync(path) } : { status: 404 }
  })
  const url = `http://${host}/repo.git`
  const secret = ['--secret', `id=GIT_AUTH_TOKEN.${host},src=${token}`]
  expect(await fileOf([`ADD ${url}#main /`], ...secret)).toBe('of git')
  const out = join(user.folder, 'out-of-git')
  await user.ok(['build', '-q', '-o', out, '--secret', `id=GIT_AUTH_TOKEN,src=${token}`, `${url}#main`])
  expect(readFileSync(join(out, 'file'), 'utf8')).toBe('of git')
  expect((await user.sampan(['build', `${url}#main`])).code).toBe(1)
})
