/** The same context on the same base is the same image: whoever builds it, wherever and whenever. */
import { linkSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { run } from '../support/process.ts'
import { asRoot, type TestUser, testUser } from '../support/user.ts'

const first = testUser()
const second = testUser({ env: { TZ: 'Asia/Tokyo', LANG: 'C', USER: 'somebody' } })
// Other ids on the disk, and with root other mappings.
const third = testUser(asRoot ? { as: 'root' } : {})
const users = [first, second, third]
const [image] = users.map(busybox)

const dockerfile = `FROM ${image} AS made
ARG VERSION=1
RUN mkdir -p /out/deep && for n in 3 1 2; do echo $n > /out/$n; done && ln -s 3 /out/link && ln /out/1 /out/hard
RUN --mount=type=cache,target=/cache --mount=type=bind,target=/context \\
  date > /cache/now && cp -r /context/src /kept && echo me:x:7:7::/:/bin/sh >> /etc/passwd && rm -rf /root
FROM ${image}
WORKDIR /app/deep
COPY . .
COPY --from=made /out /kept /out/
COPY --chown=1000:1000 --chmod=600 <<END /etc/words
words
END
ADD src/main.c /main/
RUN chown -R 7:7 /app && hostname > /dev/null
LABEL version=1
CMD ["sh"]
`

/** The same files, made in another order and at another time. */
function contextOf(user: TestUser, turned: boolean): string {
  const files = [
    ['Dockerfile', dockerfile],
    ['src/main.c', 'int main;\n'],
    ['src/deep/a', 'a'],
    ['src/deep/b', 'b'],
    ['z', 'z'],
  ] as const
  for (const [name, content] of turned ? files.toReversed() : files) {
    const path = user.file(`context/${name}`, content)
    utimesSync(path, turned ? 1e9 : 1.5e9, turned ? 1e9 : 1.5e9)
  }
  const at = (name: string) => join(user.folder, 'context', name)
  linkSync(at('z'), at('hard'))
  symlinkSync('src/main.c', at('link'))
  user.makeFolder('context/empty')
  return join(user.folder, 'context')
}

async function idOf(user: TestUser, turned: boolean, ...options: string[]): Promise<string> {
  const context = contextOf(user, turned)
  return await user.ok(['build', '-q', '--network', 'none', '--no-cache', ...options, context])
}

test('another home, another user, other times and another time zone: the same id', async () => {
  const ids = [await idOf(first, false), await idOf(second, true), await idOf(third, true)]
  expect(ids[0]).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(new Set(ids).size).toBe(1)
})

test.runIf(asRoot)('another host name: the same id', async () => {
  const words = ['build', '-q', '--network', 'none', '--no-cache', join(first.folder, 'context')]
  const elsewhere = ['unshare', '--uts', 'sh', '-c', 'hostname somewhere-else && exec "$@"', 'sh']
  const { stdout } = await run([...elsewhere, ...first.argv([first.executable, ...words])])
  expect(stdout.trim()).toBe(await first.ok(words))
})

test('--timestamp says another date, --rewrite-timestamp=false keeps those of the clock', async () => {
  const build = (user: TestUser, ...options: string[]) =>
    user.ok(['build', '-q', '--network', 'none', ...options, join(user.folder, 'context')])
  const dated = await build(first, '--timestamp', '1200000000')
  expect(await build(second, '--timestamp', '1200000000')).toBe(dated)
  const real = ['--rewrite-timestamp=false', '--no-cache']
  expect(await build(second, ...real)).not.toBe(await build(second, ...real))
})
