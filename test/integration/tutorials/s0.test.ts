/** The first tutorial: a shell in a CentOS, a registry at home, a Dockerfile, a network, and a line for each service. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventually, ok } from '../../support/process.ts'
import { freePort } from '../../support/registry.ts'
import { keys } from '../../support/terminal.ts'
import { centos6, project } from '../../support/tutorial.ts'
import { testUser } from '../../support/user.ts'

const user = testUser()
const image = centos6(user)
const prompt = /root@[0-9a-f]{12}:\/# /
const states = (...flags: string[]) =>
  user.ok(['ps', ...flags, '--format', '{{.Names}} {{.State}}', '-f', 'name=first'])

test('enter a container, leave it by exit, come back, leave it running', async () => {
  using first = user.terminal(['run', '-i', '-t', '--name', 'first', image, '/bin/bash'])
  await first.waitFor(prompt)
  first.type(`echo mine > /root/note; exit${keys.enter}`)
  expect(await first.exited()).toBe(0)
  expect(await states()).toBe('')
  expect(await states('-a')).toBe('first exited')

  const id = await user.ok(['ps', '-a', '-q', '-f', 'name=first'])
  expect(await user.ok(['start', id])).toBe(id)
  using second = user.terminal(['attach', id])
  await eventually('the prompt is back', 10_000, async () => {
    second.type(keys.enter)
    await second.waitFor(prompt, 500)
  })
  second.type(`cat /root/note${keys.enter}`)
  await second.waitFor('mine')
  second.type(keys.ctrlP + keys.ctrlQ)
  expect(await second.exited()).toBe(0)
  expect(await states()).toBe('first running')
  expect(await user.ok(['rm', '-f', 'first'])).toBe('first')
})

test('in the background with tail -f, entered by exec, stopped', async () => {
  const id = await user.ok(['run', '-d', image, '/bin/bash', '-c', 'tail -f /dev/null'])
  expect(id).toMatch(/^[0-9a-f]{64}$/)
  using shell = user.terminal(['exec', '-it', id, '/bin/bash'])
  await shell.waitFor(prompt)
  shell.type(`exit 3${keys.enter}`)
  expect(await shell.exited()).toBe(3)
  expect(await user.ok(['inspect', '-f', '{{.State.Running}}', id])).toBe('true')
  expect(await user.ok(['stop', id])).toBe(id)
  expect(await user.ok(['rm', id])).toBe(id)
})

test('a registry in a container that comes back by itself; what was committed is pushed to it and pulled again', async () => {
  const programs = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
  const config = { version: 0.1, storage: { filesystem: { rootdirectory: '/r' } }, http: { addr: ':5000' } }
  const file = user.file('registry.yml', JSON.stringify(config))
  const port = await freePort()
  const where = `127.0.0.1:${port}`
  const run = ['run', '-d', '-p', `${port}:5000`, '--restart=always', '--name', 'registry']
  const data = ['-v', `${user.makeFolder('r')}:/r`, '-v', `${file}:/config.yml`]
  await user.ok([...run, ...programs, ...data, image, 'docker-registry', 'serve', '/config.yml'])
  const answers = () =>
    eventually('the registry answers', 15_000, () => ok(['curl', '-sf', `http://${where}/v2/`]))
  await answers()

  const mine = `${where}/mycentos:1`
  await user.ok(['run', '--name', 'worked', image, 'touch', '/worked'])
  expect(await user.ok(['commit', 'worked', mine])).toMatch(/^sha256:[0-9a-f]{64}$/)
  await user.ok(['rm', 'worked'])
  const push = await user.sampan(['push', mine])
  expect(push.stdout + push.stderr).toContain('Pushed')

  const pid = await user.ok(['inspect', '-f', '{{.State.Pid}}', 'registry'])
  await user.run(['kill', '-9', pid])
  await eventually('it was started again', 10_000, async () =>
    expect(await user.ok(['inspect', '-f', '{{.RestartCount}} {{.State.Running}}', 'registry'])).toBe(
      '1 true',
    ),
  )
  await answers()
  expect(await user.ok(['rmi', mine])).toContain(`Untagged: ${mine}`)
  expect(await user.ok(['pull', '-q', mine])).toBe(mine)
  expect(await user.ok(['run', '--rm', mine, 'ls', '/worked'])).toBe('/worked')
  expect((await user.sampan(['push', mine])).stderr).toMatch(/already exists/)
  await user.ok(['rm', '-f', 'registry'])
})

test('a file called dockerfile is built; EXPOSE opens nothing, ENTRYPOINT is a line of shell', async () => {
  const context = project(user, 'httpd', {
    dockerfile: `FROM centos:6
MAINTAINER somebody
# the web server
RUN yum install -y httpd
EXPOSE 80
ENTRYPOINT service httpd start && tail -f /dev/null
`,
  })
  await user.ok(['build', '-t', '192.168.2.230:5000/mycentos:1', '.'], { cwd: context })
  const id = await user.ok(['run', '-d', '192.168.2.230:5000/mycentos:1'])
  await eventually('the service runs', 5000, async () =>
    expect(await user.ok(['logs', id])).toBe('Starting httpd: [ OK ]'),
  )
  expect(await user.ok(['port', id])).toBe('')
  expect(await user.ok(['exec', id, 'wget', '-q', '-O', '-', 'http://127.0.0.1/'])).toBe('It works!')
  await user.ok(['rm', '-f', id])
})

test('a network of one’s own, joined at the start or while running', async () => {
  expect(await user.ok(['network', 'create', 'mynet'])).toMatch(/^[0-9a-f]{64}$/)
  await user.ok(['run', '-i', '-t', '-d', '--net=mynet', '--name=app', image, '/bin/bash'])
  const late = await user.ok(['run', '-d', '--name', 'late', image, 'tail', '-f', '/dev/null'])
  const reaches = async () => (await user.sampan(['exec', 'late', 'ping', '-c', '1', '-W', '1', 'app'])).code
  expect(await reaches()).not.toBe(0)
  await user.ok(['network', 'connect', 'mynet', 'late'])
  expect(await reaches()).toBe(0)
  const members = '{{range .Containers}}{{.Name}} {{end}}'
  const here = async () =>
    (await user.ok(['network', 'inspect', '-f', members, 'mynet'])).trim().split(' ').sort()
  expect(await here()).toEqual(['app', 'late'])
  await user.ok(['network', 'disconnect', 'mynet', late])
  expect(await reaches()).not.toBe(0)
  expect(await here()).toEqual(['app'])
  await user.ok(['rm', '-f', 'app', 'late'])
  expect(await user.ok(['network', 'rm', 'mynet'])).toBe('mynet')
})

test('the line of a service: host name, shared memory, ports, folders, and options in the environment', async () => {
  const options =
    '-server -Xmx512M -Djava.ext.dirs=/libs -cp app.jar::libs/* com.example.Application --server.port=8081'
  const data = `${user.folder}/mnt1/data/oracle`
  const [one, two] = [await freePort(), await freePort()]
  await user.ok([
    'run',
    ...['-d', '-i', '-t', '--name', 'orcl', '--restart=always', '-h', 'orcl-server', '--shm-size=2048m'],
    ...['-p', `${one}:5672`, '-p', `${two}:15672`, '-v', `${data}:/u01`, '-v', `${data}-log:/log`],
    ...[
      '-e',
      `exec=${options}`,
      image,
      '/bin/bash',
      '-c',
      'echo kept > /u01/data; httpd -f -p 15672 -h /u01',
    ],
  ])
  const inside = (script: string) => user.ok(['exec', 'orcl', 'sh', '-c', script])
  expect(await inside('hostname; df -m /dev/shm | tail -1 | tr -s " " | cut -d " " -f 2; echo "$exec"')).toBe(
    `orcl-server\n2048\n${options}`,
  )
  expect(await user.ok(['port', 'orcl', '5672'])).toContain(`0.0.0.0:${one}`)
  const page = await eventually('the service answers', 10_000, () =>
    ok(['curl', '-sf', `http://127.0.0.1:${two}/data`]),
  )
  expect(page).toBe('kept\n')
  expect(existsSync(`${data}-log`)).toBe(true)
  await user.ok(['rm', '-f', 'orcl'])
})
