import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

function contextOf(dockerfile: string, ignored?: string): string {
  contexts += 1
  const folder = user.makeFolder(`context-${contexts}`)
  user.file(`context-${contexts}/Dockerfile`, dockerfile)
  if (ignored !== undefined) user.file(`context-${contexts}/.dockerignore`, ignored)
  return folder
}

test('--check says what is wrong with its lines, builds nothing and exits with 1', async () => {
  const context = contextOf(`FROM ${image}\nRUN exit 3\nCMD echo\n`)
  const { code, stdout } = await user.sampan(['build', '--check', '-t', 'never', context])
  expect(code).toBe(1)
  expect(stdout).toBe(`Check complete, 1 warning has been found!

WARNING: JSONArgsRecommended - https://docs.docker.com/go/dockerfile/rule/json-args-recommended/
JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
context-1/Dockerfile:3
--------------------
   1 |     FROM ${image}
   2 |     RUN exit 3
   3 | >>> CMD echo
--------------------
`)
  expect((await user.sampan(['image', 'exists', 'never'])).code).toBe(1)
})

test('--check exits with 0 when nothing is found', async () => {
  const context = contextOf(`FROM ${image}\nCMD ["echo"]\n`)
  expect(await user.ok(['build', '--check', context])).toBe('Check complete, no warnings found.')
})

test('checks know the environment of a base image that is here', async () => {
  const context = contextOf(`FROM ${image}\nLABEL path=$PATH other=$OTHER\n`)
  const { stdout } = await user.sampan(['build', '--call=check,format=json', context])
  expect(JSON.parse(stdout).warnings).toMatchObject([
    { ruleName: 'UndefinedVar', detail: "Usage of undefined variable '$OTHER'", url: expect.any(String) },
  ])
})

test('checks know .dockerignore', async () => {
  const context = contextOf(`# check=experimental=all\nFROM ${image}\nCOPY secret /\n`, 'secret\n')
  const { stdout } = await user.sampan(['build', '--check', context])
  expect(stdout).toContain('Attempting to Copy file "secret" that is excluded by .dockerignore')
})

test('a build ends with its warnings, --quiet without', async () => {
  const context = contextOf(`FROM ${image}\nMAINTAINER me\n`)
  const { stderr } = await user.sampan(['build', context])
  expect(stderr).toContain(
    '1 warning found (build --check shows the lines):\n' +
      ' - MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)\n',
  )
  expect((await user.sampan(['build', '-q', context])).stderr).toBe('')
})

test('# check=error=true ends a build with warnings before anything runs', async () => {
  const context = contextOf(`# check=error=true\nFROM ${image}\nRUN exit 3\nMAINTAINER me\n`)
  const { code, stderr } = await user.sampan(['build', context])
  expect(code).toBe(1)
  expect(stderr).toContain('lint violation found for rules: MaintainerDeprecated')
  expect(stderr).not.toContain('exit code: 3')
})

test('--call=outline and --call=targets say what can be asked for', async () => {
  const context = contextOf(`# V its version
ARG V=1
FROM ${image} AS base
ARG V
# app what one wants
FROM base AS app
RUN --mount=type=secret,id=k,required true
`)
  expect(await user.ok(['build', '--call=outline', '--build-arg', 'V=3', context])).toBe(
    [
      'TARGET:        app',
      'DESCRIPTION:   what one wants',
      '',
      'BUILD ARG   VALUE   DESCRIPTION',
      'V           3       its version',
      '',
      'SECRET   REQUIRED',
      'k        true',
    ].join('\n'),
  )
  expect(await user.ok(['build', '--call=targets', context])).toBe(
    ['TARGET          DESCRIPTION', 'base', 'app (default)   what one wants'].join('\n'),
  )
})

test('a Dockerfile that cannot be understood is shown with line, column and what was expected', async () => {
  const context = contextOf(`FROM ${image}\nCOPY --form=x a b\n`)
  const { code, stderr } = await user.sampan(['build', context])
  expect(code).toBe(1)
  expect(stderr).toBe(`Error: dockerfile parse error on line 2: unknown flag: --form
  context-8/Dockerfile:2:6
  2 | COPY --form=x a b
    |      ^
expected: one of --from, --chown, --chmod, --link, --exclude, --parents
`)
})

test('build arguments that no ARG takes are told', async () => {
  const context = contextOf(`FROM ${image}\nARG USED\n`)
  const args = ['--build-arg', 'USED=1', '--build-arg', 'USD=1', '--build-arg', 'http_proxy=p']
  const { stderr } = await user.sampan(['build', ...args, context])
  expect(stderr).toContain('One or more build-args [USD] were not consumed')
})

test('a syntax that is not built in is refused', async () => {
  const context = contextOf(`FROM ${image}\n`)
  const { code, stderr } = await user.sampan(['build', '--build-arg', 'BUILDKIT_SYNTAX=me/mine', context])
  expect(code).toBe(125)
  expect(stderr).toContain('the syntax me/mine is not supported')
})
