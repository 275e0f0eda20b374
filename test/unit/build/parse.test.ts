// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
import { describe, expect, test } from 'vitest'
import { parseDockerfile, parseTrigger } from '../../../src/build/dockerfile/parse.ts'
import { one, refusal } from './dockerfile.ts'

const parse = (text: string) => parseDockerfile(text, 'Dockerfile')

describe('lines', () => {
  test('comments, blanks before an instruction and empty lines are no part of it', () => {
    const { stages } = parse('# a comment\n\n  FROM scratch\n\t# another\n  run echo a \\\n  # inside\n  b\n')
    expect(stages[0]?.instructions[0]).toMatchObject({
      name: 'RUN',
      text: 'run echo a   b',
      location: { line: 5, endLine: 7 },
    })
  })

  test('an empty line in a continuation is passed over and remembered', () => {
    expect(parse('FROM scratch\nRUN echo \\\n\n  a\n').emptyContinuations).toEqual([3])
  })

  test.each([
    ['a byte order mark', '\uFEFFFROM scratch\n'],
    ['Windows line ends', 'FROM \\\r\nscratch\r\n'],
    ['no line feed at the end', 'FROM scratch'],
    ['blanks after the continuation character', 'FROM \\  \n scratch\n'],
    ['a continuation at the end of the file', 'FROM scratch \\'],
  ])('%s does no harm', (_, text) => {
    expect(parse(text).stages[0]?.base).toBe('scratch')
  })

  test('two escape characters at the end of a line are one that is escaped', () => {
    expect(one('RUN echo \\\\\nUSER a', 'RUN').text).toBe('RUN echo \\\\')
  })
})

describe('directives', () => {
  test('syntax, escape and check are read from the top', () => {
    const text =
      '#!/usr/bin/build\n# syntax=docker/dockerfile:1\n#escape=`\n# check=skip=A, B;error=true\nFROM a`\nb\n'
    expect(parse(text).directives).toEqual({
      syntax: 'docker/dockerfile:1',
      escape: '`',
      check: { skip: ['A', 'B'], experimental: [], error: true },
    })
    expect(parse(text).stages[0]?.base).toBe('ab')
  })

  test.each([
    ['after a comment', '# hello\n# escape=`\nFROM scratch\n'],
    ['after an empty line', '\n# escape=`\nFROM scratch\n'],
    ['after an unknown directive', '# unknown=1\n# escape=`\nFROM scratch\n'],
    ['after an instruction', 'FROM scratch\n# escape=`\n'],
  ])('%s it is a comment', (_, text) => {
    expect(parse(text).directives.escape).toBe('\\')
  })
})

describe('stages', () => {
  test('FROM takes a platform and a name, which is put in lower case', () => {
    expect(parse('FROM --platform=$BUILDPLATFORM debian:13 AS Build\nFROM build\n').stages).toMatchObject([
      { index: 0, name: 'build', base: 'debian:13', platform: '$BUILDPLATFORM' },
      { index: 1, base: 'build' },
    ])
  })

  test('ARGs above the first FROM are global, comments right above belong to what follows', () => {
    const { globals, stages } = parse('# V the version\nARG V=1\n# x\n#\n# app the app\nFROM a AS app\n')
    expect(globals[0]).toMatchObject({ args: [{ name: 'V', value: '1' }], comments: ['V the version'] })
    expect(stages[0]?.comments).toEqual(['app the app'])
  })
})

describe('heredocs', () => {
  test('a lone one is what RUN runs', () => {
    expect(one('RUN <<EOF\na\n  b\nEOF', 'RUN').command).toEqual({ form: 'shell', text: 'a\n  b\n' })
  })

  test('one that begins with #! is a script', () => {
    expect(one('RUN <<EOF\n#!/usr/bin/python3\nprint(1)\nEOF', 'RUN').command).toMatchObject({
      form: 'script',
      heredoc: { name: 'EOF', content: '#!/usr/bin/python3\nprint(1)\n' },
    })
  })

  test('any other goes to the shell as written', () => {
    const text = 'RUN cat <<A > /a && 3<<-"B" cat\n1\nA\n\t2\n\tB'
    expect(one(text, 'RUN').command).toEqual({
      form: 'shell',
      text: 'cat <<A > /a && 3<<-"B" cat\n1\nA\n2\nB',
    })
  })

  test('COPY takes several, quoted ones and ones without tabs', () => {
    const { heredocs, sources, destination } = one(
      "COPY <<'a.txt' file <<-B /d/\n$x\na.txt\n\t\tb\n\tB",
      'COPY',
    )
    expect(heredocs).toEqual([
      { name: 'a.txt', content: '$x\n', expand: false, chomp: false },
      { name: 'B', content: 'b\n', expand: true, chomp: true },
    ])
    expect([...sources, destination]).toEqual(['file', '/d/'])
  })

  test.each([
    ['a blank before the name', 'RUN cat << EOF\na\nEOF', 1],
    ['a shift', 'RUN echo $(( 1 << n ))', 0],
    ['inside quotes', 'RUN echo "a <<EOF"', 0],
    ['a here string', 'RUN cat <<<EOF', 0],
    ['an instruction that has none', 'CMD cat <<EOF', 0],
    ['a JSON list', 'RUN ["cat", "<<EOF"]', 0],
  ])('%s', (_, text, count) => {
    const instruction = parse(`FROM scratch\n${text}\n`).stages[0]?.instructions[0]
    expect(instruction?.name === 'RUN' ? instruction.heredocs : []).toHaveLength(count)
  })
})

describe('instructions', () => {
  test('COPY and ADD', () => {
    const flags = '--from=base --chown=a:b --chmod=u+x --link --parents --exclude=*.o --exclude=x'
    expect(one(`COPY ${flags} a b /c`, 'COPY')).toMatchObject({
      ...{ from: 'base', chown: 'a:b', chmod: 'u+x', link: true, parents: true, exclude: ['*.o', 'x'] },
      ...{ sources: ['a', 'b'], destination: '/c' },
    })
    expect(one('ADD --checksum=sha256:0 --unpack=false --keep-git-dir ["a b", "/c"]', 'ADD')).toMatchObject({
      ...{ checksum: 'sha256:0', unpack: false, keepGitDir: true, link: false },
      ...{ sources: ['a b'], destination: '/c' },
    })
  })

  test.each([
    [
      'ENV A=1 B="x y" C=a\\ b D=',
      [
        ['A', '1'],
        ['B', '"x y"'],
        ['C', 'a\\ b'],
        ['D', ''],
      ],
      false,
    ],
    ["ENV A='a=b'", [['A', "'a=b'"]], false],
    ['ENV A some words = here', [['A', 'some words = here']], true],
  ] as const)('%s', (text, pairs, legacy) => {
    const found = one(text, 'ENV')
    expect(found.pairs.map(({ key, value }) => [key, value])).toEqual(pairs)
    expect(found.legacy).toBe(legacy)
  })

  test.each([
    ['CMD ["a", "b c"]', { form: 'exec', words: ['a', 'b c'] }],
    ['CMD [ "a" ]  ', { form: 'exec', words: ['a'] }],
    ['CMD []', { form: 'exec', words: [] }],
    ["CMD ['a']", { form: 'shell', text: "['a']" }],
    ['CMD ["a",]', { form: 'shell', text: '["a",]' }],
    ['CMD echo "$HOME"', { form: 'shell', text: 'echo "$HOME"' }],
  ])('%s', (text, command) => {
    expect(one(text, 'CMD').command).toEqual(command)
  })

  test.each([
    ['HEALTHCHECK NONE', 'none'],
    [
      'HEALTHCHECK --interval=1m30s --timeout=5s --start-period=1s --start-interval=500ms --retries=2 CMD a b',
      {
        ...{ command: { form: 'shell', text: 'a b' }, interval: 90e9, timeout: 5e9, retries: 2 },
        ...{ startPeriod: 1e9, startInterval: 5e8 },
      },
    ],
    ['HEALTHCHECK cmd ["a"]', { command: { form: 'exec', words: ['a'] } }],
  ])('%s', (text, check) => {
    expect(one(text, 'HEALTHCHECK').check).toEqual(check)
  })

  test.each([
    ['type=bind,target=/a', { type: 'bind', target: '/a', source: '/', readWrite: false }],
    ['target=/a,from=b,src=c,rw', { type: 'bind', target: '/a', source: 'c', from: 'b', readWrite: true }],
    [
      'type=cache,dst=/a,id=x,sharing=locked,mode=0700,uid=1,gid=2,ro',
      {
        ...{ type: 'cache', target: '/a', id: 'x', sharing: 'locked', mode: 0o700, uid: 1, gid: 2 },
        ...{ readOnly: true, source: '/' },
      },
    ],
    ['type=tmpfs,target=/a,size=1m', { type: 'tmpfs', target: '/a', size: 1 << 20 }],
    [
      'type=secret,id=k',
      { type: 'secret', id: 'k', target: '/run/secrets/k', required: false, mode: 0o400, uid: 0, gid: 0 },
    ],
    [
      'type=secret,id=k,env=K,required',
      { type: 'secret', id: 'k', env: 'K', required: true, mode: 0o400, uid: 0, gid: 0 },
    ],
    [
      'type=ssh',
      {
        type: 'ssh',
        id: 'default',
        target: '/run/buildkit/ssh_agent.0',
        required: false,
        mode: 0o600,
        uid: 0,
        gid: 0,
      },
    ],
    [`'type=bind,"target=/a,b"'`, { type: 'bind', target: '/a,b', source: '/', readWrite: false }],
  ])('RUN --mount=%s', (mount, expected) => {
    expect(one(`RUN --mount=${mount} true`, 'RUN').mounts).toEqual([expected])
  })

  test('RUN has a network and a security mode', () => {
    expect(one('RUN --network=none --security=insecure true', 'RUN')).toMatchObject({
      ...{ network: 'none', security: 'insecure' },
    })
  })

  test('ONBUILD keeps its trigger as written, heredocs too, and it can be parsed again', () => {
    const { trigger } = one('ONBUILD COPY <<A /x\n1\nA', 'ONBUILD')
    expect(trigger).toBe('COPY <<A /x\n1\nA')
    expect(parseTrigger(trigger, 'base')).toMatchObject({ name: 'COPY', destination: '/x' })
  })

  test.each([
    ['SHELL ["bash", "-c"]', { name: 'SHELL', words: ['bash', '-c'] }],
    ['EXPOSE 80 53/udp 1-3', { name: 'EXPOSE', ports: ['80', '53/udp', '1-3'] }],
    ['VOLUME /a /b', { name: 'VOLUME', paths: ['/a', '/b'] }],
    ['VOLUME ["/a b"]', { name: 'VOLUME', paths: ['/a b'] }],
    ['USER a:b', { name: 'USER', user: 'a:b' }],
    ['WORKDIR a b', { name: 'WORKDIR', path: 'a b' }],
    ['STOPSIGNAL 9', { name: 'STOPSIGNAL', signal: '9' }],
    ['MAINTAINER some one', { name: 'MAINTAINER', author: 'some one' }],
    [
      'LABEL a=b "c d"=e',
      {
        name: 'LABEL',
        pairs: [
          { key: 'a', value: 'b' },
          { key: '"c d"', value: 'e' },
        ],
      },
    ],
    [
      'ARG A B=2 C=',
      { name: 'ARG', args: [{ name: 'A' }, { name: 'B', value: '2' }, { name: 'C', value: '' }] },
    ],
  ])('%s', (text, expected) => {
    expect(parse(`FROM scratch\n${text}\n`).stages[0]?.instructions[0]).toMatchObject(expected)
  })
})

describe('what cannot be understood', () => {
  test('is shown with file, line, column and caret', () => {
    const error = refusal('FROM scratch\nENV a=b \\\n\tc\n')
    expect(error.message).toBe(
      [
        `dockerfile parse error on line 3: Syntax error - can't find = in "c". Must be of the form: name=value`,
        '  Dockerfile:3:2',
        '  3 | \tc',
        '    | \t^',
      ].join('\n'),
    )
    expect(error.exitCode).toBe(1)
  })

  test.each([
    ['FROM a\nRUNN b', 'unknown instruction: RUNN', 1],
    ['', 'file with no instructions', 1],
    ['ARG A', 'dockerfile contains no stages to build', 1],
    ['RUN a', 'no build stage in current context', 1],
    ['FROM', 'FROM requires either one or three arguments', 5],
    ['FROM a b', 'FROM requires either one or three arguments', 8],
    [
      'FROM a as 1',
      `invalid name for build stage: "1", name can't start with a number or contain symbols`,
      11,
    ],
    ['FROM a\nRUN', 'RUN requires at least one argument', 4],
    ['FROM a\nRUN --netwrk=x b', 'unknown flag: --netwrk', 5],
    ['FROM a\nRUN --network b', 'missing a value on flag: --network', 5],
    ['FROM a\nRUN --network=x b', 'invalid network mode: "x"', 5],
    ['FROM a\nRUN --mount=type=x b', 'unsupported mount type "x"', 5],
    ['FROM a\nRUN --mount=type=ssh --mount=type=tmpfs b', "a mount has no target in 'type=tmpfs'", 22],
    ['FROM a\nRUN --mount=target=/x,id=1 b', "unexpected key 'id' for mount type 'bind'", 5],
    ['FROM a\nRUN --mount=target=/x,form=b c', "unexpected key 'form' in 'form=b'", 5],
    [
      'FROM a\nRUN --mount=target=/x,from=$b c',
      "'from' doesn't support variable expansion, define alias stage instead",
      5,
    ],
    ['FROM a\nRUN <<A\nb', 'unterminated heredoc', 5],
    [
      'FROM a\nCOPY <<A\nA',
      'COPY requires at least two arguments, but only one was provided. Destination could not be determined',
      9,
    ],
    ['FROM a\nCOPY b <<A\nA', 'COPY cannot accept a heredoc as a destination', 8],
    ['FROM a\nCOPY --link=x a b', 'expecting boolean value for flag --link, not: x', 6],
    ['FROM a\nCOPY --from=a --from=b c d', 'duplicate flag specified: --from', 15],
    [
      'FROM a\nCOPY --from=$a c d',
      "'--from' doesn't support variable expansion, define alias stage instead",
      6,
    ],
    ['FROM a\nENV', 'ENV requires at least one argument', 4],
    ['FROM a\nENV b', 'ENV must have two arguments', 5],
    ['FROM a\nENV =b', 'ENV names can not be blank', 5],
    ['FROM a\nCMD ["b", 1]', 'when using JSON array syntax, arrays must be comprised of strings only', 5],
    ['FROM a\nSHELL sh', 'SHELL requires the arguments to be in JSON form', 7],
    ['FROM a\nUSER', 'USER requires exactly one argument', 5],
    ['FROM a\nVOLUME [""]', 'VOLUME specified can not be an empty string', 8],
    ['FROM a\nHEALTHCHECK x', 'Unknown type "X" in HEALTHCHECK (try CMD)', 13],
    ['FROM a\nHEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments', 18],
    ['FROM a\nHEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD', 16],
    ['FROM a\nHEALTHCHECK --interval=x CMD y', 'time: invalid duration "x"', 13],
    ['FROM a\nHEALTHCHECK --retries=-1 CMD y', '--retries cannot be negative (-1)', 13],
    ['FROM a\nONBUILD', 'ONBUILD requires at least one argument', 8],
    ['FROM a\nONBUILD ONBUILD RUN x', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 9],
    ['FROM a\nONBUILD from x', "FROM isn't allowed as an ONBUILD trigger", 9],
    [
      'FROM a\nONBUILD COPY x',
      'COPY requires at least two arguments, but only one was provided. Destination could not be determined',
      15,
    ],
    ['# escape=x\nFROM a', "invalid escape token 'x' does not match ` or \\", 10],
    ['# escape=`\n# escape=`\nFROM a', 'only one escape parser directive can be used', 1],
    ['# syntax=me/language\nFROM a', 'the syntax me/language is not supported', 10],
  ])('%j', (text, message, column) => {
    const error = refusal(text)
    expect(error.message.split('\n')[0]).toBe(
      `dockerfile parse error on line ${error.place.line}: ${message}`,
    )
    expect(error.place.column).toBe(column)
  })
})
