/** Dockerfiles that cannot be built: each is refused in its line, in words that say what is wrong. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

test.each([
  ['FROM $BASE', '1:1', 'base name ($BASE) should not be blank'],
  [`FROM ${image}\nCOPY nowhere /`, '2:6', '"/nowhere": not found'],
  [`FROM ${image}\nCOPY --chown=nobody-here file /`, '2:1', 'unable to find user nobody-here'],
  [`FROM ${image}\nCOPY --chmod=99 file /`, '2:1', '--chmod=99 is no mode'],
  [
    `FROM ${image}\nADD --checksum=sha256:00 file /`,
    '2:1',
    "checksum can't be specified for non-HTTP(S) sources",
  ],
  [`FROM ${image}\nWORKDIR /etc/passwd`, '2:1', 'cannot copy to non-directory: /etc/passwd'],
  [`FROM ${image}\nSTOPSIGNAL SIGNOTHING`, '2:1', 'Invalid signal: SIGNOTHING'],
  [`FROM ${image}\nEXPOSE 99999`, '2:1', 'invalid containerPort: 99999'],
  [`FROM ${image}\nENV A=1 \\\n  B="\${D:?D is needed}"`, '3:5', 'D: D is needed'],
  [`FROM ${image}\nVOLUME $NOWHERE`, '2:1', 'VOLUME specified can not be an empty string'],
  [`FROM ${image}\nRUN --device=/dev/fuse true`, '2:1', 'RUN --device is not supported'],
  ['FROM localhost:1/none AS a', '1:6', 'localhost:1/none: cannot reach registry localhost:1'],
  [`FROM ${image}\nCOPY --from=localhost:1/none / /`, '2:13', 'localhost:1/none: cannot reach registry'],
  [
    `FROM ${image} AS first\nFROM ${image}\nCOPY --from=second / /`,
    '3:13',
    'no stage is called second (those above it are first), so it was taken for an image',
  ],
  [`FROM ${image}\nRUN true \\\n  && false`, '2:1', 'exit code: 1'],
])('%j', async (dockerfile, place, words) => {
  const context = user.makeFolder('context')
  user.file('context/Dockerfile', `${dockerfile}\n`)
  user.file('context/file', 'content\n')
  const { code, stderr } = await user.sampan(['build', '-t', 'refused', context])
  expect(code).not.toBe(0)
  expect(stderr).toContain(words)
  expect(stderr).toContain(`context/Dockerfile:${place}\n`)
  expect((await user.sampan(['image', 'exists', 'refused'])).code).toBe(1)
})

test('EXPOSE passes over addresses and ports of the host, as Docker does', async () => {
  const context = user.makeFolder('context')
  user.file('context/Dockerfile', `FROM ${image}\nEXPOSE 127.0.0.1:8080:80\n`)
  await user.ok(['build', '-q', '-t', 'exposed', context])
  expect(await user.ok(['image', 'inspect', '--format', '{{json .Config.ExposedPorts}}', 'exposed'])).toBe(
    '{"80/tcp":{}}',
  )
})
