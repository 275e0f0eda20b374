/** The tool called from odd surroundings: closed streams, a strict umask, poor environments, strange folders. */
import { describe, expect, test } from 'vitest'
import { busybox, busyboxArchive } from '../support/images.ts'
import { helper, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

/** Runs a shell script as the user, in which `$S` is the tool and `$I` the image. */
const sh = (script: string, env: Record<string, string | undefined> = {}) =>
  user.run(['bash', '-c', script], { env: { S: user.executable, I: image, ...env } })

describe('standard streams that are closed', () => {
  test.each([
    ['input', 'run --rm $I echo hi <&-', 'hi\n'],
    ['input of -i', 'run --rm -i $I cat <&-', ''],
    ['output', 'run --rm $I echo hi >&-', ''],
    ['all', 'run --rm $I true <&- >&- 2>&-', ''],
  ])('%s: they are /dev/null', async (_, words, stdout) => {
    expect(await sh(`$S ${words}`)).toMatchObject({ code: 0, stdout, stderr: '' })
  })

  test('run -d, exec and rm work without any, exit codes included', async () => {
    const script = `
      $S run -d --name closed $I sleep 100 <&- >&- 2>&- || exit 1
      $S exec closed sh -c 'exit 7' <&- >&- 2>&-; echo $?
      $S rm -f closed <&- >&- 2>&- || exit 2
      $S ps -aq`
    expect(await sh(script)).toMatchObject({ code: 0, stdout: '7\n' })
  })
})

test('a strict umask of the caller changes nothing for the users in the container', async () => {
  const script = `
    umask 077
    $S run --rm -u 1000 -v /v -v umasked:/n $I sh -c '
      umask; stat -c "%a %n" / /v /n /etc/hosts /etc/resolv.conf /etc/hostname /run/.containerenv'`
  expect((await sh(script)).stdout).toBe(
    '0022\n755 /\n755 /v\n755 /n\n644 /etc/hosts\n644 /etc/resolv.conf\n644 /etc/hostname\n644 /run/.containerenv\n',
  )
})

test('what cannot work is said before anything is made', async () => {
  const script = `
    ln -s nowhere dangling
    $S run --rm --detach-keys nope $I true 2>&1; echo $?
    $S run --rm -v ./dangling:/x $I true 2>&1; echo $?
    $S ps -aq`
  expect((await sh(script)).stdout).toMatch(
    /^Error: invalid detach keys \(nope\) provided\n.*\nSee .*\n125\nError: .*dangling: it is a symbolic link to nothing\n.*\n125\n$/,
  )
})

test('without a place for the helper there is a sentence, and no container', async () => {
  const script = `
    mkdir -m 555 closed-cache; $S ps -aq | wc -l
    XDG_CACHE_HOME=$PWD/closed-cache $S run --rm $I true 2>&1; echo $?; $S ps -aq | wc -l`
  const { stdout } = await sh(script)
  expect(stdout).toMatch(
    /^0\nError: cannot unpack embedded files to .*closed-cache.*: permission denied.*\nUse another folder.*\n125\n0\n$/,
  )
})

describe('the tool in a container of its own', () => {
  const nested = (...options: string[]) => {
    // The executable needs a C library: the host's.
    const files = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
    const images = ['-v', `${busyboxArchive}:/image.tar:ro`, '-v', `${user.executable}:/sampan:ro`]
    const script =
      'HOME=/root; export HOME; /sampan load -qi /image.tar 2>/dev/null; /sampan run --rm --network none busybox echo inner'
    return user.sampan(['run', '--rm', ...options, ...files, ...images, image, 'sh', '-c', script])
  }

  test('runs containers when it is privileged', async () => {
    expect(await nested('--privileged')).toMatchObject({
      code: 0,
      stdout: 'Loaded image: busybox:latest\ninner\n',
    })
  })

  test('says what it needs when it is not', async () => {
    const { code, stdout } = await user.sampan([
      ...['run', '--rm', '-v', `${helper}:/helper:ro`, image, 'sh', '-c'],
      '/helper inside --runtime /run/x -- true 2>&1; echo $?',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/start it with --privileged[\s\S]*125\n$/)
  })
})

test('what a killed monitor could not remove goes with rm', async () => {
  const id = await user.ok(['run', '-d', '--rm', '--network', 'none', '-v', '/own', image, 'sleep', '100'])
  const volume = await user.ok(['inspect', '-f', '{{(index .Mounts 0).Name}}', id])
  await user.run(['pkill', '-KILL', '-f', `sampan-helper monitor.*${id}`])
  await user.ok(['rm', '-f', id])
  expect((await user.sampan(['inspect', '--type', 'volume', volume])).code).toBe(1)
})
