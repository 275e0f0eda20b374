/** User namespaces of a container's own: who one is inside, who outside, and to whom files belong. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ as: 'user' })
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])
const refused = async (...args: string[]) => {
  const { code, stderr } = await user.sampan(['create', ...args])
  return [code, stderr.split('\n')[0]]
}

describe('keep-id', () => {
  test('the person is known by the name they have outside, unless --passwd=false', async () => {
    const [name, group] = (await user.run(['sh', '-c', 'id -un; id -gn'])).stdout.split('\n')
    const script = 'whoami; id -gn; echo $HOME; tail -n1 /etc/passwd | cut -d: -f1,6,7'
    const words = ['--userns', 'keep-id', '-w', '/tmp', image, 'sh', '-c', script]
    expect(await output(...words)).toBe(`${name}\n${group}\n/tmp\n${name}:/tmp:/bin/sh`)
    expect(await output('--read-only', ...words)).toContain(`${name}:/tmp:/bin/sh`)
    const without = await user.sampan([
      'run',
      '--rm',
      '--passwd=false',
      '--userns',
      'keep-id',
      image,
      'whoami',
    ])
    expect(without.code).toBe(1)
    // Somebody whom the image knows stays who they are there.
    expect(await output('--userns', 'keep-id:uid=1000,gid=1000', image, 'whoami')).toBe('app')
  })

  test('--passwd-entry and --group-entry say what the lines are; a second start adds none', async () => {
    const entries = ['--passwd-entry', 'me:*:$UID:$GID::/srv:/bin/false', '--group-entry', 'us:x:$GID:']
    const script = 'whoami; id -gn; echo $HOME; grep -c "^me:" /etc/passwd'
    const words = ['--name', 'entry', '-u', '4321:4321', ...entries, image, 'sh', '-c', script]
    expect(await user.ok(['run', ...words])).toBe('me\nus\n/srv\n1')
    expect(await user.ok(['start', '-a', 'entry'])).toBe('me\nus\n/srv\n1')
    await user.ok(['rm', 'entry'])
  })

  test('you are yourself inside, also to the files you mount', async () => {
    const folder = user.makeFolder('mine', 0o700)
    user.file('mine/given', 'x')
    const script = 'id -u; id -g; stat -c %u:%g /data/given; echo made > /data/made'
    expect(await output('--userns', 'keep-id', '-v', `${folder}:/data`, image, 'sh', '-c', script)).toBe(
      `${user.uid}\n${user.gid}\n${user.uid}:${user.gid}`,
    )
    expect(statSync(join(folder, 'made'))).toMatchObject({ uid: user.uid, gid: user.gid })
  })

  test('the files of the image belong to whom they belong in the image', async () => {
    const script = 'stat -c %u:%g /etc/passwd; cd /home; touch new; chown app new; stat -c %U new'
    expect(await output('--userns', 'keep-id', '-u', '0', image, 'sh', '-c', script)).toBe('0:0\napp')
  })

  test('uid= and gid= say whom you are to be, -u whom the program is to be', async () => {
    const mode = 'keep-id:uid=1000,gid=1001'
    expect(await output('--userns', mode, image, 'sh', '-c', 'id -u; id -g')).toBe('1000\n1001')
    expect(await output('--userns', mode, '-u', '5:6', image, 'sh', '-c', 'id -u; id -g')).toBe('5\n6')
  })

  test('exec, cp, a restart and commit see the container as it sees itself', async () => {
    await user.ok(['run', '-d', '--name', 'kept', '--userns', 'keep-id', image, 'sleep', '60'])
    const file = user.file('payload', 'payload')
    expect(await user.ok(['exec', 'kept', 'id', '-u'])).toBe(String(user.uid))
    expect(await user.ok(['exec', '-u', '0', 'kept', 'sh', '-c', 'touch /by-root; id -u'])).toBe('0')
    await user.ok(['cp', file, 'kept:/running'])
    await user.ok(['stop', '-t', '0', 'kept'])
    await user.ok(['cp', file, 'kept:/stopped'])
    await user.ok(['start', 'kept'])
    const owners = 'stat -c %u:%g /by-root /running /stopped'
    expect(await user.ok(['exec', 'kept', 'sh', '-c', owners])).toBe('0:0\n0:0\n0:0')
    await user.ok(['commit', 'kept', 'of-kept'])
    expect(await output('of-kept', 'sh', '-c', owners)).toBe('0:0\n0:0\n0:0')
    await user.ok(['rm', '-f', 'kept'])
  })

  test('a new volume is filled with files of the same owners', async () => {
    await user.ok([
      'run',
      '--name',
      'seed',
      image,
      'sh',
      '-c',
      'mkdir /data; touch /data/a; chown 33:34 /data/a',
    ])
    await user.ok(['commit', 'seed', 'seeded'])
    const script = 'stat -c %u:%g /data/a /data'
    expect(await output('--userns', 'keep-id', '-v', '/data', 'seeded', 'sh', '-c', script)).toBe(
      '33:34\n0:0',
    )
    await user.ok(['rm', 'seed'])
  })

  test('a health check runs as the user of the container', async () => {
    await user.ok(
      ['run', '-d', '--name', 'checked', '--userns', 'keep-id', '--health-interval', '100ms']
        .concat(['--health-cmd', `test $(id -u) = ${user.uid} && test -r /etc/passwd`])
        .concat([image, 'sleep', '60']),
    )
    let status = ''
    for (let i = 0; i < 100 && status !== 'healthy'; i++) {
      status = await user.ok(['inspect', '-f', '{{.State.Health.Status}}', 'checked'])
    }
    expect(status).toBe('healthy')
    await user.ok(['rm', '-f', 'checked'])
  })
})

test('nomap: root inside is not you, and cannot read what only you may', async () => {
  const folder = user.makeFolder('private', 0o755)
  user.file('private/secret', 'x', 0o600)
  const script =
    'id -u; stat -c %u:%g /data/secret; cat /data/secret 2>/dev/null || echo denied; stat -c %u /etc/passwd'
  expect(await output('--userns', 'nomap', '-v', `${folder}:/data`, image, 'sh', '-c', script)).toBe(
    '0\n65534:65534\ndenied\n0',
  )
})

test('auto: two containers have no id in common', async () => {
  for (const name of ['auto-a', 'auto-b']) {
    await user.ok(['run', '-d', '--name', name, '--userns', 'auto:size=2000', image, 'sleep', '60'])
  }
  const ranges = await Promise.all(
    ['auto-a', 'auto-b'].map((name) => user.ok(['exec', name, 'cat', '/proc/1/uid_map'])),
  )
  const [first, second] = ranges.map((line) => line.trim().split(/\s+/).map(Number))
  expect(first?.[2]).toBe(2000)
  expect(second?.[1]).toBeGreaterThanOrEqual((first?.[1] ?? 0) + 2000)
  await user.ok(['rm', '-f', 'auto-a', 'auto-b'])
})

test('private: the same ids in a namespace of its own', async () => {
  const own = await output('--userns', 'private', image, 'sh', '-c', 'readlink /proc/self/ns/user; id -u')
  const shared = await output(image, 'sh', '-c', 'readlink /proc/self/ns/user; id -u')
  expect(own.split('\n')[1]).toBe('0')
  expect(own.split('\n')[0]).not.toBe(shared.split('\n')[0])
})

test('--uidmap and --gidmap say every row', async () => {
  const script = 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "'
  expect(
    await output(
      '--uidmap',
      '0:1:500',
      '--uidmap',
      '500:0:1',
      '--gidmap',
      '0:2:10',
      image,
      'sh',
      '-c',
      script,
    ),
  ).toBe(' 0 1 500\n 500 0 1\n 0 2 10')
})

test("container: joins another container's namespace, and then its others", async () => {
  await user.ok(['run', '-d', '--name', 'owner', '--userns', 'keep-id', image, 'sleep', '60'])
  const namespaces =
    'readlink /proc/self/ns/user /proc/self/ns/pid /proc/self/ns/cgroup /proc/self/ns/ipc; id -u'
  const theirs = await user.ok(['exec', 'owner', 'sh', '-c', namespaces])
  const joined = ['userns', 'pid', 'cgroupns', 'ipc'].flatMap((name) => [`--${name}`, 'container:owner'])
  expect(await output(...joined, image, 'sh', '-c', namespaces)).toBe(theirs)
  expect(await refused('--userns', 'nomap', '--pid', 'container:owner', image)).toEqual([
    125,
    expect.stringContaining('--userns nomap with the namespaces of container owner is not supported'),
  ])
  await user.ok(['rm', '-f', 'owner'])
})

test('inspect says the mode and the rows', async () => {
  await user.ok(['create', '--name', 'shown', '--userns', 'keep-id:uid=7,gid=7', image])
  const shown = '{{.HostConfig.UsernsMode}} {{index .HostConfig.IDMappings.UidMap 0}}'
  expect(await user.ok(['inspect', '-f', shown, 'shown'])).toBe('keep-id 0:1:7')
  await user.ok(['rm', 'shown'])
})

test('on a bridge, with a published port', async () => {
  await user.ok(
    ['run', '-d', '--name', 'web', '--userns', 'nomap', '-p', '127.0.0.1::80', image].concat([
      'sh',
      '-c',
      'mkdir /www; echo hello > /www/index.html; httpd -f -p 80 -h /www',
    ]),
  )
  const port = (await user.ok(['port', 'web', '80'])).split(':').pop()
  let answer = ''
  for (let i = 0; i < 100 && answer === ''; i++) {
    answer = await fetch(`http://127.0.0.1:${port}/`).then(
      (reply) => reply.text(),
      () => '',
    )
  }
  expect(answer).toBe('hello\n')
  await user.ok(['rm', '-f', 'web'])
})

test.each([
  [['--userns', 'ns:/proc/1/ns/user'], 'Error: --userns ns:/proc/1/ns/user is not supported'],
  [['--userns', 'mine'], 'Error: --userns: invalid mode "mine"'],
  [['--userns', 'keep-id:uid=x'], 'Error: --userns keep-id: uid is no number: "x"'],
  [['--userns', 'auto:size=999999'], 'Error: --userns auto: there is no free range of 999999 ids among your'],
  [
    ['--userns', 'keep-id', '--uidmap', '0:0'],
    'Error: --userns and --uidmap/--gidmap are mutually exclusive',
  ],
  [['--uidmap', '0:1:9999999'], 'Error: an id mapping goes beyond the'],
  [['--uidmap', '0:1:5', '--uidmap', '4:10:5'], 'Error: two id mappings have an id in common'],
  [['--uidmap', '0:@1000'], 'Error: id mapping 0:@1000 is not supported'],
])('%j is refused with a sentence', async (words, sentence) => {
  expect(await refused(...words, image)).toEqual([125, expect.stringContaining(sentence)])
})

test('a user that the namespace does not have is refused', async () => {
  const { code, stderr } = await user.sampan([
    'run',
    '--rm',
    '--userns',
    'auto:size=1024',
    '-u',
    '5000',
    image,
    'id',
  ])
  expect([code, stderr.split('\n')[0]]).toEqual([
    125,
    "Error: user 5000 is not one of the container's user namespace",
  ])
})

test('keep-groups: the groups of the caller stay, and go without it', async () => {
  const script = 'grep Groups /proc/self/status'
  const groups = async (...words: string[]) => (await output(...words, image, 'sh', '-c', script)).trim()
  expect(await groups()).toBe('Groups:')
  // The person's own group is 0 inside.
  expect(await groups('--group-add', 'keep-groups')).toMatch(/^Groups:\s+0/)
  expect(await refused('--group-add', 'keep-groups', '--group-add', '5', image)).toEqual([
    125,
    expect.stringContaining('keep-groups cannot be given with other groups'),
  ])
})
