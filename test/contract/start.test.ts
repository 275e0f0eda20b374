/**
 * From clone to execve: what a container sees, and which step says no. Each case changes one thing of a bundle and
 * lets a busybox inside look at it.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SampanBundle } from '../../src/platform/helper/bundle.ts'
import { helper, testUser } from '../support/user.ts'
import { type Bundle, bundleMaker } from './bundle.ts'

const user = testUser()
const make = bundleMaker(user)

interface Changes {
  readonly process?: Record<string, unknown>
  readonly sampan?: Partial<SampanBundle>
  readonly linux?: Record<string, unknown>
  /** Added to the mounts. */
  readonly mounts?: readonly Record<string, unknown>[]
  /** Other members of config.json. */
  readonly config?: Record<string, unknown>
}

function bundle(args: readonly string[], changes: Changes = {}): Bundle {
  const { process = {}, sampan = {} } = changes
  const it = make({ args, process, sampan, terminal: process['terminal'] === true })
  const path = join(it.folder, 'config.json')
  const config = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(
    path,
    JSON.stringify({
      ...config,
      ...changes.config,
      mounts: [...config.mounts, ...(changes.mounts ?? [])],
      linux: { ...config.linux, ...changes.linux },
    }),
  )
  return it
}

const attached = (it: Bundle) => it.run('monitor', ['--attach'])
const sh = (script: string, changes?: Changes) => attached(bundle(['sh', '-c', script], changes))
const namespaces = (...types: string[]) => ({ linux: { namespaces: types.map((type) => ({ type })) } })

describe('the root', () => {
  test('is the image, writable; the layer below stays as it is', async () => {
    const it = bundle(['sh', '-c', 'rm -r /etc && mkdir /etc && touch /etc/new && ls /etc'])
    expect(await attached(it)).toMatchObject({ code: 0, stdout: 'new\n' })
    expect(readFileSync(join(user.root, 'l/busybox/etc/passwd'), 'utf8')).toContain('root')
  })

  test('can be read-only while its tmpfs are not', async () => {
    const { stdout, stderr } = await sh('touch /dev/shm/x && echo shm; touch /x', {
      config: { root: { path: 'merged', readonly: true } },
    })
    expect(stdout).toBe('shm\n')
    expect(stderr).toContain('Read-only file system')
  })

  test('nothing of the host’s mounts is left', async () => {
    const { stdout } = await sh('while read _ _ _ _ where _; do echo $where; done < /proc/self/mountinfo')
    expect(stdout.trim().split('\n').sort()).toEqual([
      '/',
      '/dev',
      '/dev/full',
      '/dev/null',
      '/dev/pts',
      '/dev/random',
      '/dev/shm',
      '/dev/tty',
      '/dev/urandom',
      '/dev/zero',
      '/proc',
    ])
  })
})

describe('mounts', () => {
  test('a bind: its flags, a place that is made, links of the image kept inside', async () => {
    const source = user.makeFolder('source')
    writeFileSync(join(source, 'f'), 'content\n')
    const { stdout, stderr } = await sh('cat /a/b/c/f; touch /a/b/c/x', {
      mounts: [{ destination: '/a/b/c', type: 'bind', source, options: ['rbind', 'ro'] }],
    })
    expect(stdout).toBe('content\n')
    expect(stderr).toContain('Read-only file system')
  })

  test('a file can be bound over a file that is not there', async () => {
    const source = user.file('bound', 'bound\n')
    const { stdout } = await sh('cat /etc/made', {
      mounts: [{ destination: '/etc/made', type: 'bind', source, options: ['bind'] }],
    })
    expect(stdout).toBe('bound\n')
  })

  test('a link in the image cannot lead a mount out of it', async () => {
    const it = bundle(['sh', '-c', 'ls -d /tmp/escaped; ls -d /way/escaped'], {
      mounts: [{ destination: '/way/escaped', type: 'tmpfs', source: 'tmpfs', options: [] }],
    })
    await user.run(['ln', '-s', '../../../../../../tmp', join(it.folder, 'upper/way')])
    expect((await attached(it)).stdout).toBe('/tmp/escaped\n/way/escaped\n')
  })

  test('a tmpfs has its size, mode and flags', async () => {
    const { stdout } = await sh('grep " /t " /proc/mounts; ls -ld /t', {
      mounts: [
        { destination: '/t', type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'mode=1770', 'noexec'] },
      ],
    })
    expect(stdout).toMatch(/tmpfs rw,noexec,.*size=1024k,mode=1770/)
    expect(stdout).toMatch(/drwxrwx--T/)
  })

  test('tmpcopyup: a tmpfs starts as what it covers', async () => {
    const { stdout } = await sh('cat /etc/passwd; ls -ld /etc', {
      mounts: [{ destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] }],
    })
    expect(stdout).toMatch(/^root:x[\s\S]*drwxr-xr-x/)
  })

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a source that is not there',
      { type: 'bind', source: '/no/such', options: [] },
      'bind mount /no/such: No such file',
    ],
    [
      'an option nobody knows',
      { type: 'tmpfs', source: 'x', options: ['nonsense=1'] },
      'option nonsense=1: Invalid',
    ],
    [
      'a type nobody knows',
      { type: 'nonsensefs', source: 'x', options: [] },
      'mount nonsensefs on /m: No such device',
    ],
    ['no type at all', { source: 'x', options: [] }, 'the mount on /m has no type'],
    [
      'a folder on a file',
      { destination: '/etc/passwd', type: 'bind', source: '/tmp', options: ['rbind'] },
      'Not a directory',
    ],
  ])('%s: exit code 125 and the step by name', async (_, mount, message) => {
    const { code, stderr } = await sh('true', { mounts: [{ destination: '/m', ...mount }] })
    expect(code).toBe(125)
    expect(stderr).toContain(message)
  })

  test('masked and read-only paths', async () => {
    const { stdout } = await sh(
      'cat /proc/keys /etc/passwd; ls /bin /proc/scsi; echo x > /proc/sys/kernel/hostname || echo refused',
      {
        linux: {
          maskedPaths: ['/proc/keys', '/proc/scsi', '/etc/passwd', '/no/such'],
          readonlyPaths: ['/proc/sys', '/no/such'],
          namespaces: ['mount', 'pid', 'uts'].map((type) => ({ type })),
        },
      },
    )
    expect(stdout).not.toContain('root:x')
    expect(stdout.endsWith('refused\n')).toBe(true)
  })
})

describe('new volumes', () => {
  const withVolume = (volume: string): Changes => ({
    sampan: { copyUp: [{ volume, path: '/data' }] },
    mounts: [{ destination: '/data', type: 'bind', source: volume, options: ['rbind'] }],
  })

  test('are filled with what the image has there: owners, modes, links, times', async () => {
    const volume = user.makeFolder('volume')
    const it = bundle(
      ['sh', '-c', 'cd /data; ls -ln .; stat -c %Y old; stat -c %h a b; cat d/e; ls -ldn .'],
      withVolume(volume),
    )
    await prepare(
      it,
      `mkdir -p data/d && cd data && echo deep > d/e && echo a > a && ln a b && ln -s /etc link &&
      touch -d @1000000000 old && chown 5:6 a && chmod 4755 a && chown 7:8 . && chmod 2750 .`,
    )
    const { stdout, stderr } = await attached(it)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/-rwsr-xr-x +2 5 +6 +2 .* a\n/)
    expect(stdout).toMatch(/link -> \/etc/)
    expect(stdout).toContain('1000000000\n2\n2\ndeep\n')
    expect(stdout).toMatch(/drwxr-s--- +3 7 +8 /)
  })

  test('are left alone when there is something in them, or nothing in the image', async () => {
    const volume = user.makeFolder('full')
    user.file('full/mine', 'mine\n')
    const it = bundle(['sh', '-c', 'ls /data'], withVolume(volume))
    await prepare(it, 'mkdir data && touch data/theirs')
    expect((await attached(it)).stdout).toBe('mine\n')
    const empty = bundle(['sh', '-c', 'ls -A /data'], withVolume(user.makeFolder('empty-volume')))
    expect((await attached(empty)).stdout).toBe('')
  })

  test('one whose filling was cut short is filled again from the start', async () => {
    user.makeFolder('half')
    const volume = user.makeFolder('half/_data')
    user.file('half/_data/half-copied', '')
    user.file('half/filling', '')
    const it = bundle(['sh', '-c', 'ls /data'], withVolume(volume))
    await prepare(it, 'mkdir data && touch data/whole')
    expect((await attached(it)).stdout).toBe('whole\n')
    expect(existsSync(join(user.folder, 'half/filling'))).toBe(false)
  })

  /** Runs a script in the upper folder, in the user namespace. */
  async function prepare(it: Bundle, script: string) {
    const upper = join(it.folder, 'upper')
    const helper = it.argv('monitor', []).find((word) => word.endsWith('sampan-helper')) ?? ''
    const words = [helper, 'inside', '--runtime', it.runtime, '--', 'sh', '-ec', `cd ${upper}; ${script}`]
    const { code, stderr } = await user.run(words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
})

describe('the process', () => {
  const status = (pattern: string) => `grep -e ${pattern} /proc/self/status`

  test('capabilities: what is listed, not more', async () => {
    const caps = ['CAP_CHOWN', 'CAP_NET_RAW']
    const { stdout } = await sh(status('Cap'), {
      process: {
        capabilities: { bounding: caps, effective: caps, permitted: caps, inheritable: [], ambient: [] },
      },
    })
    const bits = '0000000000002001'
    expect(stdout).toContain(`CapPrm:\t${bits}\nCapEff:\t${bits}\nCapBnd:\t${bits}\n`)
  })

  test('ambient capabilities reach a user who is not root', async () => {
    const caps = ['CAP_NET_BIND_SERVICE']
    const { stdout } = await sh(status('CapEff'), {
      process: {
        user: { uid: 1000, gid: 1000 },
        capabilities: { bounding: caps, effective: caps, permitted: caps, inheritable: caps, ambient: caps },
      },
    })
    expect(stdout).toBe('CapEff:\t0000000000000400\n')
  })

  test('user, groups, umask', async () => {
    const { stdout } = await sh('id -u; id -g; id -G; umask; touch /tmp/x || echo denied', {
      process: { user: { uid: 1000, gid: 1001, additionalGids: [5, 10], umask: 0o77 } },
    })
    expect(stdout).toBe('1000\n1001\n1001 5 10\n0077\ndenied\n')
  })

  test('limits, oom score, working folder made on demand', async () => {
    const { stdout } = await sh('ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; pwd', {
      process: {
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }],
        oomScoreAdj: 500,
        cwd: '/made/on/demand',
      },
    })
    expect(stdout).toBe('100\n200\n500\n/made/on/demand\n')
  })

  test('no_new_privs', async () => {
    expect((await sh(status('NoNew'), { process: { noNewPrivileges: true } })).stdout).toBe(
      'NoNewPrivs:\t1\n',
    )
    expect((await sh(status('NoNew'))).stdout).toBe('NoNewPrivs:\t0\n')
  })

  test('nothing is open but 0, 1, 2; no signal is blocked or ignored; it leads a session', async () => {
    const { stdout } = await sh(
      `ls /proc/self/fd | tr "\\n" " "; ${status('Sig[BI]')}; cut -d" " -f6 /proc/1/stat`,
    )
    expect(stdout).toMatch(/^0 1 2 3 SigBlk:\t0+\nSigIgn:\t0+\n1\n$/)
  })

  test('it dies with the monitor', async () => {
    const it = bundle(['sleep', '1000'])
    await it.start()
    const { pid, monitorPid } = it.state()
    process.kill(monitorPid, 'SIGKILL')
    for (let tries = 0; isAlive(pid); tries++) {
      expect(tries).toBeLessThan(100)
      await Bun.sleep(20)
    }
  })

  function isAlive(pid: number): boolean {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    } catch {
      return false
    }
  }
})

describe('seccomp', () => {
  const refuse = (names: string[], action = 'SCMP_ACT_ERRNO', more = {}) => ({
    linux: {
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        syscalls: [{ names, action, ...more }],
      },
    },
  })

  test.each([
    ['EPERM where no errno is given', refuse(['mkdir', 'no_such_call']), 'Operation not permitted'],
    ['the errno that is given', refuse(['mkdir'], 'SCMP_ACT_ERRNO', { errnoRet: 28 }), 'No space left'],
    [
      'only for the arguments named',
      refuse(['mkdir'], 'SCMP_ACT_ERRNO', { args: [{ index: 1, value: 0, op: 'SCMP_CMP_NE' }] }),
      'Operation not permitted',
    ],
  ])('a refused call gets %s', async (_, changes, message) => {
    expect((await sh('mkdir /tmp/x', changes)).stderr).toContain(message)
    // The second start takes it from the cache.
    expect((await sh('mkdir /tmp/x', changes)).stderr).toContain(message)
  })

  test('a filter that kills is seen as a signal', async () => {
    expect((await sh('mkdir /x; echo $?', refuse(['mkdir'], 'SCMP_ACT_KILL_PROCESS'))).stdout).toBe('159\n')
  })

  test('no cache folder is no reason not to start', async () => {
    const changes = { ...refuse(['mkdir']), sampan: { seccompCache: '/proc/no/such' } }
    expect((await sh('mkdir /tmp/x', changes)).stderr).toContain('Operation not permitted')
  })

  test.each([
    [refuse(['mkdir'], 'SCMP_ACT_NOTIFY'), 'the action SCMP_ACT_NOTIFY is not honoured'],
    [
      { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', flags: ['NONSENSE'] } } },
      'the flag NONSENSE is not honoured',
    ],
    [
      { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['Z80'] } } },
      'unknown architecture Z80',
    ],
  ])('what it cannot do is refused: %#', async (changes, message) => {
    const { code, stderr } = await sh('true', changes)
    expect(code).toBe(125)
    expect(stderr).toContain(message)
  })
})

describe('namespaces', () => {
  test('the loopback of a new network is up, its name is set, sysctls are its own', async () => {
    const { stdout } = await sh(
      'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/hostname; ping -c1 -w1 127.0.0.1 | grep -c "1 packets received"',
      {
        linux: { sysctl: { 'net.ipv4.ip_forward': '1' } },
      },
    )
    expect(stdout.startsWith('1\ncontract\n')).toBe(true)
  })

  test.each([
    ['kernel.panic', ['mount', 'pid', 'ipc', 'network', 'uts']],
    ['vm.swappiness', ['mount', 'pid', 'ipc', 'network', 'uts']],
    ['net.ipv4.ip_forward', ['mount', 'pid', 'ipc']],
    ['kernel.shmmax', ['mount', 'pid', 'network']],
    ['net.//.kernel.panic', ['mount', 'pid', 'ipc', 'network', 'uts']],
  ])('the host’s own sysctl %s with %j is refused, with what may be set', async (name, types) => {
    const linux = { sysctl: { [name]: '1' }, namespaces: types.map((type) => ({ type })) }
    const { code, stderr } = await sh('true', { linux })
    expect(code).toBe(125)
    expect(stderr).toContain(`set sysctl ${name}: it is not a namespace's of the container\n`)
    expect(stderr).toContain('a container may set net.*')
  })

  test('without a pid namespace the host’s processes are seen, without a network its interfaces', async () => {
    const { code, stdout } = await sh('ls /proc | grep -c "^[0-9]"; ls /sys/class/net | wc -l', {
      ...namespaces('mount', 'ipc', 'uts'),
      mounts: [{ destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] }],
    })
    expect(code).toBe(0)
    expect(Number(stdout.split('\n')[0])).toBeGreaterThan(3)
    expect(Number(stdout.split('\n')[1])).toBeGreaterThan(0)
  })

  test('pid, ipc, uts and network of another container are joined', async () => {
    const other = bundle(['sleep', '1000'], { config: { hostname: 'other' } })
    await other.start()
    const links = 'for i in pid ipc uts net; do readlink /proc/self/ns/$i; done; hostname'
    const theirs = await other.exec([
      'sh',
      '-c',
      links.replace('; hostname', '; cat /proc/sys/kernel/hostname'),
    ])
    const { stdout, stderr } = await sh(links.replace('; hostname', '; cat /proc/sys/kernel/hostname'), {
      sampan: {
        join: { pid: other.folder, ipc: other.folder, uts: other.folder, cgroup: other.folder, user: null },
        network: { mode: 'container', container: other.folder, command: [], mtu: 0, ports: [] },
      },
    })
    expect(stderr).toBe('')
    expect(stdout).toBe(theirs.stdout)
    expect(stdout).toContain('other')
  })

  test('a container that does not run cannot be joined', async () => {
    const other = bundle(['true'])
    await attached(other)
    const { code, stderr } = await sh('true', {
      sampan: { join: { pid: other.folder, ipc: null, uts: null, cgroup: null, user: null } },
    })
    expect(code).toBe(125)
    expect(stderr).toBe(
      `Error: cannot join a namespace of container ${other.id.slice(0, 12)}: it is not running\n` +
        `start it first: sampan start ${other.id.slice(0, 12)}\n`,
    )
  })

  test('a user namespace of its own has the rows it was given', async () => {
    const one = { containerID: 0, hostID: 1, size: 100 }
    const { stdout, stderr } = await sh('cat /proc/self/uid_map; id -u', {
      linux: { ...namespaces('mount', 'user').linux, uidMappings: [one], gidMappings: [one] },
    })
    expect([stdout.trim().split(/\s+/), stderr]).toEqual([['0', '1', '100', '0'], ''])
  })

  test('one without rows has no user to run the program as', async () => {
    expect((await sh('true', namespaces('mount', 'user'))).stderr).toContain(
      "user 0 is not one of the container's user namespace",
    )
  })
})

describe('--init', () => {
  const init = { sampan: { init: true } }

  test('pid 1 is ours and says so, without the monitor’s words and environment', async () => {
    const { stdout } = await sh(
      'echo $$; tr "\\0" " " < /proc/1/cmdline; cat /proc/1/environ | tr -d "\\0"',
      init,
    )
    expect(stdout.replace(/ +$/, '')).toMatch(/^2\nsampan-init *$/)
  })

  test('exit codes and signals of the program are the container’s', async () => {
    expect((await sh('exit 7', init)).code).toBe(7)
    expect((await sh('kill -9 $$', init)).code).toBe(137)
    expect((await attached(bundle(['nonsense'], init))).code).toBe(127)
  })

  test('orphans are reaped', async () => {
    const { stdout } = await sh('sh -c "sleep 0.1 &"; sleep 0.5; ls /proc | grep -c "^[0-9]"', init)
    expect(stdout).toBe('4\n') // pid 1, sh, ls, grep
  })

  test('signals are passed on, with a terminal as well', async () => {
    const script = 'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.05; done'
    const it = bundle(['sh', '-c', script], init)
    using running = it.beside('monitor', ['--attach'])
    await running.waitFor('ready')
    running.signal('SIGTERM')
    expect(await running.exited()).toBe(3)
    expect(running.soFar.stdout).toBe('ready\ncaught\n')
    const tty = await sh('tty; echo to-the-terminal > /dev/tty', {
      sampan: { init: true },
      process: { terminal: true },
    })
    expect(tty.stdout).toBe('/dev/pts/0\r\nto-the-terminal\r\n')
  })

  test('a container cannot write to what pid 1 runs, now or later', async () => {
    const { stdout } = await sh(
      'exec 3< /proc/1/exe; readlink /proc/1/exe; (: > /proc/1/exe) 2>&1; (: >> /proc/self/fd/3) 2>&1; chmod 0 /proc/1/exe 2>&1; echo end',
      init,
    )
    expect(stdout).toMatch(/^\/memfd:sampan-helper \(deleted\)\n/)
    expect(stdout.match(/Operation not permitted|Text file busy/g)).toHaveLength(2)
    expect(statSync(helper).mode & 0o777).toBe(0o755)
  })

  test('another user’s pid 1 can still be joined', async () => {
    const it = bundle(['sleep', '1000'], { ...init, process: { user: { uid: 1000, gid: 1000 } } })
    await it.start()
    expect((await it.exec(['id', '-u'])).stdout).toBe('0\n')
  })
})

describe('devices', () => {
  test('the standard ones work, links are there, a terminal has its console', async () => {
    const { stdout } = await sh(
      'echo x > /dev/null; head -c3 /dev/zero | wc -c; echo y > /dev/full || echo full; head -c2 /dev/urandom | wc -c; readlink /dev/fd; readlink /dev/ptmx; test -c /dev/console && echo console',
      { process: { terminal: true } },
    )
    expect(stdout).toMatch(/3\r\n[\s\S]*full\r\n2\r\n\/proc\/self\/fd\r\npts\/ptmx\r\nconsole\r\n/)
  })

  test('others are the host’s, whatever they are called; pipes are made', async () => {
    const { stdout } = await sh('ls -l /dev/tun2 /dev/pipe', {
      linux: {
        devices: [
          { path: '/dev/tun2', type: 'c', major: 10, minor: 200 },
          { path: '/dev/pipe', type: 'p', fileMode: 0o600 },
        ],
      },
    })
    expect(stdout).toMatch(/^prw------- .*\/dev\/pipe\ncrw.* 10, 200 .*\/dev\/tun2\n$/)
  })

  test('one the host does not have is refused', async () => {
    const { code, stderr } = await sh('true', {
      linux: { devices: [{ path: '/dev/x', type: 'c', major: 250, minor: 250 }] },
    })
    expect({ code, stderr: stderr.split('\n')[0] }).toEqual({
      code: 125,
      stderr: 'Error: there is no device 250:250 on this host for /dev/x',
    })
  })
})

describe('storage', () => {
  test('fuse-overlayfs serves the root and is gone with it', async () => {
    const it = bundle(['sh', '-c', 'head -c 26 /proc/mounts; rm -r /etc; ls -d /etc'])
    const { storage } = JSON.parse(readFileSync(join(it.folder, 'sampan.json'), 'utf8'))
    it.change({
      storage: { ...storage, driver: 'fuse-overlayfs', fuseOverlayfs: ['/usr/bin/fuse-overlayfs'] },
    })
    const { stdout, stderr } = await attached(it)
    expect(stdout).toContain('fuse-overlayfs / fuse')
    expect(stderr).toContain('No such file or directory')
  })

  test('a fuse-overlayfs that fails is quoted', async () => {
    const it = bundle(['true'])
    const { storage } = JSON.parse(readFileSync(join(it.folder, 'sampan.json'), 'utf8'))
    const fuseOverlayfs = ['/bin/sh', '-c', 'echo something broke >&2; exit 1']
    it.change({ storage: { ...storage, driver: 'fuse-overlayfs', fuseOverlayfs } })
    const { code, stderr } = await attached(it)
    expect(code).toBe(125)
    expect(stderr).toContain('something broke')
  })

  test('vfs: the merged folder is the root', async () => {
    const it = bundle(['sh', '-c', 'touch /x; ls /x'])
    const { storage } = JSON.parse(readFileSync(join(it.folder, 'sampan.json'), 'utf8'))
    it.change({ storage: { ...storage, driver: 'vfs' } })
    await user.run(['cp', '-a', `${join(user.root, 'l/busybox')}/.`, join(it.folder, 'merged')])
    expect((await attached(it)).stdout).toBe('/x\n')
  })

  test('a volatile mount can be mounted again', async () => {
    const it = bundle(['sh', '-c', 'echo x >> /kept; cat /kept'])
    const { storage } = JSON.parse(readFileSync(join(it.folder, 'sampan.json'), 'utf8'))
    it.change({ storage: { ...storage, volatile: true } })
    expect((await attached(it)).stdout).toBe('x\n')
    expect((await attached(it)).stdout).toBe('x\nx\n')
  })
})

describe('limits', () => {
  test('where no cgroup is delegated they are refused, naming the controller', async () => {
    const { cgroup } = JSON.parse(readFileSync(join(bundle(['true']).folder, 'sampan.json'), 'utf8'))
    const { code, stderr } = await sh('true', { sampan: { cgroup: { ...cgroup, pids: 10 } } })
    if (code !== 0) expect(stderr).toContain('limits need the cgroup v2 controller "pids"')
    expect([0, 125]).toContain(code)
  })
})
