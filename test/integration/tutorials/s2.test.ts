/** The third tutorial: what an image and a container are, seen through each command in turn. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadRegistry } from '../../support/bad-registry.ts'
import { ok } from '../../support/process.ts'
import { keys } from '../../support/terminal.ts'
import { centos6, project } from '../../support/tutorial.ts'
import { testUser } from '../../support/user.ts'

const user = testUser()
const image = centos6(user)
const inspect = (format: string, what: string) => user.ok(['inspect', '-f', format, what])
let hub: BadRegistry

beforeAll(async () => {
  hub = await BadRegistry.start()
  user.file('home/.config/sampan/config.json', JSON.stringify({ registryMirrors: [`http://${hub.host}`] }))
})
afterAll(async () => await hub[Symbol.asyncDispose]())

test('pull by the short name and by the address of the hub are the same', async () => {
  hub.image('library/centos', 'hub', { layers: [Buffer.alloc(1024)] })
  expect(await user.ok(['pull', '-q', 'centos:hub'])).toBe('docker.io/library/centos:hub')
  const id = await inspect('{{.Id}}', 'centos:hub')
  await user.ok(['rmi', 'centos:hub'])
  await user.ok(['pull', 'registry.hub.docker.com/centos:hub'])
  expect(await inspect('{{.Id}}', 'centos:hub')).toBe(id)
  expect(await user.ok(['rmi', 'registry.hub.docker.com/centos:hub'])).toMatch(/^Untagged: centos:hub\n/)
})

test('the table of images, and a build that tells its steps', async () => {
  const [head, ...rows] = (await user.ok(['images'])).split('\n')
  expect(head).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/)
  expect(rows.filter((row) => /^centos +centos6 +[0-9a-f]{12} +.*[0-9.]+ ?[kM]B$/.test(row)).length).toBe(1)

  const Dockerfile = `FROM centos:centos6
MAINTAINER somebody
RUN yum install -y httpd
EXPOSE 80
CMD ["sh","-c","service httpd start;bash"]
`
  const cwd = project(user, 'httpd', { Dockerfile })
  const out = await user.ok(['build', '-t', 'test/httpd:1.0', '.'], { cwd, env: { DOCKER_BUILDKIT: '0' } })
  const [, id = ''] =
    /\nSuccessfully built ([0-9a-f]{12})\nSuccessfully tagged test\/httpd:1\.0$/.exec(out) ?? []
  expect(out).toMatch(/^Step 1\/5 : FROM centos:centos6\n ---> [0-9a-f]{12}\n/m)
  expect(out).toMatch(/\n ---> Running in [0-9a-f]{12}\n/)
  expect(out).toContain(`\n ---> ${id}\nSuccessfully built ${id}\n`)
  expect(await user.ok(['images', '-q', 'test/httpd:1.0'])).toBe(id)
  // The tutorial says a path to the Dockerfile will do in place of the dot.
  await user.ok(['build', '-t', 'by-path', join(cwd, 'Dockerfile')])
  expect(await user.ok(['images', '-q', 'by-path'])).toBe(id)

  using shell = user.terminal(['run', '-it', '--rm', 'test/httpd:1.0'])
  await shell.waitFor('Starting httpd: [ OK ]')
  shell.type(`wget -q -O - http://127.0.0.1/${keys.enter}`)
  await shell.waitFor('It works!')
  shell.type(`exit${keys.enter}`)
  expect(await shell.exited()).toBe(0)
})

test('create by name and by id, start -i, the same name again', async () => {
  const id = await user.ok(['create', '-it', '--name', 'centos6_container', 'centos:centos6'])
  expect(id).toMatch(/^[0-9a-f]{64}$/)
  expect(await user.ok(['ps', '-q'])).toBe('')
  expect(await inspect('{{.State.Status}}', id.slice(0, 12))).toBe('created')

  const again = await user.sampan(['create', '-it', '--name', 'centos6_container', 'centos:centos6'])
  expect(again.code).toBe(125)
  expect(again.stderr).toContain(
    `Conflict. The container name "/centos6_container" is already in use by container "${id}"`,
  )
  const short = (await user.ok(['images', '-q', image])).slice(0, 12)
  const second = await user.ok(['create', '-it', '--rm', '--name', 'by_id', short, 'bash'])
  for (const name of ['centos6_container', second.slice(0, 12)]) {
    using shell = user.terminal(['start', '-i', name])
    shell.type(`echo sum $((40 + 2)); exit${keys.enter}`)
    await shell.waitFor('sum 42')
    expect(await shell.exited()).toBe(0)
  }
  expect(await user.ok(['ps', '-aq', '--no-trunc'])).toBe(id)
  expect(await user.ok(['rm', 'centos6_container'])).toBe('centos6_container')
})

test('a folder that is not there is made by -v', async () => {
  const folder = join(user.folder, 'made', 'by', 'v')
  await user.ok(['run', '--rm', '-v', `${folder}:/data`, image, 'sh', '-c', 'echo kept > /data/x'])
  expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('kept\n')
})

test('save with -o and with > is the same; export and import leave one layer', async () => {
  const [one, two] = [join(user.folder, 'one.tar'), join(user.folder, 'two.tar')]
  await user.ok(['save', '-o', one, image])
  await user.run(['sh', '-c', '"$0" save "$1" > "$2"', user.executable, image, two])
  await ok(['cmp', one, two])
  expect(existsSync(one)).toBe(true)

  await user.ok(['create', '--name', 'source', image])
  const script = '"$0" export source | "$0" import - flat:1'
  expect((await user.run(['sh', '-c', script, user.executable])).code).toBe(0)
  await user.ok(['rm', 'source'])
  expect(Number(await inspect('{{len .RootFS.Layers}}', image))).toBeGreaterThan(1)
  expect(await inspect('{{len .RootFS.Layers}}', 'flat:1')).toBe('1')
  expect(await user.ok(['run', '--rm', 'flat:1', 'bash', '-c', 'echo same'])).toBe('same')
})

test('inspect tells of a container and of an image, by id', async () => {
  const container = await user.ok(['create', image])
  const id = await inspect('{{.Id}}', image)
  const [[one], [two]] = [
    JSON.parse(await user.ok(['inspect', container])),
    JSON.parse(await user.ok(['inspect', id])),
  ]
  expect(one).toMatchObject({ Id: container, Image: id, Config: { Image: image } })
  expect(two).toMatchObject({ Id: id, RepoTags: expect.arrayContaining(['centos:6', 'centos:centos6']) })
  await user.ok(['rm', container])
})
