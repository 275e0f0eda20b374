/** What `run` promises: the program sees what was asked for, and its end is ours. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const run = (...args: string[]) => ['run', '--rm', '--network', 'none', ...args]
const output = (...args: string[]) => user.ok(run(...args))

describe('exit codes', () => {
  test.each([
    ['true', ['true'], 0],
    ["the program's own", ['sh', '-c', 'exit 42'], 42],
    ['a signal it died of', ['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'], 137],
    ['a program that is not there', ['nope'], 127],
    ['a path that is not there', ['/nope'], 127],
    ['a folder', ['/etc'], 126],
    ['a file that is no program', ['/etc/passwd'], 126],
  ])('%s', async (_, command, code) => {
    expect((await user.sampan(run(image, ...command))).code).toBe(code)
  })

  test.each([
    [['--nope', image], 'unknown flag: --nope'],
    [['--name', '-x', image], 'Invalid container name (-x)'],
    [['--network', 'not-made', image], 'network not-made not found'],
    [['--link', 'a:b', image], 'No such container: a'],
    [['--ip', '1.2.3.4', image], 'no configured subnet contains IP address 1.2.3.4'],
    [['-u', 'nobody', image], 'unable to find user nobody: no matching entries in passwd file'],
    [['-w', 'rel', image], "the working directory 'rel' is invalid, it needs to be an absolute path"],
    [['-v', 'rel', image], 'mount path must be absolute'],
    [['--restart', 'always', image], 'conflicting options: cannot specify both --restart and --rm'],
    [['--pull', 'never', 'no-such-image'], 'No such image: no-such-image:latest'],
    [['--entrypoint', '', image], 'no command specified'],
  ])('%j is refused with 125, and leaves nothing', async (args, message) => {
    const { code, stderr } = await user.sampan(['run', '--rm', ...args])
    expect(stderr).toContain(message)
    expect(code).toBe(125)
    expect(await user.ok(['ps', '-aq'])).toBe('')
  })
})

describe('the environment', () => {
  test('what every container has', async () => {
    const variables = (await output('-h', 'box', image, 'env')).split('\n')
    expect(variables).toContain('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
    expect(variables).toContain('HOSTNAME=box')
    expect(variables).toContain('HOME=/root')
    expect(variables.some((line) => line.startsWith('TERM='))).toBe(false)
  })

  test('values pass untouched', async () => {
    const value = '-server -Xmx512M -cp a.jar::libs/* "x" $HOME'
    expect(await output('-e', `exec=${value}`, image, 'sh', '-c', 'echo "$exec"')).toBe(value)
  })

  test('files, own variables, and taking away', async () => {
    const file = user.file('vars', 'A=file\nB=file\n# no\nUSER\n')
    const variables = (
      await output('--env-file', file, '-e', 'B=flag', '--unsetenv', 'PATH', image, '/bin/env')
    ).split('\n')
    expect(variables).toEqual(
      expect.arrayContaining(['A=file', 'B=flag', `USER=${user.environment['USER']}`]),
    )
    expect(variables).toContain('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  })

  test('the working folder is made when it is missing', async () =>
    expect(await output('-w', '/made/here', image, 'pwd')).toBe('/made/here'))

  test('the host name is the short id, unless said otherwise', async () => {
    expect(await output(image, 'hostname')).toMatch(/^[0-9a-f]{12}$/)
    expect(
      await output(
        '-h',
        'orcl-server',
        '--domainname',
        'corp',
        image,
        'sh',
        '-c',
        'hostname; cat /etc/hostname; cat /proc/sys/kernel/domainname',
      ),
    ).toBe('orcl-server\norcl-server\ncorp')
  })

  test('both marker files are there', async () =>
    expect(await output('--name', 'marked', image, 'cat', '/.dockerenv', '/run/.containerenv')).toContain(
      'name="marked"',
    ))
})

describe('users', () => {
  test.each([
    ['app', 'uid=1000(app) gid=1000(app) groups=1000(app),29(audio)'],
    ['1000', 'uid=1000(app) gid=1000(app) groups=1000(app),29(audio)'],
    ['app:audio', 'uid=1000(app) gid=29(audio)'],
    ['2000:3000', 'uid=2000 gid=3000'],
  ])('-u %s', async (who, expected) => {
    const words = (await output('-u', who, image, 'id')).split(' ')
    for (const word of expected.split(' ').slice(0, 2)) expect(words).toContain(word)
    if (expected.includes('groups=')) expect(words.at(-1)).toContain('29(audio)')
  })

  test('--group-add', async () =>
    expect(await output('-u', '2000', '--group-add', 'audio', '--group-add', '77', image, 'id', '-G')).toBe(
      '0 29 77',
    ))
})

describe('what the program may do', () => {
  const status = async (field: string, ...args: string[]) =>
    (await output(...args, image, 'sh', '-c', `grep ${field}: /proc/self/status | cut -f 2`)).trim()

  test.each([
    [[], '00000000a80425fb'],
    [['--cap-drop', 'ALL'], '0000000000000000'],
    [['--cap-drop', 'all', '--cap-add', 'chown'], '0000000000000001'],
    [['--privileged'], '000001ffffffffff'],
    [['-u', 'app'], '0000000000000000'],
  ])('%j holds the capabilities %s', async (args, mask) => {
    const held = await status('CapEff', ...args)
    // An older kernel does not know the last ones.
    if (args[0] === '--privileged') expect(BigInt(`0x${held}`)).toBeGreaterThan(0xffffffffn)
    else expect(held).toBe(mask)
  })

  test('seccomp is on, and off when asked', async () => {
    expect(await status('Seccomp')).toBe('2')
    expect(await status('Seccomp', '--security-opt', 'seccomp=unconfined')).toBe('0')
  })

  test('a profile of one’s own is in force', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    }
    const path = user.file('profile.json', JSON.stringify(profile))
    const { code, stderr } = await user.sampan(run('--security-opt', `seccomp=${path}`, image, 'mkdir', '/x'))
    expect(code).toBe(1)
    expect(stderr).toContain('Operation not permitted')
  })

  test('no-new-privileges', async () => {
    expect(await status('NoNewPrivs')).toBe('0')
    expect(await status('NoNewPrivs', '--security-opt', 'no-new-privileges')).toBe('1')
  })

  test('limits of resources', async () =>
    expect(await output('--ulimit', 'nofile=100:200', image, 'sh', '-c', 'ulimit -Sn; ulimit -Hn')).toBe(
      '100\n200',
    ))

  test('umask and sysctls of its namespaces', async () =>
    expect(
      await output(
        '--umask',
        '0077',
        '--sysctl',
        'net.ipv4.ip_forward=1',
        image,
        'sh',
        '-c',
        'umask; cat /proc/sys/net/ipv4/ip_forward',
      ),
    ).toBe('0077\n1'))

  test('a read-only root, and a tmpfs to write to', async () => {
    const text = await output(
      '--read-only',
      '--tmpfs',
      '/t:size=1m',
      image,
      'sh',
      '-c',
      'touch /x 2>&1; touch /t/x && echo written',
    )
    expect(text).toMatch(/Read-only file system\nwritten$/)
  })

  test('--shm-size', async () =>
    expect(
      await output('--shm-size', '2m', image, 'sh', '-c', "df -k /dev/shm | awk 'NR==2 {print $2}'"),
    ).toBe('2048'))

  test('--device', async () =>
    expect(
      await output('--device', '/dev/fuse:/dev/x', image, 'sh', '-c', 'test -c /dev/x && echo device'),
    ).toBe('device'))
})

describe('input and output', () => {
  test('-i reads what is piped in; without it there is no input', async () => {
    expect(await user.ok(run('-i', image, 'cat'), { input: 'some words' })).toBe('some words')
    expect(await user.ok(run(image, 'cat'), { input: 'some words' })).toBe('')
  })

  test('the two streams stay apart, to the last byte', async () => {
    const { stdout, stderr } = await user.sampan(run(image, 'sh', '-c', 'seq 100000; seq 3 >&2'))
    expect(stdout.split('\n').length).toBe(100001)
    expect(stderr).toBe('1\n2\n3\n')
  })

  test('-a stdout leaves the other out', async () => {
    const { stdout, stderr } = await user.sampan(
      run('-a', 'stdout', image, 'sh', '-c', 'echo out; echo err >&2'),
    )
    expect([stdout, stderr]).toEqual(['out\n', ''])
  })

  test('-t without a terminal to read from is refused only with -i', async () => {
    const { code, stderr } = await user.sampan(run('-it', image, 'true'))
    expect([code, stderr]).toEqual([1, expect.stringContaining('the input device is not a TTY')])
    expect(await output('-t', image, 'tty')).toContain('/dev/pts/')
  })

  test('SIGTERM is passed on', async () => {
    const command = user.start(
      run('--init', image, 'sh', '-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'),
    )
    await command.waitFor('ready')
    command.signal('SIGTERM')
    expect(await command.exited()).toBe(9)
  })
})

describe('-d', () => {
  test('prints the whole id, --cidfile has it, ps shows it, wait tells the end', async () => {
    const file = `${user.folder}/cid`
    const id = await user.ok([
      'run',
      '-d',
      '--network',
      'none',
      '--cidfile',
      file,
      '--name',
      'back',
      image,
      'sh',
      '-c',
      'until [ -e /end ]; do sleep 0.05; done; exit 6',
    ])
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    expect(readFileSync(file, 'utf8')).toBe(id)
    expect(await user.ok(['ps', '--format', '{{.Names}} {{.State}} {{.Command}}'])).toBe(
      'back running "sh -c \'until [ -e /…"',
    )
    await user.ok(['exec', 'back', 'touch', '/end'])
    expect(await user.ok(['wait', 'back'])).toBe('6')
    const again = await user.sampan(['run', '--cidfile', file, image, 'true'])
    expect([again.code, again.stderr]).toEqual([125, expect.stringContaining('container ID file found')])
    await user.ok(['rm', 'back'])
  })

  test('a program that is not there: 127, the container stays as Created', async () => {
    const { code, stdout, stderr } = await user.sampan([
      'run',
      '-d',
      '--name',
      'bad',
      '--network',
      'none',
      image,
      'nope',
    ])
    expect([code, stdout]).toEqual([127, ''])
    expect(stderr).toContain('exec: "nope": executable file not found in $PATH')
    expect(await user.ok(['ps', '-a', '--format', '{{.Status}}'])).toBe('Created')
    await user.ok(['rm', 'bad'])
  })
})

describe('sharing namespaces', () => {
  test('of another container: its network, host name, ipc', async () => {
    await user.ok([
      'run',
      '-d',
      '--name',
      'first',
      '--network',
      'none',
      '-h',
      'shared',
      image,
      'sleep',
      '600',
    ])
    const link = (kind: string) => ['readlink', `/proc/self/ns/${kind}`]
    for (const [flag, kind] of [
      ['--network', 'net'],
      ['--ipc', 'ipc'],
      ['--uts', 'uts'],
    ] as const) {
      const theirs = await user.ok(['exec', 'first', ...link(kind)])
      expect(await user.ok(['run', '--rm', flag, 'container:first', image, ...link(kind)])).toBe(theirs)
    }
    expect(await user.ok(['run', '--rm', '--network', 'container:first', image, 'hostname'])).toBe('shared')
    await user.ok(['exec', 'first', 'sh', '-c', 'echo posix > /dev/shm/memory'])
    expect(await user.ok(['run', '--rm', '--ipc', 'container:first', image, 'cat', '/dev/shm/memory'])).toBe(
      'posix',
    )
    expect(
      await user.ok([
        'run',
        '--rm',
        '--network',
        'none',
        '--pid',
        'container:first',
        image,
        'cat',
        '/proc/1/cmdline',
      ]),
    ).toContain('sleep')
    await user.ok(['rm', '-f', 'first'])
  })

  test('of one that does not run is refused', async () => {
    await user.ok(['create', '--name', 'still', '--network', 'none', image, 'true'])
    const { code, stderr } = await user.sampan(['run', '--rm', '--network', 'container:still', image, 'true'])
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining('cannot join the namespaces of a non running container'),
    ])
    await user.ok(['rm', '-f', ...(await user.ok(['ps', '-aq'])).split('\n')])
  })

  test('--ipc none leaves /dev/shm out', async () => {
    expect(
      await output(
        '--ipc',
        'none',
        image,
        'sh',
        '-c',
        'grep -c /dev/shm /proc/mounts; ls -d /dev/shm 2>&1; true',
      ),
    ).toMatch(/^0\n.*No such file/)
    expect(await output('--ipc', 'private', image, 'grep', '-c', '/dev/shm', '/proc/mounts')).toBe('1')
  })

  test('with standard input alone the id is printed', async () => {
    const { code, stdout } = await user.sampan(['run', '--rm', '-i', '-a', 'stdin', image, 'cat'], {
      input: 'x',
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) })
  })

  test('--init is pid 1 and reaps', async () => {
    const text = await output('--init', image, 'sh', '-c', '(sleep 0.1 &) ; sleep 0.3; ps -o pid,stat,args')
    expect(text).not.toMatch(/ Z /)
    expect(text).toMatch(/^\s*1 /m)
  })
})
