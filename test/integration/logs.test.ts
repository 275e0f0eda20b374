/** What was printed can be read again: across streams, rotation, starts. */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { differentHost } from '../support/host.ts'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const print = async (name: string, script: string, ...args: string[]) => {
  await user.ok(['run', '-d', '--name', name, '--network', 'none', ...args, image, 'sh', '-c', script])
  await user.ok(['wait', name])
}

describe('logs', () => {
  test('both streams, each on its own; --tail counts lines of both', async () => {
    await print('both', 'echo a; sleep 0.05; echo b >&2; sleep 0.05; echo c')
    expect(await user.sampan(['logs', 'both'])).toMatchObject({ stdout: 'a\nc\n', stderr: 'b\n' })
    expect(await user.sampan(['logs', '--tail', '2', 'both'])).toMatchObject({ stdout: 'c\n', stderr: 'b\n' })
    expect(await user.sampan(['logs', '-n0', 'both'])).toMatchObject({ stdout: '', stderr: '' })
    expect(await user.sampan(['logs', '--tail', 'x', 'both'])).toMatchObject({ code: 125 })
    await user.ok(['rm', 'both'])
  })

  test('timestamps, --since and --until cut where they say', async () => {
    await print('times', 'echo one; sleep 0.3; echo two; sleep 0.3; echo three')
    const lines = (await user.ok(['logs', '-t', 'times'])).split('\n')
    expect(lines.map((line) => line.slice(31))).toEqual(['one', 'two', 'three'])
    const [, second = ''] = lines.map((line) => line.slice(0, 30))
    expect(second).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    expect(await user.ok(['logs', '--since', second, 'times'])).toBe('two\nthree')
    expect(await user.ok(['logs', '--until', second, 'times'])).toBe('one\ntwo')
    expect(await user.ok(['logs', '--since', '1h', '--tail', '1', 'times'])).toBe('three')
    expect(await user.ok(['logs', '--since', String(Math.floor(Date.now() / 1000) + 60), 'times'])).toBe('')
    expect((await user.sampan(['logs', '--since', 'yesterday-ish', 'times'])).code).toBe(125)
    await user.ok(['rm', 'times'])
  })

  test('-f shows what was and what comes, until the end', async () => {
    await user.ok([
      'run',
      '-d',
      '--name',
      'live',
      '--network',
      'none',
      image,
      'sh',
      '-c',
      'for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done',
    ])
    expect(await user.ok(['logs', '-f', 'live'])).toBe('line 1\nline 2\nline 3\nline 4\nline 5')
    expect(await user.ok(['logs', '-f', '--tail', '1', 'live'])).toBe('line 5')
    await user.ok(['rm', 'live'])
  })

  test.each(['json-file', 'k8s-file'])(
    'rotated files of %s are packed, and read like the others',
    async (driver) => {
      await print(
        'packed',
        `seq 3000 | awk '{printf "line %06d of a log that will be packed\\n", $1}'`,
        ...['--log-driver', driver, '--log-opt', 'compress=true', '--log-opt', 'max-size=100k'],
        ...['--log-opt', 'max-file=3'],
      )
      const id = await user.ok(['ps', '-aq', '--no-trunc', '-f', 'name=packed'])
      const folder = `${user.root}/containers/${id}`
      const files = () =>
        readdirSync(folder)
          .filter((name) => name.startsWith('container.log'))
          .sort()
      await eventually('all is packed', 10_000, () =>
        expect(files()).toEqual(['container.log', 'container.log.1.gz', 'container.log.2.gz']),
      )
      const numbers = (await user.ok(['logs', 'packed'])).split('\n').map((line) => Number(line.slice(5, 11)))
      expect(numbers.at(-1)).toBe(3000)
      expect(numbers.length).toBeGreaterThan(1500)
      expect(numbers).toEqual(Array.from(numbers, (_, at) => (numbers[0] ?? 0) + at))
      const tail = (await user.ok(['logs', '--tail', '1400', 'packed'])).split('\n')
      expect([tail.length, tail[0]?.slice(5, 11)]).toEqual([1400, '001601'])
      const unpacked = await user.run(['gunzip', '-c', `${folder}/container.log.2.gz`])
      expect(unpacked).toMatchObject({ code: 0, stderr: '' })
      expect(unpacked.stdout).toContain(`line ${String(numbers[0]).padStart(6, '0')} of`)
      await user.ok(['start', 'packed'])
      await user.ok(['wait', 'packed'])
      expect((await user.ok(['logs', '--tail', '1', 'packed'])).slice(5, 11)).toBe('003000')
      await user.ok(['rm', 'packed'])
    },
  )

  test('a tag stands in each record of json-file and beside each line with --details', async () => {
    await print('tagged', 'echo one; echo two', '--log-opt', 'tag={{.Name}}/{{.ImageName}}')
    expect(await user.ok(['logs', '--details', 'tagged'])).toBe(
      'tag=tagged%2Fbusybox one\ntag=tagged%2Fbusybox two',
    )
    expect(await user.ok(['logs', 'tagged'])).toBe('one\ntwo')
    const id = await user.ok(['ps', '-aq', '--no-trunc', '-f', 'name=tagged'])
    const [first = ''] = readFileSync(`${user.root}/containers/${id}/container.log`, 'utf8').split('\n')
    expect(JSON.parse(first)).toMatchObject({ log: 'one\n', attrs: { tag: 'tagged/busybox' } })
    await user.ok(['rm', 'tagged'])
  })

  test('rotation keeps the newest files, and reading crosses them in order', async () => {
    await print(
      'big',
      `seq 4000 | awk '{printf "line %06d of a log that will be rotated\\n", $1}'`,
      '--log-opt',
      'max-size=50k',
      '--log-opt',
      'max-file=3',
    )
    const numbers = (await user.ok(['logs', 'big'])).split('\n').map((line) => Number(line.slice(5, 11)))
    expect(numbers.at(-1)).toBe(4000)
    expect(numbers.length).toBeGreaterThan(600)
    expect(numbers.length).toBeLessThan(2000)
    expect(numbers).toEqual(Array.from(numbers, (_, at) => (numbers[0] ?? 0) + at))
    expect((await user.ok(['logs', '--tail', '900', 'big'])).split('\n').length).toBe(
      Math.min(900, numbers.length),
    )
    const id = await user.ok(['ps', '-aq', '--no-trunc', '-f', 'name=big'])
    const { stdout } = await user.run([
      'sh',
      '-c',
      `ls ${user.root}/containers/${id} | grep -c '^container.log'`,
    ])
    expect(stdout.trim()).toBe('3')
    await user.ok(['rm', 'big'])
  })

  test('bytes that are no text, lines without an end, very long lines', async () => {
    await print(
      'odd',
      `printf 'a\\tb"c\\\\d\\001e\\n'; printf 'no end'; head -c 40000 /dev/zero | tr '\\0' x; echo`,
    )
    const text = await user.ok(['logs', 'odd'])
    expect(text).toBe(`a\tb"c\\d\x01e\nno end${'x'.repeat(40000)}`)
    expect((await user.ok(['logs', '--tail', '1', 'odd'])).length).toBe(40006)
    await user.ok(['rm', 'odd'])
  })

  test('of several: in the order of time, each line with who said it', async () => {
    // They take turns; the pause lets the monitor of the first read, and so date, what it said.
    const turn = 'until [ -e /turn/$n ]; do sleep 0.02; done'
    const over = 'sleep 0.1; touch /turn/$((n+1)); n=$((n+2))'
    const says = (word: string, first: number) =>
      `n=${first}; for i in 1 2 3; do ${turn}; echo ${word} $i; ${over}; done; ${turn}; echo ${word} err >&2; ${over}`
    const names = ['east', 'west']
    const quiet = ['--network', 'none', '-v', `${user.makeFolder('turn')}:/turn`]
    for (const [at, name] of names.entries())
      await user.ok(['run', '-d', '--name', name, ...quiet, image, 'sh', '-c', says(name, at)])
    user.file('turn/0', '')
    const followed = await user.sampan(['logs', '-f', '--names', ...names])
    const expected = [1, 2, 3].flatMap((i) => names.map((name) => `${name} ${name} ${i}\n`)).join('')
    expect(followed).toMatchObject({ code: 0, stdout: expected, stderr: 'east east err\nwest west err\n' })
    expect((await user.sampan(['logs', '--names', ...names])).stdout).toBe(expected)
    const [east = ''] = (await user.ok(['inspect', '-f', '{{.Id}}', 'east'])).split('\n')
    const tail = await user.sampan(['logs', '--tail', '2', ...names])
    expect(tail.stdout.split('\n')[0]).toBe(`${east.slice(0, 12)} east 3`)
    expect(await user.ok(['logs', '--color', '--names', '--tail', '1', 'east'])).toBe('')
    const { stderr } = await user.sampan(['logs', '--color', '--names', '--tail', '1', 'east'])
    expect(stderr).toBe('\x1b[31meast\x1b[0m east err\n')
    const { code, stdout } = await user.sampan(['logs', 'east', 'ghost'])
    expect([code, stdout]).toEqual([1, ''])
    await user.ok(['rm', ...names])
  })

  test.each(['json-file', 'k8s-file'])(
    '%s: any tail is the end of the whole, across files',
    async (driver) => {
      const script = `seq 3000 | awk '{printf "%d", $1; for (i = 0; i < $1 % 400; i++) printf "x"; printf "\\n"}'`
      await print(
        'tails',
        script,
        '--log-driver',
        driver,
        '--log-opt',
        'max-size=300k',
        '--log-opt',
        'max-file=3',
      )
      const whole = (await user.ok(['logs', 'tails'])).split('\n')
      expect(whole.at(-1)).toMatch(/^3000x*$/)
      for (const count of [1, 2, 700, 1300, whole.length - 1, whole.length, 9999]) {
        const tail = (await user.ok(['logs', '--tail', String(count), 'tails'])).split('\n')
        expect([count, tail]).toEqual([count, whole.slice(-count)])
      }
      await user.ok(['rm', 'tails'])
    },
  )

  test('--log-driver none has nothing to read', async () => {
    await print('mute', 'echo unheard', '--log-driver', 'none')
    const { code, stderr } = await user.sampan(['logs', 'mute'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('configured logging driver does not support reading'),
    ])
    await user.ok(['rm', 'mute'])
  })

  test('a second start appends', async () => {
    await print('twice', 'echo run')
    await user.ok(['start', 'twice'])
    await user.ok(['wait', 'twice'])
    expect(await user.ok(['logs', 'twice'])).toBe('run\nrun')
    await user.ok(['rm', 'twice'])
  })
})

describe('--log-driver passthrough', () => {
  const both = 'read line; echo "out $line"; echo err >&2; exit 3'
  const shell = (script: string) => user.run(['sh', '-c', script, 'sh', user.executable])
  const words = (name: string) =>
    `--name ${name} --network none --log-driver passthrough ${image} sh -c '${both}'`

  test('in the foreground and in the background the program has the caller’s own streams', async () => {
    const front = await shell(`echo hi | "$1" run -i ${words('front')} >f.out 2>f.err; echo $?`)
    expect(front.stdout).toBe('3\n')
    const file = (name: string) => readFileSync(`${user.folder}/${name}`, 'utf8')
    expect([file('f.out'), file('f.err')]).toEqual(['out hi\n', 'err\n'])
    await shell(`echo ho >b.in; "$1" run -d -i ${words('back')} <b.in >b.out 2>b.err`)
    expect(await user.ok(['wait', 'back'])).toBe('3')
    expect(file('b.err')).toBe('err\n')
    expect(file('b.out').split('\n').sort()).toEqual(['', expect.stringMatching(/^[0-9a-f]{64}$/), 'out ho'])
    const { code, stderr } = await user.sampan(['logs', 'back'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('its output went to who started it')])
    await user.ok(['rm', 'front', 'back'])
  })

  test('a terminal is refused: who has it could type into it', async () => {
    using terminal = user.terminal([
      'run',
      '--rm',
      '--log-driver',
      'passthrough',
      '--network',
      'none',
      image,
      'true',
    ])
    await terminal.waitFor('cannot be used with a terminal')
    expect(await terminal.exited()).toBe(125)
  })
})

describe('--log-driver journald', () => {
  test.skipIf(!asRoot)(
    'each line is an entry with docker’s fields, and logs reads them all the same',
    async () => {
      await using host = await differentHost(user, {})
      const file = `${user.folder}/journal`
      await host.change(`
      new=$(mktemp -d); mount -n -t tmpfs tmpfs $new; mkdir -p $new/user $new/systemd/journal
      mount -n --rbind /run/user $new/user; mount -n --move $new /run; rmdir $new
      socat -u UNIX-RECV:/run/systemd/journal/socket,mode=666 OPEN:${file},creat,append  >/dev/null 2>&1 &
      echo $! >/run/journal.pid
      for i in $(seq 100); do [ -S /run/systemd/journal/socket ] && break; sleep 0.05; done`)
      const log = ['--log-driver', 'journald', '--log-opt', 'tag={{.Name}}/{{.ImageName}}']
      const script = 'echo one; echo two >&2; printf three'
      await host.user.ok(['run', '--name', 'paper', '--network', 'none', ...log, image, 'sh', '-c', script])
      const entries = () => readFileSync(file, 'utf8')
      await eventually('all are there', 5_000, () => expect(entries()).toContain('MESSAGE=three'))
      const fields = `CONTAINER_NAME=paper\nCONTAINER_TAG=paper/busybox\nIMAGE_NAME=busybox\nSYSLOG_IDENTIFIER=paper/busybox\n`
      expect(entries()).toContain(`${fields}PRIORITY=6\nMESSAGE=one\n`)
      expect(entries()).toContain(`${fields}PRIORITY=3\nMESSAGE=two\n`)
      expect(entries()).toContain('CONTAINER_PARTIAL_MESSAGE=true\nMESSAGE=three\n')
      expect(await user.sampan(['logs', 'paper'])).toMatchObject({ stdout: 'one\nthree', stderr: 'two\n' })
      await host.change('kill $(cat /run/journal.pid)')
      await user.ok(['rm', 'paper'])
    },
  )

  test('where nothing listens it is refused', async ({ skip }) => {
    const { code, stderr } = await user.sampan(['create', '--log-driver', 'journald', image])
    if (code === 0) skip('this machine has a journal')
    expect([code, stderr]).toEqual([125, expect.stringContaining('journald is not enabled on this host')])
  })
})
