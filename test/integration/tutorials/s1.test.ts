/** The second tutorial: images and their names, Dockerfiles, data volumes, ports and links. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { tarOf } from '../../support/oci-image.ts'
import { eventually, ok } from '../../support/process.ts'
import { freePort } from '../../support/registry.ts'
import { centos6, project } from '../../support/tutorial.ts'
import { stage, testUser } from '../../support/user.ts'

const user = testUser()
const image = centos6(user)
const id = async (name: string) => (await user.ok(['images', '-q', name])).slice(0, 12)
const build = async (name: string, files: Parameters<typeof project>[2]) => {
  const context = project(user, name, files)
  await user.ok(['build', '-t', name, '.'], { cwd: context })
}

describe('images', () => {
  test('an image whose name a new build took is dangling, and goes by the list of them', async () => {
    await build('web', { Dockerfile: `FROM ${image}\nRUN echo 1 > /version\n` })
    const old = await id('web')
    await build('web', { Dockerfile: `FROM ${image}\nRUN echo 2 > /version\n` })
    expect(await user.ok(['images', '-f', 'dangling=true'])).toMatch(new RegExp(`\\n<none> +<none> +${old} `))
    const script = '"$0" rmi $("$0" images -q -f dangling=true)'
    const { code, stdout } = await user.run(['sh', '-c', script, user.executable])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Deleted: sha256:/) })
    expect(await user.ok(['images', '-q', '-f', 'dangling=true'])).toBe('')
  })

  test('of two tags the first to go is only untagged, the last takes the image along', async () => {
    await user.ok(['tag', 'web', 'web:v2'])
    expect(await user.ok(['rmi', 'web'])).toBe('Untagged: web:latest')
    expect(await user.ok(['rmi', 'web:v2'])).toMatch(/^Untagged: web:v2\nDeleted: sha256:[0-9a-f]{64}/)
  })

  test('one that is not here is pulled by run, which says so', async () => {
    const { code, stderr } = await user.sampan(['run', '--rm', 'localhost:1/nothing', 'true'])
    expect(code).toBe(125)
    expect(stderr).toContain("Unable to find image 'localhost:1/nothing:latest' locally")
  })

  test('load keeps the steps of an image, import makes one of them', async () => {
    await build('steps', {
      Dockerfile: `FROM ${image}\nRUN echo 1 > /one\nRUN echo 2 > /two\nENV SEEN=yes\n`,
    })
    const steps = async (name: string) => (await user.ok(['history', '-q', name])).split('\n').length
    const before = await steps('steps')
    const [saved, exported] = [join(user.folder, 'saved.tar'), join(user.folder, 'exported.tar')]
    await user.ok(['save', '-o', saved, 'steps'])
    await user.ok(['create', '--name', 'one', 'steps'])
    await user.ok(['export', '-o', exported, 'one'])
    await user.ok(['rm', 'one'])
    await user.ok(['rmi', 'steps'])
    await user.ok(['load', '-i', saved])
    expect(await steps('steps')).toBe(before)
    await user.ok(['import', exported, 'flat'])
    expect(await steps('flat')).toBe(1)
    expect(await user.ok(['run', '--rm', 'flat', 'cat', '/one', '/two'])).toBe('1\n2')
    const variables = (name: string) => user.ok(['inspect', '-f', '{{json .Config.Env}}', name])
    expect(await variables('steps')).toContain('SEEN=yes')
    expect(await variables('flat')).not.toContain('SEEN')
  })
})

describe('the Dockerfile', () => {
  test('FROM scratch: a program and nothing else', async () => {
    const program = await Bun.file(join(stage, 'busybox')).bytes()
    await build('bare', {
      Dockerfile: 'FROM scratch\nCOPY --chmod=755 echo /\nCMD ["/echo", "hello"]\n',
      echo: program,
    })
    expect(await user.ok(['run', '--rm', 'bare'])).toBe('hello')
    expect(await user.ok(['inspect', '-f', '{{len .RootFS.Layers}}', 'bare'])).toBe('1')
  })

  test('COPY counts from the context, less what .dockerignore says; outside of it is nothing', async () => {
    const context = project(user, 'shop', {
      'docker/Dockerfile': `FROM ${image}\nCOPY . /app/\n`,
      '.dockerignore': 'docker\n*.log\n!kept.log\n',
      'package.json': '{}',
      'src/index.js': '',
      'debug.log': '',
      'kept.log': '',
    })
    await user.ok(['build', '-t', 'shop', '-f', 'docker/Dockerfile', 'shop'], { cwd: user.folder })
    expect(await user.ok(['run', '--rm', '-w', '/app', 'shop', 'find', '.', '-type', 'f'])).toSatisfy(
      (found: string) =>
        found.split('\n').sort().join(' ') === './.dockerignore ./kept.log ./package.json ./src/index.js',
    )
    user.file('shop/Dockerfile', `FROM ${image}\nCOPY ../secret /\n`)
    user.file('secret', 'not yours')
    const outside = await user.sampan(['build', context])
    expect(outside.code).toBe(1)
    expect(outside.stderr).toMatch(/secret.*not found/)
  })

  test('ADD unpacks an archive, COPY does not; cd is forgotten, WORKDIR is not; an ARG stays in the history', async () => {
    const folder = join(user.makeFolder('packed'), 'files')
    mkdirSync(folder)
    await Bun.write(join(folder, 'inner'), 'unpacked')
    await build('mixed', {
      'rootfs.tar': await tarOf(folder),
      Dockerfile: `FROM ${image}
ADD rootfs.tar /added/
COPY rootfs.tar /copied/
RUN mkdir /app && cd /app
RUN pwd > /forgotten
WORKDIR /app
RUN pwd > /kept
ARG user=somebody
RUN echo $user > /who
`,
    })
    const inside = ['cat', '/added/inner', '/forgotten', '/kept', '/who']
    expect(await user.ok(['run', '--rm', 'mixed', ...inside])).toBe('unpacked/\n/app\nsomebody')
    expect(await user.ok(['run', '--rm', 'mixed', 'ls', '/copied'])).toBe('rootfs.tar')
    expect(await user.ok(['run', '--rm', 'mixed', 'sh', '-c', 'echo "[$user]"'])).toBe('[]')
    expect(await user.ok(['history', '--no-trunc', 'mixed'])).toContain('|1 user=somebody /bin/sh -c')
  })

  test('CMD service: the container ends when the service has gone to the background', async () => {
    await build('service', {
      Dockerfile: `FROM ${image}\nRUN yum install -y nginx\nCMD service nginx start\n`,
    })
    await user.ok(['run', '-d', '--name', 'nginx', 'service'])
    expect(await user.ok(['wait', 'nginx'])).toBe('0')
    expect(await user.ok(['logs', 'nginx'])).toBe('Starting nginx: [ OK ]')
    expect(await user.ok(['ps', '-q', '-f', 'name=nginx'])).toBe('')
    const { code, stderr } = await user.sampan(['exec', 'nginx', 'sh'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/it exited \(0\) after \d\.\d s, as its first program did: see logs nginx/),
    ])
    await user.ok(['rm', 'nginx'])
  })
})

test('entered by its pid', async () => {
  await user.ok(['run', '-d', '--name', 'box', '-h', 'box', image, 'sleep', '600'])
  const pid = await user.ok(['inspect', '--format', '{{ .State.Pid }}', 'box'])
  const enter = [
    'nsenter',
    '--target',
    pid,
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--root',
    'hostname',
  ]
  expect(await user.ok(['unshare', ...enter])).toBe('box')
  await user.ok(['rm', '-f', 'box'])
})

test('the data of a container that has ended, in two others and in a backup', async () => {
  await user.ok(['run', '-d', '-v', '/dbdata', '--name', 'dbdata', image, 'echo', 'Data-only container'])
  await user.ok(['wait', 'dbdata'])
  for (const name of ['db1', 'db2']) {
    await user.ok(['run', '-d', '--volumes-from', 'dbdata', '--name', name, image, 'sleep', '600'])
  }
  await user.ok(['exec', 'db1', 'sh', '-c', 'echo shared > /dbdata/x'])
  expect(await user.ok(['exec', 'db2', 'cat', '/dbdata/x'])).toBe('shared')
  const backup = user.makeFolder('backup')
  const tar = ['tar', 'cf', '/backup/backup.tar', '/dbdata']
  await user.ok(['run', '--rm', '--volumes-from', 'dbdata', '-v', `${backup}:/backup`, image, ...tar])
  expect(await ok(['tar', '-xOf', `${backup}/backup.tar`, 'dbdata/x'])).toBe('shared\n')
  await user.ok(['rm', '-f', '-v', 'db1', 'db2', 'dbdata'])
})

describe('ports', () => {
  beforeAll(() =>
    build('site', {
      Dockerfile: `FROM ${image}\nRUN yum install -y httpd\nEXPOSE 80\nCMD httpd -f -h /www\n`,
    }),
  )
  const page = (address: string) =>
    eventually(`${address} answers`, 10_000, () => ok(['curl', '-sf', `http://${address}/`]))

  test('-P gives every exposed port one of the host', async () => {
    await user.ok(['run', '-d', '-P', '--name', 'web', 'site'])
    const [address = ''] = (await user.ok(['port', 'web', '80'])).split('\n')
    expect(address).toMatch(/^0\.0\.0\.0:\d+$/)
    expect(await page(address.replace('0.0.0.0', '127.0.0.1'))).toBe('It works!\n')
    await user.ok(['rm', '-f', 'web'])
  })

  test('-p in its three forms at once; a port has one container only', async () => {
    const [one, two] = [await freePort(), await freePort()]
    const forms = ['-p', `127.0.0.1:${one}:80`, '-p', '127.0.0.1::80', '-p', `${two}:80`]
    await user.ok(['run', '-d', '--name', 'web', ...forms, 'site'])
    const ports = (await user.ok(['port', 'web', '80'])).split('\n')
    expect(ports).toEqual(expect.arrayContaining([`127.0.0.1:${one}`, `0.0.0.0:${two}`]))
    const local = ports.filter((line) => line.startsWith('127.0.0.1:'))
    expect(local.length).toBe(2)
    for (const address of [...local, `127.0.0.1:${two}`]) expect(await page(address)).toBe('It works!\n')
    const second = await user.sampan(['run', '--rm', '-p', `${two}:80`, 'site'])
    expect(second).toMatchObject({ code: 125, stderr: expect.stringContaining('web') })
    await user.ok(['rm', '-f', 'web'])
  })

  test('a link: no port published, variables and a line in hosts', async () => {
    await user.ok(['run', '-d', '--name', 'db', '-e', 'USER=postgres', 'site'])
    const ip = await user.ok(['inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'db'])
    const script = 'env; cat /etc/hosts; wget -q -O - http://db/'
    const told = await user.ok(['run', '--rm', '--name', 'web', '--link', 'db:db', image, 'sh', '-c', script])
    expect(told.split('\n')).toEqual(
      expect.arrayContaining([
        'DB_NAME=/web/db',
        `DB_PORT=tcp://${ip}:80`,
        `DB_PORT_80_TCP=tcp://${ip}:80`,
        `DB_PORT_80_TCP_ADDR=${ip}`,
        'DB_PORT_80_TCP_PORT=80',
        'DB_PORT_80_TCP_PROTO=tcp',
        'DB_ENV_USER=postgres',
        'It works!',
      ]),
    )
    expect(told).toMatch(new RegExp(`^${ip}\\s+db `, 'm'))
    await user.ok(['rm', '-f', 'db'])
  })
})
