/** What people are used to: how the Dockerfile is called, what tutorials write in it, and how far it may go. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

function contextOf(files: Readonly<Record<string, string>>): string {
  contexts += 1
  const folder = user.makeFolder(`context-${contexts}`)
  for (const [name, content] of Object.entries(files)) user.file(`context-${contexts}/${name}`, content)
  return folder
}

async function labelOf(name: string): Promise<string> {
  return await user.ok(['image', 'inspect', '--format', '{{index .Config.Labels "from"}}', name])
}

const labelled = (from: string) => `FROM ${image}\nLABEL from=${from}\n`

describe('the Dockerfile', () => {
  test.each([
    ['dockerfile', ['dockerfile']],
    ['Containerfile', ['Containerfile']],
    ['Dockerfile', ['Dockerfile', 'dockerfile', 'Containerfile']],
  ])('may be called %s', async (wanted, names) => {
    const context = contextOf(Object.fromEntries(names.map((name) => [name, labelled(name)])))
    await user.ok(['build', '-q', '-t', 'called', context])
    expect(await labelOf('called')).toBe(wanted)
  })

  test('is missed by its name', async () => {
    const { code, stderr } = await user.sampan(['build', contextOf({ other: '' })])
    expect(code).toBe(1)
    expect(stderr).toContain('failed to read dockerfile: open Dockerfile: no such file or directory')
  })

  const noPreprocessor = spawnSync('cpp', ['--version']).error !== undefined
  test.skipIf(noPreprocessor)('goes through the C preprocessor if its name ends in .in', async () => {
    const context = contextOf({
      'Containerfile.in': `#include "base"\n#define FROM_WORD preprocessed\nLABEL from=FROM_WORD\n`,
      base: `FROM ${image}\n`,
    })
    await user.ok(['build', '-q', '-t', 'preprocessed', '-f', `${context}/Containerfile.in`, context])
    expect(await labelOf('preprocessed')).toBe('preprocessed')
  })
})

test('--build-arg-file gives values for ARGs, --build-arg has the last word', async () => {
  const context = contextOf({ Dockerfile: `FROM ${image}\nARG A\nARG B\nLABEL from=$A-$B\n` })
  const file = user.file('args', '# values\nA=1\n\nB=2\n')
  await user.ok(['build', '-q', '-t', 'args', '--build-arg-file', file, '--build-arg', 'B=3', context])
  expect(await labelOf('args')).toBe('1-3')
})

describe('what tutorials write', () => {
  test('a base, packages, a port and a service that is the entry point', async () => {
    const base = contextOf({
      Dockerfile: `FROM ${image}
COPY --chmod=755 <<yum /usr/bin/yum
#!/bin/sh
echo "$@" > /installed
yum
COPY --chmod=755 <<'service' /sbin/service
#!/bin/sh
echo "$1 $2ed"
service
COPY --chmod=755 <<bash /bin/bash
#!/bin/sh
exec sh
bash
`,
    })
    await user.ok(['build', '-q', '-t', 'centos:6', base])
    const context = contextOf({
      dockerfile: `# my first image
FROM centos:6
MAINTAINER somebody <somebody@example.com>
RUN yum install -y httpd
EXPOSE 80
ENTRYPOINT service httpd start && echo running
`,
    })
    await user.ok(['build', '-t', '192.168.2.230:5000/mycentos:1', context])
    expect(await user.ok(['run', '--rm', '192.168.2.230:5000/mycentos:1'])).toBe('httpd started\nrunning')
    const second = contextOf({
      Dockerfile: `FROM centos:6\nRUN yum install -y httpd\nCMD ["sh","-c","service httpd start;bash"]\n`,
    })
    await user.ok(['build', '-t', 'test/httpd:1.0', second])
    expect(await user.ok(['run', '--rm', 'test/httpd:1.0'])).toBe('httpd started')
  }, 120_000)

  test('cd of one RUN is forgotten by the next', async () => {
    const context = contextOf({
      Dockerfile: `FROM ${image}\nRUN mkdir /app && cd /app\nRUN echo hello > world.txt\n`,
    })
    await user.ok(['build', '-q', '-t', 'cd', context])
    expect(await user.ok(['run', '--rm', 'cd', 'cat', '/world.txt'])).toBe('hello')
  })

  test('an ARG can be read in the history', async () => {
    const context = contextOf({ Dockerfile: `FROM ${image}\nARG user=me\nRUN echo $user\n` })
    await user.ok(['build', '-q', '-t', 'told', context])
    expect(await user.ok(['history', '--no-trunc', 'told'])).toContain('|1 user=me /bin/sh -c echo $user')
  })
})
