/** Secrets: who gets to see them, and where they never are. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const SECRET = 'correct horse battery staple'
const user = testUser({ env: { TOKEN: 'from the environment' } })
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])

test('create prints an id; ls and inspect show all but the secret', async () => {
  const id = await user.ok([
    'secret',
    'create',
    '--label',
    'app=shop',
    'password',
    user.file('password', SECRET),
  ])
  expect(id).toMatch(/^[0-9a-f]{25}$/)
  expect(await user.ok(['secret', 'ls'])).toMatch(
    /^ID +NAME +DRIVER +CREATED +UPDATED *\n[0-9a-f]{25} +password +file +/,
  )
  expect(await user.ok(['secret', 'ls', '-q', '-f', 'name=pass', '-f', 'label=app=shop'])).toBe(id)
  const shown = await user.ok(['secret', 'inspect', 'password'])
  expect(JSON.parse(shown)).toMatchObject([
    { ID: id, Spec: { Name: 'password', Driver: { Name: 'file' }, Labels: { app: 'shop' } } },
  ])
  expect(shown).not.toContain(SECRET)
  expect(await user.ok(['secret', 'inspect', '--showsecret', '-f', '{{.SecretData}}', id.slice(0, 6)])).toBe(
    SECRET,
  )
  expect(await user.ok(['secret', 'inspect', '--pretty', 'password'])).toMatch(
    /^ID: .*\nName: +password\nLabels:\n - app=shop\n/,
  )
})

test('from standard input and from a variable', async () => {
  await user.ok(['secret', 'create', 'piped', '-'], { input: 'piped' })
  await user.ok(['secret', 'create', '--env', 'token', 'TOKEN'])
  const data = '{{.SecretData}}'
  expect(await user.ok(['secret', 'inspect', '--showsecret', '-f', data, 'piped'])).toBe('piped')
  expect(await user.ok(['secret', 'inspect', '--showsecret', '-f', data, 'token'])).toBe(
    'from the environment',
  )
})

test('only its owner can read what is on disk', () => {
  const folder = join(user.root, 'secrets')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(folder)) {
    expect(statSync(join(folder, name, 'data')).mode & 0o777).toBe(0o600)
  }
})

test('a container has it as a file that nobody can change', async () => {
  const script =
    'cat /run/secrets/password; stat -c " %u:%g %a" /run/secrets/password; echo x 2>/dev/null >> /run/secrets/password || echo kept'
  expect(await output('--secret', 'password', image, 'sh', '-c', script)).toBe(`${SECRET} 0:0 444\nkept`)
  const words = 'source=password,target=/etc/deep/pw,uid=1000,gid=5,mode=0400'
  const other = 'cat /etc/deep/pw; stat -c " %u:%g %a" /etc/deep/pw'
  expect(await output('-u', '1000', '--secret', words, image, 'sh', '-c', other)).toBe(`${SECRET} 1000:5 400`)
  expect(await output('--secret', 'password,target=other', image, 'ls', '/run/secrets')).toBe('other')
})

test('or as a variable, which exec has, too', async () => {
  await user.ok([
    'run',
    '-d',
    '--name',
    'env',
    '--secret',
    'password,type=env,target=PW',
    image,
    'sleep',
    '60',
  ])
  expect(await user.ok(['exec', 'env', 'sh', '-c', 'echo $PW'])).toBe(SECRET)
  expect(await user.ok(['exec', '-e', 'PW=mine', 'env', 'sh', '-c', 'echo $PW'])).toBe('mine')
  expect(await output('--secret', 'password,type=env', image, 'sh', '-c', 'echo $password')).toBe(SECRET)
  await user.ok(['rm', '-f', 'env'])
})

test('it is in no inspect, commit, history, event or log of ours', async () => {
  await user.ok(
    [
      'run',
      '--name',
      'told',
      '--secret',
      'password',
      '--secret',
      'password,type=env,target=PW',
      image,
    ].concat(['sh', '-c', 'test -n "$PW" && touch /done']),
  )
  await user.ok(['commit', 'told', 'committed'])
  const said = await Promise.all([
    user.ok(['inspect', 'told', 'committed']),
    user.ok(['history', '--no-trunc', 'committed']),
    user.ok(['events', '--since', '1h', '--until', '0s']),
    user.ok(['diff', 'told']),
    user.ok(['ps', '-a', '--no-trunc', '--format', 'json']),
  ])
  for (const text of said) expect(text).not.toContain(SECRET)
  expect(said[0]).toContain('"Name": "password"')
  expect(await output('committed', 'sh', '-c', 'ls -R /run; echo "[$PW]"; ls /done')).toBe(
    '/run:\nsecrets\n\n/run/secrets:\n[]\n/done',
  )
  expect(readFileSync(join(user.root, 'events.jsonl'), 'utf8')).not.toContain(SECRET)
  await user.ok(['rm', 'told'])
})

test('a container keeps what it was given; a new one gets what is there now', async () => {
  await user.ok(['secret', 'create', 'changing', '-'], { input: 'one' })
  await user.ok(['create', '--name', 'keeper', '--secret', 'changing', image, 'cat', '/run/secrets/changing'])
  await user.ok(['secret', 'create', '--replace', 'changing', '-'], { input: 'two' })
  expect(await user.ok(['start', '-a', 'keeper'])).toBe('one')
  expect(await output('--secret', 'changing', image, 'cat', '/run/secrets/changing')).toBe('two')
  expect(await user.ok(['secret', 'rm', 'changing'])).toMatch(/^[0-9a-f]{25}$/)
  expect(await user.ok(['start', '-a', 'keeper'])).toBe('one')
  await user.ok(['rm', 'keeper'])
})

test('in a user namespace of its own it belongs to whom it is to belong', async () => {
  const script = 'cat /run/secrets/password; stat -c " %u:%g" /run/secrets/password'
  expect(
    await output(
      '--userns',
      'nomap',
      '--secret',
      'password,uid=7,mode=400',
      '-u',
      '7',
      image,
      'sh',
      '-c',
      script,
    ),
  ).toBe(`${SECRET} 7:0`)
})

test('exists, rm, and what cannot be', async () => {
  const results = async (...cases: string[][]) =>
    Promise.all(
      cases.map(async (words) => {
        const { code, stderr } = await user.sampan(words)
        return [code, stderr.split('\n')[0]]
      }),
    )
  expect(
    await results(
      ['secret', 'exists', 'password'],
      ['secret', 'exists', 'ghost'],
      ['secret', 'rm', 'ghost'],
      ['secret', 'rm', '-i', 'ghost'],
      ['secret', 'create', 'password', user.file('other', 'x')],
      ['secret', 'create', '--ignore', 'password', user.file('other', 'x')],
      ['secret', 'create', 'a/b', user.file('other', 'x')],
      ['secret', 'create', 'empty', '/dev/null'],
      ['secret', 'create', '-d', 'pass', 'x', user.file('other', 'x')],
      ['secret', 'create', '--env', 'x', 'NOT_SET'],
      ['create', '--secret', 'ghost', image],
      ['create', '--secret', 'password,type=file', image],
      ['create', '--secret', 'password,type=env,mode=400', image],
      ['create', '--secret', 'password,mode=9', image],
    ),
  ).toEqual([
    [0, ''],
    [1, ''],
    [1, 'Error: no secret with name or id "ghost": no such secret'],
    [0, ''],
    [1, 'Error: secret name in use: password'],
    [0, ''],
    [1, expect.stringContaining('Error: secret name "a/b" can not include')],
    [1, 'Error: secret data must be larger than 0 and at most 512000 bytes'],
    [125, 'Error: secret create --driver pass is not supported'],
    [1, 'Error: cannot create store secret data: environment variable NOT_SET is not set'],
    [125, 'Error: no secret with name or id "ghost": no such secret'],
    [125, 'Error: type file is invalid in --secret password,type=file'],
    [125, 'Error: UID, GID, Mode options cannot be set with secret type env'],
    [125, 'Error: mode 9 is invalid in --secret password,mode=9'],
  ])
})
