/** The finer ways to mount: owners, overlays, images, flags, and what cannot be. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])

describe('U gives the files to the user of the container', () => {
  test('of a host folder, to the bottom, and not what links lead to', async () => {
    const folder = user.makeFolder('given')
    user.makeFolder('given/below')
    const outside = user.file('outside', 'x')
    await user.run(['chmod', '4755', user.file('given/below/file', 'x')])
    await user.run(['ln', '-s', outside, join(folder, 'link')])
    const script = 'stat -c "%u:%g %a" /data /data/below/file; touch /data/new'
    expect(await output('-u', '1000:7', '-v', `${folder}:/data:U`, image, 'sh', '-c', script)).toBe(
      '1000:7 755\n1000:7 4755',
    )
    expect(statSync(outside).uid).toBe(user.uid)
    // And back again.
    await output('-v', `${folder}:/data:U`, image, 'true')
    expect(statSync(join(folder, 'new')).uid).toBe(user.uid)
  })

  test('of a volume that the image fills, and in a user namespace of its own', async () => {
    const owner = ['sh', '-c', 'stat -c %u /v /v/passwd']
    const seed = ['sh', '-c', 'mkdir /v; cp /etc/passwd /v']
    await user.ok(['run', '--name', 'filler', image, ...seed])
    await user.ok(['commit', 'filler', 'filled'])
    expect(await output('-u', '33', '-v', 'filled-u:/v:U', 'filled', ...owner)).toBe('33\n33')
    expect(await output('--userns', 'nomap', '-u', '5', '-v', 'filled-u:/v:U', 'filled', ...owner)).toBe(
      '5\n5',
    )
    expect(
      await output('-u', '5', '--mount', 'type=volume,src=filled-u,dst=/v,U=true', 'filled', ...owner),
    ).toBe('5\n5')
    await user.ok(['rm', 'filler'])
  })
})

describe('O', () => {
  test('the container may change a folder, and nobody else sees it', async () => {
    const folder = user.makeFolder('lower,with:odd names')
    user.file('lower,with:odd names/kept', 'kept')
    user.file('lower,with:odd names/gone', 'gone')
    await user.run(['chmod', '750', folder])
    // A colon cannot be said in -v: a link can.
    await user.run(['ln', '-s', folder, join(user.folder, 'odd')])
    const script =
      'rm /data/gone; echo changed > /data/kept; echo new > /data/new; ls /data; cat /data/kept; stat -c %a /data'
    await user.ok(['run', '--name', 'over', '-v', `${user.folder}/odd:/data:O`, image, 'sh', '-c', script])
    expect(await user.ok(['logs', 'over'])).toBe('kept\nnew\nchanged\n750')
    expect(readdirSync(folder).sort()).toEqual(['gone', 'kept'])
    expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('kept')
    // Each start begins with the folder as it is.
    await user.ok(['start', '-a', 'over'])
    await user.ok(['rm', 'over'])
  })

  test('of a volume; not of a file', async () => {
    await output('-v', 'base:/v', image, 'touch', '/v/kept')
    expect(await output('-v', 'base:/v:O', image, 'sh', '-c', 'touch /v/new; ls /v')).toBe('kept\nnew')
    expect(await output('-v', 'base:/v', image, 'ls', '/v')).toBe('kept')
    const { code, stderr } = await user.sampan(['create', '-v', `${user.file('plain', 'x')}:/f:O`, image])
    expect([code, stderr]).toEqual([125, expect.stringContaining('volume mode O is for folders')])
  })
})

describe('an image as a mount', () => {
  test('of one layer, of several, read-only unless rw', async () => {
    await user.ok(['run', '--name', 'layered', image, 'sh', '-c', 'echo second > /second; rm /etc/group'])
    await user.ok(['commit', 'layered', 'two-layers'])
    await user.ok(['rm', 'layered'])
    const script = 'cat /i/second; ls /i/etc; touch /i/x 2>/dev/null && echo written'
    const of = (source: string, more = '') => `type=image,source=${source},target=/i${more}`
    const tried = async (mount: string) =>
      (await user.sampan(['run', '--rm', '--mount', mount, image, 'sh', '-c', script])).stdout
    expect(await tried(of('two-layers'))).toBe('second\npasswd\n')
    expect(await tried(of('two-layers', ',rw=true'))).toBe('second\npasswd\nwritten\n')
    expect(await tried(of('two-layers'))).toBe('second\npasswd\n')
    expect(
      await output('--mount', of(image), image, 'sh', '-c', 'cmp /bin/busybox /i/bin/busybox && echo same'),
    ).toBe('same')
  })

  test('a folder of it, as its layers together have it', async () => {
    const change = 'rm -r /home; mkdir /home; echo new > /home/new; ln -s home /near; ln -s /proc /far'
    await user.ok(['run', '--name', 'changed', image, 'sh', '-c', change])
    await user.ok(['commit', 'changed', 'parts'])
    await user.ok(['rm', 'changed'])
    const of = (source: string, path: string) => `type=image,source=${source},target=/i,${path}`
    const listed = (mount: string, more = '') =>
      user.sampan(['run', '--rm', '--mount', mount, image, 'sh', '-c', `ls /i${more}`])
    expect((await listed(of(image, 'image-subpath=etc'))).stdout).toBe('group\npasswd\n')
    expect((await listed(of('parts', 'subpath=home'))).stdout).toBe('new\n')
    expect((await listed(of('parts', 'image-subpath=near'), '; touch /i/x')).code).toBe(1)
    expect((await listed(of('parts', 'image-subpath=near,rw'), '; touch /i/x && ls /i')).stdout).toBe(
      'new\nnew\nx\n',
    )
    const far = await listed(of('parts', 'image-subpath=far'))
    expect([far.code, far.stderr]).toEqual([125, expect.stringContaining('leads out of what is mounted')])
    const file = await listed(of('parts', 'image-subpath=home/new'))
    expect([file.code, file.stderr]).toEqual([125, expect.stringContaining('Not a directory')])
    await user.ok(['rmi', 'parts'])
  })

  test('is not removed while a container has it', async () => {
    await user.ok(['create', '--name', 'holder', '--mount', 'type=image,source=two-layers,target=/i', image])
    const { code, stderr } = await user.sampan(['rmi', 'two-layers'])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/is using|used by/)])
    expect(
      await user.ok(['inspect', '-f', '{{range .Mounts}}{{.Type}} {{.Source}} {{.RW}}{{end}}', 'holder']),
    ).toBe('image two-layers false')
    await user.ok(['rm', 'holder'])
    await user.ok(['rmi', 'two-layers'])
  })
})

test('noexec and its like hold for folders and volumes', async () => {
  const folder = user.makeFolder('programs')
  user.file('programs/run', '#!/bin/sh\necho ran', 0o755)
  const tried = (words: string) =>
    output('-v', `${folder}:/p${words}`, image, 'sh', '-c', '/p/run 2>/dev/null || echo refused')
  expect(await tried('')).toBe('ran')
  expect(await tried(':noexec')).toBe('refused')
  expect(
    await output(
      '--mount',
      `type=bind,src=${folder},dst=/p,noexec`,
      image,
      'sh',
      '-c',
      'grep -c " /p .*noexec" /proc/mounts',
    ),
  ).toBe('1')
})

test('bind-recursive=readonly makes what is mounted below read-only, too', async () => {
  const words = 'type=bind,src=/proc,dst=/p,readonly,bind-recursive=readonly'
  expect(await output('--mount', words, image, 'sh', '-c', 'grep -c " /p.* ro," /proc/mounts')).toMatch(
    /^[1-9]/,
  )
})

test('a tmpfs has a share of memory, an owner, and what the image has there', async () => {
  const size = await output(
    '--mount',
    'type=tmpfs,dst=/t,tmpfs-size=10%',
    image,
    'sh',
    '-c',
    'df -k /t | tail -1',
  )
  const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1])
  expect(Number(size.split(/\s+/)[1]) / total).toBeCloseTo(0.1, 2)
  const script = 'ls /etc; touch /etc/new; stat -c %u:%a /t'
  expect(
    await output(
      '--tmpfs',
      '/t:uid=33,mode=700',
      '--mount',
      'type=tmpfs,dst=/etc,tmpcopyup',
      image,
      'sh',
      '-c',
      script,
    ),
  ).toContain('passwd\n')
})

test('idmap means the numbers on disk: what they are, unless the user namespace shows others', async () => {
  const folder = user.makeFolder('same')
  user.file('same/file', 'x')
  expect(await output('-v', `${folder}:/d:idmap`, image, 'stat', '-c', '%u', '/d/file')).toBe('0')
  const { code, stderr } = await user.sampan([
    'create',
    '--userns',
    'nomap',
    '-v',
    `${folder}:/d:idmap`,
    image,
  ])
  expect(stderr).toContain(user.name === 'root' ? '' : 'no kernel lets a user map the owners of a mount')
  expect(code).toBe(125)
})

test.each([
  ['type=image,target=/i', 'type=image requires a source'],
  ['type=image,source=x,target=/i,image-subpath=../etc', 'it must stay inside what is mounted'],
  ['type=volume,source=x1,target=/i,volume-subpath=a,U', 'volume-subpath does not go with U'],
  ['type=volume,source=x1,target=/i,volume-opt=type=nfs', 'a volume of type nfs is not supported'],
  ['type=bind,source=/tmp,target=/i,tmpfs-size=5', "cannot mix 'tmpfs-size' with mount type 'bind'"],
  ['type=tmpfs,target=/i,tmpfs-size=500%', 'invalid tmpfs size'],
  ['type=bind,source=/tmp,target=/i,bind-recursive=readonly', 'needs a mount that is readonly'],
  ['type=cluster,target=/i', 'mount type cluster is not supported'],
])('--mount %s is refused', async (words, sentence) => {
  const { code, stderr } = await user.sampan(['create', '--mount', words, image])
  expect([code, stderr]).toEqual([125, expect.stringContaining(sentence)])
})
