/** Options that need one look each: what the program or the container has because of them. */
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { OF_THE_HOST: 'yes' } })
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])
const inspect = (name: string, template: string) => user.ok(['inspect', '-f', template, name])
const sleeping = (...args: string[]) =>
  user.ok(['run', '-d', '--network', 'none', '--stop-timeout', '0', ...args, image, 'sleep', '1000'])

describe('run and create', () => {
  test('--env-host passes our variables, --unsetenv-all leaves none of the image’s', async () => {
    expect(await output('--env-host', image, 'sh', '-c', 'echo "$OF_THE_HOST"')).toBe('yes')
    expect(await output(image, 'sh', '-c', 'echo "$OF_THE_HOST"')).toBe('')
    await user.ok(['create', '--name', 'with-env', '--network', 'none', image])
    await user.ok(['commit', '-c', 'ENV OF_THE_IMAGE=yes', 'with-env', 'with-env'])
    expect(await output('with-env', 'sh', '-c', 'echo "$OF_THE_IMAGE"')).toBe('yes')
    expect(await output('--unsetenv-all', 'with-env', 'env')).not.toContain('OF_THE_IMAGE')
  })

  test('--label-file, --annotation, --stop-timeout and --no-healthcheck are kept', async () => {
    const file = user.file('labels', 'a=1\n# no label\nb=two words\n')
    const health = ['--health-cmd', 'true', '--no-healthcheck']
    const words = ['--label-file', file, '--annotation', 'org.example.x=y', '--stop-timeout', '7']
    await user.ok(['create', '--name', 'kept', '--network', 'none', ...words, image])
    expect(await inspect('kept', '{{.Config.Labels.a}} {{.Config.Labels.b}}')).toBe('1 two words')
    expect(await inspect('kept', '{{index .HostConfig.Annotations "org.example.x"}}')).toBe('y')
    expect(await inspect('kept', '{{.Config.StopTimeout}}')).toBe('7')
    const both = await user.sampan(['create', '--network', 'none', ...health, image])
    expect(both.code).toBe(125)
    await user.ok(['commit', '-c', 'HEALTHCHECK CMD true', 'kept', 'healthy'])
    const id = await user.ok(['create', '--network', 'none', '--no-healthcheck', 'healthy'])
    expect(await inspect(id, '{{json .Config.Healthcheck}}')).toMatch(/null|NONE/)
  })

  test('--image-volume: a volume, a tmpfs, or nothing for the image’s VOLUMEs', async () => {
    await user.ok(['create', '--name', 'for-volume', '--network', 'none', image])
    await user.ok(['commit', '-c', 'VOLUME /data', 'for-volume', 'with-volume'])
    const mount = (how: string) =>
      output('--image-volume', how, 'with-volume', 'sh', '-c', 'grep " /data " /proc/mounts || true')
    expect(await mount('anonymous')).toContain(' /data ')
    expect(await mount('tmpfs')).toMatch(/^tmpfs \/data tmpfs/)
    expect(await mount('ignore')).toBe('')
  })

  test('--env-merge puts the image’s variables into its value', async () => {
    const words = ['--env-merge', 'PATH=$PATH:/more', '--env-merge', 'NEW=[$NOBODY]', image]
    expect(await output(...words, 'sh', '-c', 'echo $PATH $NEW')).toMatch(/bin:\/more \[\]$/)
  })

  test('--read-only-tmpfs leaves some folders writable, and gives way to mounts', async () => {
    const script = 'for i in /tmp /run /var/tmp; do touch $i/x && echo $i; done; touch /x || true'
    const words = ['--read-only', '--read-only-tmpfs', '-v', '/run', image, 'sh', '-c', script]
    expect(await output(...words)).toBe('/tmp\n/run\n/var/tmp')
    expect(
      (await user.sampan(['run', '--rm', '--network', 'none', '--read-only', image, 'touch', '/tmp/x'])).code,
    ).toBe(1)
  })

  test('--tz: the zone’s file is the container’s /etc/localtime', async () => {
    const zones = '/usr/share/zoneinfo'
    expect(await output('--tz', 'Asia/Tokyo', image, 'md5sum', '/etc/localtime')).toBe(
      (await user.run(['md5sum', `${zones}/Asia/Tokyo`])).stdout
        .trim()
        .replace(`${zones}/Asia/Tokyo`, '/etc/localtime'),
    )
    expect(await output('--tz', 'local', image, 'cat', '/etc/localtime')).toContain('TZif')
    const { code, stderr } = await user.sampan(['create', '--tz', '../../etc/passwd', image])
    expect([code, stderr]).toEqual([125, expect.stringContaining('unknown time zone')])
  })

  test('--requires starts others first, and rm --depend takes along who cannot be without it', async () => {
    await user.ok(['create', '--name', 'base', '--network', 'none', image, 'sleep', '1000'])
    await user.ok([
      'create',
      '--name',
      'upon',
      '--network',
      'none',
      '--requires',
      'base',
      image,
      'sleep',
      '1000',
    ])
    await user.ok(['start', 'upon'])
    expect(await inspect('base', '{{.State.Running}}')).toBe('true')
    await user.ok([
      'run',
      '-d',
      '--name',
      'joined',
      '--network',
      'none',
      '--pid',
      'container:upon',
      image,
      'sleep',
      '9',
    ])
    expect(await user.ok(['rm', '--depend', '--dry-run', '-f', 'base'])).toBe(
      ['joined', 'upon', 'base'].map((name) => `Would remove: ${name}`).join('\n'),
    )
    expect(await user.ok(['rm', '--depend', '-f', 'base'])).toBe('joined\nupon\nbase')
    const ghost = await user.sampan(['create', '--requires', 'ghost', image])
    expect([ghost.code, ghost.stderr]).toEqual([125, expect.stringContaining('No such container: ghost')])
  })

  test('values that ask for what is done anyway pass; others have a sentence', async () => {
    const harmless = ['--systemd=false', '--sdnotify', 'ignore', '--cgroups=no-conmon']
    expect(await output(...harmless, image, 'echo', 'fine')).toBe('fine')
    expect((await user.sampan(['create', '--systemd=always', image])).stderr).toContain(
      '--systemd is not supported',
    )
  })

  test('--oom-score-adj is the program’s', async () => {
    expect(await output('--oom-score-adj', '500', image, 'cat', '/proc/self/oom_score_adj')).toBe('500')
  })

  test('--arch and --os: those of this machine; others are not taken for it', async () => {
    const [os, arch] = (await user.ok(['image', 'inspect', '-f', '{{.Os}} {{.Architecture}}', image])).split(
      ' ',
    )
    expect(await output('--os', String(os), '--arch', String(arch), image, 'echo', 'here')).toBe('here')
    const words = ['run', '--rm', '--network', 'none', '--pull', 'never']
    for (const other of [
      ['--arch', 's390x'],
      ['--os', 'plan9'],
      ['--arch', 'arm', '--variant', 'v5'],
    ]) {
      const { code, stderr } = await user.sampan([...words, ...other, image, 'true'])
      expect({ other, code, stderr }).toMatchObject({
        code: 125,
        stderr: expect.stringMatching(/platform|No such image/),
      })
    }
  })

  test('--cgroupns, --cpuset-cpus and --cpuset-mems: as asked for, or a sentence where the machine has no such cgroup', async () => {
    const own = await output('--cgroupns', 'private', image, 'readlink', '/proc/self/ns/cgroup')
    const ours = await output('--cgroupns', 'host', image, 'readlink', '/proc/self/ns/cgroup')
    expect(own).not.toBe(ours)
    for (const words of [
      ['--cpuset-cpus', '0'],
      ['--cpu-period', '50000', '--cpu-quota', '25000'],
    ]) {
      const id = await user.ok(['create', '--network', 'none', ...words, image])
      expect(await inspect(id, '{{.HostConfig.CpusetCpus}} {{.HostConfig.CpuPeriod}}')).toBe(
        words[0] === '--cpuset-cpus' ? '0 0' : ' 50000',
      )
    }
    const id = await user.ok(['create', '--network', 'none', image])
    await user.ok(['update', '--cpuset-cpus', '0', id])
    expect(await inspect(id, '{{.HostConfig.CpusetCpus}}')).toBe('0')
    const near = await user.ok(['create', '--network', 'none', '--cpuset-mems', '0', image])
    expect(await inspect(near, '{{.HostConfig.CpusetMems}}')).toBe('0')
  })

  test('--health-on-failure: killed, stopped, or started again', async () => {
    const failing = ['--health-cmd', 'false', '--health-interval', '100ms', '--health-retries', '2']
    for (const [action, ended] of [
      ['kill', '137'],
      ['stop', '9'],
    ] as const) {
      const script = 'trap "exit 9" TERM; while :; do sleep 0.05; done'
      const words = ['run', '-d', '--name', `sick-${action}`, '--network', 'none', ...failing]
      await user.ok([...words, '--health-on-failure', action, image, 'sh', '-c', script])
      expect(await user.ok(['wait', `sick-${action}`])).toBe(ended)
    }
    const words = [
      'run',
      '-d',
      '--name',
      'sick',
      '--network',
      'none',
      ...failing,
      '--health-on-failure',
      'restart',
    ]
    await user.ok([...words, image, 'sh', '-c', 'echo begins; exec sleep 1000'])
    await eventually('began twice', 20_000, async () =>
      expect((await user.ok(['logs', 'sick'])).split('\n').length).toBeGreaterThan(1),
    )
    await user.ok(['rm', '-f', 'sick'])
  })

  test('one that would not notice the stop signal is started again at once, however long it may take', async () => {
    const health = ['--health-cmd', 'false', '--health-interval', '100ms', '--health-retries', '1']
    const words = ['--stop-timeout', '-1', ...health, '--health-on-failure', 'restart']
    await user.ok(['run', '-d', '--name', 'deaf', '--network', 'none', ...words, image, 'sleep', '1000'])
    await eventually('began twice', 20_000, async () =>
      expect(Number(await inspect('deaf', '{{.RestartCount}}'))).toBeGreaterThan(0),
    )
    await user.ok(['rm', '-f', 'deaf'])
  })

  test('--publish-all gives each exposed port one of ours', async () => {
    const server = 'mkdir /www; echo served >/www/index.html; exec httpd -f -p 80 -h /www'
    await user.ok([
      'run',
      '-d',
      '--name',
      'served',
      '--publish-all',
      '--expose',
      '80',
      image,
      'sh',
      '-c',
      server,
    ])
    const port = (await user.ok(['port', 'served', '80/tcp'])).split('\n')[0]?.split(':').at(-1)
    await eventually('serves', 10_000, async () =>
      expect((await user.run(['curl', '-s', `http://127.0.0.1:${port}/`])).stdout).toBe('served\n'),
    )
    await user.ok(['network', 'reload', '--latest'])
    expect((await user.run(['curl', '-s', `http://127.0.0.1:${port}/`])).stdout).toBe('served\n')
    await user.ok(['rm', '-f', 'served'])
  })

  test('--sig-proxy=false keeps signals from the program', async () => {
    const script = 'trap "echo asked; exit 9" TERM; echo ready; while :; do sleep 0.05; done'
    const client = user.start([
      'run',
      '--name',
      'deaf',
      '--network',
      'none',
      '--sig-proxy=false',
      image,
      'sh',
      '-c',
      script,
    ])
    await eventually('ready', 10_000, async () => expect(await user.ok(['logs', 'deaf'])).toBe('ready'))
    client.signal('SIGTERM')
    await client.exited()
    expect(await inspect('deaf', '{{.State.Running}}')).toBe('true')
    expect(await user.ok(['logs', 'deaf'])).toBe('ready')
    await user.ok(['rm', '-f', 'deaf'])
  })
})

describe('commands on containers', () => {
  test('--cidfile names them', async () => {
    const file = `${user.folder}/cid`
    await sleeping('--cidfile', file, '--name', 'filed')
    const status = () => inspect('filed', '{{.State.Status}}')
    await user.ok(['pause', '--cidfile', file])
    expect(await status()).toBe('paused')
    await user.ok(['unpause', '--cidfile', file])
    expect(await status()).toBe('running')
    const before = await inspect('filed', '{{.State.Pid}}')
    await user.ok(['restart', '--cidfile', file])
    expect(await inspect('filed', '{{.State.Pid}}')).not.toBe(before)
    await user.ok(['stop', '--cidfile', file])
    expect(await status()).toBe('exited')
    await user.ok(['rm', '--cidfile', file])
    expect((await user.sampan(['inspect', 'filed'])).code).toBe(1)
  })

  test('--latest is the one made last', async () => {
    await sleeping('--name', 'older')
    const id = await sleeping('--name', 'newest')
    expect(await user.ok(['pause', '--latest'])).toMatch(new RegExp(`^${id}`))
    expect(await user.ok(['unpause', '--latest'])).toMatch(new RegExp(`^${id}`))
    expect(
      await user.ok([
        'stats',
        '--latest',
        '--no-stream',
        '--no-reset',
        '--interval',
        '1',
        '--format',
        '{{.Name}}',
      ]),
    ).toBe('newest')
    expect(await user.ok(['rm', '-f', '--latest'])).toMatch(new RegExp(`^${id}`))
    await user.ok(['rm', '-f', 'older'])
  })

  test('wait --ignore goes on where a container is not there; logs --details leaves room for labels', async () => {
    expect(await user.ok(['wait', '--ignore', 'not-there'])).toBe('-1')
    await user.ok(['run', '--name', 'talks', '--network', 'none', image, 'echo', 'hello'])
    expect(await user.ok(['logs', '--details', 'talks'])).toBe(' hello')
  })

  test('cp --overwrite lets a file take a folder’s place', async () => {
    await user.ok(['run', '--name', 'cp-to', '--network', 'none', image, 'mkdir', '-p', '/x/file'])
    const source = user.file('from/file', 'content')
    const words = ['cp', source, 'cp-to:/x']
    expect((await user.sampan(words)).code).not.toBe(0)
    await user.ok(['cp', '--overwrite', source, 'cp-to:/x'])
    await user.ok(['cp', 'cp-to:/x/file', `${user.folder}/back`])
    expect((await user.run(['cat', `${user.folder}/back`])).stdout).toBe('content')
  })

  test('attach: --no-stdin gives nothing, --sig-proxy=false passes nothing, --detach-keys leaves', async () => {
    await user.ok([
      'run',
      '-di',
      '--name',
      'hears',
      '--network',
      'none',
      image,
      'sh',
      '-c',
      'while read line; do echo "got $line"; done',
    ])
    const quiet = user.start(['attach', '--no-stdin', '--sig-proxy=false', 'hears'], { stdin: true })
    quiet.write('lost\n')
    const talks = user.start(['attach', 'hears'], { stdin: true })
    talks.write('kept\n')
    await eventually('kept', 10_000, async () => expect(await user.ok(['logs', 'hears'])).toBe('got kept'))
    quiet.signal('SIGTERM')
    await quiet.exited()
    expect(await inspect('hears', '{{.State.Running}}')).toBe('true')
    await user.ok(['rm', '-f', '-t', '0', 'hears'])
    await talks.exited()
    await user.ok(['create', '-it', '--name', 'tty', '--network', 'none', image, 'sh'])
    const person = user.terminal(['start', '-ai', '--detach-keys', 'ctrl-x', '--sig-proxy=false', 'tty'])
    await person.waitFor('/ # ')
    person.type('\x18')
    expect(await person.exited()).toBe(0)
    expect(await inspect('tty', '{{.State.Running}}')).toBe('true')
    const again = user.terminal(['attach', '--detach-keys', 'ctrl-y', 'tty'])
    again.type('echo again-$((1+1))\r')
    await again.waitFor(/again-2/)
    again.type('\x19')
    expect(await again.exited()).toBe(0)
    await user.ok(['rm', '-f', 'tty'])
  })
})

describe('lists', () => {
  test('ps and images --sort', async () => {
    for (const name of ['sort-b', 'sort-a'])
      await user.ok(['create', '--name', name, '--network', 'none', image])
    const words = ['ps', '-a', '-f', 'name=sort-', '--format', '{{.Names}}', '--sort']
    expect(await user.ok([...words, 'names'])).toBe('sort-a\nsort-b')
    expect(await user.ok([...words, 'created'])).toBe('sort-a\nsort-b')
    await user.ok(['tag', image, 'aaa:1'])
    const names = await user.ok(['images', '--sort', 'repository', '--format', '{{.Repository}}'])
    expect(names.split('\n')).toEqual(names.split('\n').toSorted())
    expect(await user.ok(['rmi', '--no-prune', 'aaa:1'])).toBe('Untagged: aaa:1')
  })

  test('events --stream=false ends; ids are whole; mount --no-trunc too', async () => {
    const id = await sleeping('--name', 'told')
    const told = await user.ok([
      'events',
      '--no-trunc',
      '--stream=false',
      '-f',
      'event=start',
      '-f',
      'container=told',
    ])
    expect(told).toContain(id)
    expect(await user.ok(['mount', '--no-trunc'])).toContain(`${id} /`)
    await user.ok(['rm', '-f', 'told'])
  })
})
