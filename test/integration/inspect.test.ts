import { beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let id: string

beforeAll(async () => {
  id = await user.ok([
    'create',
    '--name',
    'boat',
    '--label',
    'com.example.crew=2',
    '-v',
    'hold:/data',
    image,
    'sleep',
    '60',
  ])
})

const lookAt = async (format: string, ...args: string[]) => await user.ok(['inspect', '-f', format, ...args])

describe('an object', () => {
  test('is found by name, by id and by the beginning of an id', async () => {
    for (const word of ['boat', '/boat', id, id.slice(0, 12), id.slice(0, 4)]) {
      expect(await lookAt('{{.Id}}', word)).toBe(id)
    }
  })

  test('is a container before it is an image', async () => {
    await user.ok(['create', '--name', image, image])
    expect(await lookAt('{{.Name}}', image)).toBe(`/${image}`)
    expect(await lookAt('{{.RepoTags}}', '--type', 'image', image)).toBe(`[${image}:latest]`)
    expect(await user.ok(['image', 'inspect', '-f', '{{.RepoTags}}', image])).toBe(`[${image}:latest]`)
    await user.ok(['rm', image])
  })

  test('may be a volume', async () => {
    const [volume] = JSON.parse(await user.ok(['inspect', 'hold']))
    expect(volume).toMatchObject({ Name: 'hold', Driver: 'local', Scope: 'local' })
    expect(volume.Mountpoint).toMatch(/\/hold\/_data$/)
  })

  test('may be a network or a secret', async () => {
    await user.ok(['network', 'create', 'harbour'])
    await user.ok(['secret', 'create', 'chart', user.file('chart', 'x marks the spot')])
    expect(await user.ok(['inspect', '-f', '{{.Driver}}', 'harbour'])).toBe('bridge')
    expect(await user.ok(['inspect', '-f', '{{.Spec.Name}}', 'chart'])).toBe('chart')
    expect(await user.ok(['inspect', '--type', 'secret', 'chart'])).not.toContain('marks')
    expect((await user.sampan(['inspect', '--type', 'volume', 'chart'])).code).toBe(1)
  })

  test('is shown in an array, indented by four', async () => {
    const text = await user.ok(['inspect', 'boat'])
    expect(text.split('\n').slice(0, 3)).toEqual(['[', '    {', `        "Id": "${id}",`])
    const [container] = JSON.parse(text)
    expect(container).toMatchObject({
      Name: '/boat',
      State: { Status: 'created', Running: false, Pid: 0, StartedAt: '0001-01-01T00:00:00Z' },
      Config: { Cmd: ['sleep', '60'], Labels: { 'com.example.crew': '2' }, Image: image },
      HostConfig: { Binds: ['hold:/data'] },
    })
    expect(JSON.parse(await user.ok(['container', 'inspect', '-f', 'json', 'boat']))).toEqual([container])
  })
})

describe('a template', () => {
  test.each([
    ['{{.State.Status}} {{.State.Pid}}', 'created 0'],
    ['{{if .State.Health}}checked{{else}}no check{{end}}', 'no check'],
    ['{{index .Config.Labels "com.example.crew"}}{{.Config.Labels.none}}', '2<no value>'],
    ['{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}}{{end}}', 'volume hold /data'],
    ['{{json .Config.Cmd}} {{join .Config.Cmd ","}}', '["sleep","60"] sleep,60'],
    ['{{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}}', 'bridge no'],
  ])('%s', async (template, expected) => {
    expect(await lookAt(template, 'boat')).toBe(expected)
  })

  test('gives a line for each object', async () => {
    expect(await lookAt('{{.Id}}', 'boat', 'boat')).toBe(`${id}\n${id}`)
  })

  test('that names what is not there fails, says where, and prints nothing', async () => {
    const { code, stdout, stderr } = await user.sampan(['inspect', '-f', '{{.State.Nope}}', 'boat'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^Error: template parsing error: template: :1:8: executing "" at <\.State\.Nope>: map has no entry for key "Nope"\n/,
    )
  })
})

describe('what is not there', () => {
  test.each([
    [['inspect', 'nothing'], '[]\n', 'Error: No such object: nothing\n'],
    [['inspect', '--type', 'container', 'nothing'], '[]\n', 'Error: No such container: nothing\n'],
    [['inspect', '--type', 'image', 'nothing'], '[]\n', 'Error: No such image: nothing'],
    [['image', 'inspect', 'nothing'], '[]\n', 'Error: No such image: nothing'],
    [['container', 'inspect', image], '[]\n', `Error: No such container: ${image}\n`],
    [['inspect', '--type', 'volume', 'nothing'], '[]\n', 'Error: No such volume: nothing\n'],
    [['inspect', '-f', '{{.Id}}', 'nothing'], '\n', 'Error: No such object: nothing\n'],
  ])('%j', async (args, stdout, stderr) => {
    const result = await user.sampan(args)
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 1, stdout })
    expect(result.stderr.slice(0, stderr.length)).toBe(stderr)
  })

  test('does not keep what is there from being shown', async () => {
    const { code, stdout, stderr } = await user.sampan(['inspect', 'nothing', 'boat', 'nobody'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toHaveLength(1)
    expect(stderr).toMatch(/No such object: nothing\n[\s\S]*No such object: nobody\n/)
  })

  test('is a kind that exists', async () => {
    expect(await user.sampan(['inspect', '--type', 'ship', 'boat'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining(
        'unknown object type "ship"\nChoose container, image, network, volume, secret\n',
      ),
    })
  })
})

test('-s counts the bytes of a container', async () => {
  expect(await lookAt('{{.SizeRw}}', 'boat')).toBe('<nil>')
  const [rw, rootfs] = (await lookAt('{{.SizeRw}} {{.SizeRootFs}}', '-s', 'boat')).split(' ').map(Number)
  expect(rw).toBeLessThan(10_000)
  expect(rootfs).toBeGreaterThan(500_000)
})

describe('info', () => {
  test('counts containers and images, and says which driver and why', async () => {
    const facts = JSON.parse(await user.ok(['info', '--format', 'json']))
    expect(facts).toMatchObject({ Containers: 1, ContainersRunning: 0, Images: 1, DockerRootDir: user.root })
    expect(await user.ok(['info', '-f', '{{.Driver}} {{.OSType}}'])).toBe(`${facts.Driver} linux`)
    const text = await user.ok(['system', 'info'])
    expect(text).toContain(`\n Storage Driver: ${facts.Driver}\n`)
    expect(text).toMatch(/\n {2}Chosen because: \S/)
  })

  test('prints warnings on standard error', async () => {
    const { stdout, stderr } = await user.sampan(['info'])
    const facts = JSON.parse(await user.ok(['info', '--format', 'json']))
    expect(stdout).not.toContain('WARNING')
    expect(stderr).toBe(facts.Warnings.map((warning: string) => `WARNING: ${warning}\n`).join(''))
  })
})
