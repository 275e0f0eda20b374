// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
import { describe, expect, test } from 'vitest'
import { expandWord, expandWords } from '../../../src/build/dockerfile/expand-word.ts'
import { amd64, carriedOut } from './dockerfile.ts'

const values = new Map(
  Object.entries({ v: 'value', empty: '', path: '/a/b/c.tar.gz', words: 'one two', n: '3' }),
)
const expansion = { escapeChar: '\\' as const, lookup: (name: string) => values.get(name) }

describe('a word', () => {
  test.each([
    ['plain', 'plain'],
    ['$v', 'value'],
    ['${v}x', 'valuex'],
    ['$vx', ''],
    ['a$', 'a$'],
    ['\\$v', '$v'],
    ['\\${v}', '${v}'],
    ["'$v'", '$v'],
    ['"$v"', 'value'],
    ['"\\$v \\" \\n"', '$v " \\n'],
    ['\'a\'"b"c', 'abc'],
    ['a\\ b', 'a b'],
    ['a\\', 'a'],
    ['${no:-w}', 'w'],
    ['${no-w}', 'w'],
    ['${empty:-w}', 'w'],
    ['${empty-w}', ''],
    ['${v:-w}', 'value'],
    ['${v:+w}', 'w'],
    ['${empty:+w}', ''],
    ['${empty+w}', 'w'],
    ['${no+w}', ''],
    ['${v?message}', 'value'],
    ['${no:-${v}}', 'value'],
    ['${no:-"a b"}', 'a b'],
    ['${path#*/}', 'a/b/c.tar.gz'],
    ['${path##*/}', 'c.tar.gz'],
    ['${path%.*}', '/a/b/c.tar'],
    ['${path%%.*}', '/a/b/c'],
    ['${path%.zip}', '/a/b/c.tar.gz'],
    ['${path/b/x}', '/a/x/c.tar.gz'],
    ['${path//\\//-}', '-a-b-c.tar.gz'],
    ['${path/.*/}', '/a/b/c'],
    ['${v/?/x}', 'xalue'],
    ['${v//l/$n}', 'va3ue'],
    ['${no}', ''],
  ])('%s is %j', (word, expected) => {
    expect(expandWord(word, expansion)).toBe(expected)
  })

  test.each([
    ['${v', "syntax error: missing '}'"],
    ['${v:-w', "syntax error: missing '}'"],
    ['${}', 'syntax error: bad substitution'],
    ['${:v}', 'syntax error: bad substitution'],
    ['${v^^}', 'unsupported modifier (^) in substitution'],
    ['${v:x}', 'unsupported modifier (:x) in substitution'],
    ['${v/a}', "syntax error: missing '/'"],
    ['${no?}', 'no: is not allowed to be unset'],
    ['${empty:?}', 'empty: is not allowed to be empty'],
    ['${no:?give it}', 'no: give it'],
    ["'a", 'unexpected end of statement while looking for matching single-quote'],
    ['"a', 'unexpected end of statement while looking for matching double-quote'],
    ['${v#\\a}', 'invalid pattern (\\a) in substitution'],
  ])('%s is refused', (word, message) => {
    expect(() => expandWord(word, expansion)).toThrow(`failed to process ${JSON.stringify(word)}: ${message}`)
  })

  test('a backtick escapes when the directive says so', () => {
    const windows = { ...expansion, escapeChar: '`' as const }
    expect(expandWord('`$v \\$v', windows)).toBe('$v \\value')
  })

  test('quotes are plain in a heredoc', () => {
    expect(expandWord(`"$v" '$v' \\$v`, { ...expansion, plainQuotes: true })).toBe(`"value" 'value' $v`)
  })

  test('it can fall into several, unless it is quoted', () => {
    expect(expandWords('$words "$words" x', expansion)).toEqual(['one', 'two', 'one two', 'x'])
  })

  test('what has no value is told of, what has a word instead is not', () => {
    const missing: string[] = []
    expandWord('$no ${none:-x} ${nil+x} $v', { ...expansion, onUndefined: (name) => missing.push(name) })
    expect(missing).toEqual(['no'])
  })
})

describe('what a stage sees', () => {
  const env = (text: string, buildArgs: Record<string, string> = {}) =>
    carriedOut(text, { buildArgs: new Map(Object.entries(buildArgs)) }).scope.runEnvironment()

  test.each([
    ['a global ARG is not seen', 'ARG A=1\nFROM a\n', {}, []],
    ['unless declared again', 'ARG A=1\nFROM a\nARG A\n', {}, ['A=1']],
    ['its default in the stage wins', 'ARG A=1\nFROM a\nARG A=2\n', {}, ['A=2']],
    ['what the person gave wins', 'ARG A=1\nFROM a\nARG A=2\n', { A: '3' }, ['A=3']],
    ['an ARG without value is not set', 'FROM a\nARG A\n', {}, []],
    ['given but not declared is not set', 'FROM a\n', { A: '3' }, []],
    ['ENV wins over ARG', 'FROM a\nENV A=1\nARG A=2\n', { A: '3' }, ['A=1']],
    ['and after it', 'FROM a\nARG A=2\nENV A=1\n', { A: '3' }, ['A=1']],
    ['ENV of an ARG', 'FROM a\nARG A=2\nENV B=$A\n', {}, ['A=2', 'B=2']],
    ['one ENV sees the values from before it', 'FROM a\nENV A=1\nENV A=2 B=$A\n', {}, ['A=2', 'B=1']],
    ['an ARG sees the one before it in the line', 'FROM a\nARG A=1 B=$A\n', {}, ['A=1', 'B=1']],
    ['a child stage inherits', 'FROM a AS b\nARG A=1\nENV E=2\nFROM b\n', {}, ['A=1', 'E=2']],
    ['another stage does not', 'FROM a AS b\nARG A=1\nENV E=2\nFROM c\n', {}, []],
    [
      'a platform has to be declared',
      'FROM a\nARG TARGETARCH TARGETOS\n',
      {},
      ['TARGETARCH=amd64', 'TARGETOS=linux'],
    ],
    ['a proxy has not', 'FROM a\n', { http_proxy: 'p' }, ['http_proxy=p']],
  ])('%s', (_, text, given, expected) => {
    expect(
      env(text, given)
        .filter((entry) => entry !== 'PATH=/bin')
        .sort(),
    ).toEqual(expected)
  })

  test('FROM sees global ARGs and the platform', () => {
    const { globals, dockerfile } = carriedOut(
      'ARG V=3.1\nARG IMAGE=debian:${V%.*}\nFROM --platform=$BUILDPLATFORM ${IMAGE}-slim\n',
      { build: { os: 'linux', architecture: 'arm', variant: 'v7' }, target: amd64 },
    )
    expect(globals.expand(dockerfile.stages[0]?.base ?? '')).toBe('debian:3-slim')
    expect(globals.expand(dockerfile.stages[0]?.platform ?? '')).toBe('linux/arm/v7')
  })

  test('an undeclared proxy is no part of the arguments that history and cache see', () => {
    const { scope } = carriedOut('FROM a\nARG B=1\n', { buildArgs: new Map([['HTTP_PROXY', 'p']]) })
    expect(scope.declaredArgs()).toEqual([['B', '1']])
    const declared = carriedOut('FROM a\nARG HTTP_PROXY\n', { buildArgs: new Map([['HTTP_PROXY', 'p']]) })
    expect(declared.scope.declaredArgs()).toEqual([['HTTP_PROXY', 'p']])
  })

  test.each([
    [
      'COPY --chown=$u --chmod=$m --exclude=$u $u\\$ $d',
      { sources: ['app$'], destination: '/d', chown: 'app', chmod: '755', exclude: ['app'] },
    ],
    ['ADD --checksum=$u a b', { checksum: 'app' }],
    ['COPY <<A <<"B" /x\n$u\nA\n$u\nB', { heredocs: [{ content: 'app\n' }, { content: '$u\n' }] }],
    ['LABEL $u="$d x"', { pairs: [{ key: 'app', value: '/d x' }] }],
    ['EXPOSE $ports', { ports: ['80', '443/tcp'] }],
    ['VOLUME $d ["$d"]', { paths: ['/d', '[/d]'] }],
    ['USER $u:$u', { user: 'app:app' }],
    ['WORKDIR $d/x', { path: '/d/x' }],
    ['STOPSIGNAL $sig', { signal: 'SIGINT' }],
    [
      'RUN --mount=type=cache,target=$d,uid=$m echo $u',
      { command: { form: 'shell', text: 'echo $u' }, mounts: [{ target: '/d', uid: 755 }] },
    ],
    ['CMD echo $u', { command: { form: 'shell', text: 'echo $u' } }],
    ['ENTRYPOINT ["$u"]', { command: { form: 'exec', words: ['$u'] } }],
    ['HEALTHCHECK CMD $u', { check: { command: { text: '$u' } } }],
    ['ONBUILD USER $u', { trigger: 'USER $u' }],
  ])('%s', (text, expected) => {
    const variables = 'ENV u=app m=755 d=/d sig=SIGINT ports="80 443/tcp"'
    expect(carriedOut(`FROM a\n${variables}\n${text}\n`).instructions[1]).toMatchObject(expected)
  })

  test('a word that cannot be expanded is shown in its line', () => {
    const error = () => carriedOut('FROM a\n  USER ${u\n')
    expect(error).toThrow('dockerfile parse error on line 2: failed to process "${u": syntax error')
    expect(error).toThrow('Dockerfile:2:8')
  })

  test('and in the line of a continuation that it stands in, with what was expected', () => {
    const error = () => carriedOut('FROM a\nENV a=1 \\\n  b=${u:1}\n')
    expect(error).toThrow('Dockerfile:3:5\n  3 |   b=${u:1}\n    |     ^')
    expect(error).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('expected: NAME, NAME:-WORD') }),
    )
  })
})
