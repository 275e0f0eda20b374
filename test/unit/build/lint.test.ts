// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
import { describe, expect, test } from 'vitest'
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts'
import { type LintInput, lint } from '../../../src/build/lint/lint.ts'
import { rules, ruleUrl } from '../../../src/build/lint/rules.ts'
import { amd64 } from './dockerfile.ts'

const all = '# check=experimental=all\n'

/** `Rule line: detail`, the line without the directive that switches experimental rules on. */
function warnings(text: string, given: Partial<LintInput> = {}, buildArgs: Record<string, string> = {}) {
  const args = new Map(Object.entries(buildArgs))
  return lint(parseDockerfile(all + text, 'Dockerfile'), {
    scope: { escapeChar: '\\', buildArgs: args, target: amd64, build: amd64 },
    baseEnvironment: (base) => (base === 'known' ? ['PATH=/bin', 'GREETING=hi'] : undefined),
    ...given,
  }).map(({ rule, detail, location }) => `${rule} ${location.line - 1}: ${detail}`)
}

describe('a build check', () => {
  test.each([
    ['FROM a AS Base', "StageNameCasing 1: Stage name 'Base' should be lowercase"],
    ['FROM a as base', "FromAsCasing 1: 'as' and 'FROM' keywords' casing do not match"],
    ['from a AS base', "FromAsCasing 1: 'AS' and 'from' keywords' casing do not match"],
    [
      'FROM a\nRUN b\nrun c',
      "ConsistentInstructionCasing 3: Command 'run' should match the case of the command majority (uppercase)",
    ],
    [
      'from a\nRun b',
      "ConsistentInstructionCasing 2: Command 'Run' should match the case of the command majority (lowercase)",
    ],
    [
      'FROM a AS x\nFROM b AS x',
      'DuplicateStageName 2: Duplicate stage name "x", stage names should be unique',
    ],
    [
      'FROM a AS context',
      'ReservedStageName 1: Stage name should not use the same name as reserved stage "context"',
    ],
    [
      'FROM --platform=linux/amd64 a',
      'FromPlatformFlagConstDisallowed 1: FROM --platform flag should not use constant value "linux/amd64"',
    ],
    [
      'FROM --platform=$TARGETPLATFORM a',
      'RedundantTargetPlatform 1: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    ],
    [
      'ARG VERSION=1\nFROM a:${VERSON:+1}$VERSON',
      "UndefinedArgInFrom 2: FROM argument 'VERSON' is not declared (did you mean VERSION?)",
      'InvalidDefaultArgInFrom 2: Default value for ARG a:${VERSON:+1}$VERSON results in empty or invalid base image name',
    ],
    [
      'ARG TAG\nFROM a:$TAG',
      'InvalidDefaultArgInFrom 2: Default value for ARG a:$TAG results in empty or invalid base image name',
    ],
    [
      'FROM a\nCMD b',
      'JSONArgsRecommended 2: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals',
    ],
    [
      'FROM a\nENTRYPOINT b',
      'JSONArgsRecommended 2: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals',
    ],
    [
      'FROM a\nENV b c',
      'LegacyKeyValueFormat 2: "ENV key=value" should be used instead of legacy "ENV key value" format',
    ],
    [
      'FROM a\nLABEL b c',
      'LegacyKeyValueFormat 2: "LABEL key=value" should be used instead of legacy "LABEL key value" format',
    ],
    [
      'FROM a\nMAINTAINER me',
      'MaintainerDeprecated 2: Maintainer instruction is deprecated in favor of using label',
    ],
    [
      'FROM a\nCMD ["b"]\nCMD ["c"]\nCMD ["d"]',
      'MultipleInstructionsDisallowed 2: Multiple CMD instructions should not be used in the same stage because only the last one will be used',
      'MultipleInstructionsDisallowed 3: Multiple CMD instructions should not be used in the same stage because only the last one will be used',
    ],
    ['FROM a\nRUN b \\\n\n  c', 'NoEmptyContinuation 3: Empty continuation line'],
    [
      'FROM a\nARG DB_PASSWORD\nENV api_key=1',
      'SecretsUsedInArgOrEnv 2: Do not use ARG or ENV instructions for sensitive data (ARG "DB_PASSWORD")',
      'SecretsUsedInArgOrEnv 3: Do not use ARG or ENV instructions for sensitive data (ENV "api_key")',
    ],
    [
      'FROM a\nWORKDIR b\nWORKDIR c',
      'WorkdirRelativePath 2: Relative workdir "b" can have unexpected results if the base image changes',
    ],
    [
      'FROM a\nEXPOSE 80/TCP',
      "ExposeProtoCasing 2: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
    ],
    [
      'FROM a\nEXPOSE 127.0.0.1:80:80 81',
      "ExposeInvalidFormat 2: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'",
    ],
    ['FROM known\nUSER $WHO', "UndefinedVar 2: Usage of undefined variable '$WHO'"],
    [
      'FROM known AS b\nFROM b\nLABEL a=$GREETNG',
      "UndefinedVar 3: Usage of undefined variable '$GREETNG' (did you mean $GREETING?)",
    ],
    ['FROM scratch\nENV A=$WHO', "UndefinedVar 2: Usage of undefined variable '$WHO'"],
    [
      '# hello\nFROM a AS b',
      'InvalidDefinitionDescription 2: Comment for FROM should follow the format: `# b <description>`',
    ],
    [
      '# hello\nARG A\nFROM a',
      'InvalidDefinitionDescription 2: Comment for ARG should follow the format: `# A <description>`',
    ],
  ])('warns: %j', (text, ...expected) => {
    expect(warnings(text)).toEqual(expected)
  })

  test.each([
    ['stages and names', 'FROM a AS b\nfrom b'.replace('from', 'FROM')],
    ['a platform that the stage is named after', 'FROM --platform=linux/arm64 a AS build_arm64'],
    ['the platform of the builder', 'FROM --platform=$BUILDPLATFORM a'],
    ['an ARG with a default in FROM', 'ARG V=1\nFROM a:$V'],
    ['a word that stands in for an ARG', 'FROM a:${V:-1}'],
    ['the shell form after SHELL', 'FROM a\nSHELL ["bash", "-c"]\nCMD b'],
    ['also in the stage built from it', 'FROM a AS b\nSHELL ["bash", "-c"]\nFROM b\nCMD c'],
    ['a public key', 'FROM a\nENV PUBLIC_KEY=1 KEYBOARD=de'],
    ['an absolute WORKDIR first', 'FROM a\nWORKDIR /b\nWORKDIR c'],
    ['in the stage below', 'FROM a AS b\nWORKDIR /b\nFROM b\nWORKDIR c'],
    ['an ARG without value', 'FROM known\nARG A\nLABEL b=$A'],
    ['variables an unknown base image may set', 'FROM a\nLABEL b=$A'],
    ['a word that stands in for a variable', 'FROM known\nLABEL b=${A:-c}'],
    ['RUN, whose shell has variables of its own', 'FROM known\nRUN for a in b; do echo $a; done'],
    ['CMD in two stages', 'FROM a AS b\nCMD ["c"]\nFROM b\nCMD ["d"]'],
    ['a comment with a name', '# b is a stage\nFROM a AS b'],
    ['a comment and an empty one', '# hello\n#\nFROM a AS b'],
  ])('does not warn of %s', (_, text) => {
    expect(warnings(text)).toEqual([])
  })

  test('looks at what .dockerignore hides from COPY and ADD', () => {
    const isIgnored = (path: string) => path === 'secret'
    const text = 'FROM a\nCOPY ./secret /\nADD secret/ public /\nCOPY --from=b secret /\nCOPY s* /'
    expect(warnings(text, { isIgnored })).toEqual([
      'CopyIgnoredFile 2: Attempting to Copy file "./secret" that is excluded by .dockerignore',
      'CopyIgnoredFile 3: Attempting to Add file "secret/" that is excluded by .dockerignore',
    ])
  })

  test('can be skipped by the file or a build argument, by name or altogether', () => {
    const text = 'FROM a AS B\nMAINTAINER me\n'
    const rulesOf = (file: string, buildArgs = {}) =>
      lint(parseDockerfile(file, 'Dockerfile'), {
        scope: {
          escapeChar: '\\',
          buildArgs: new Map(Object.entries(buildArgs)),
          target: amd64,
          build: amd64,
        },
        baseEnvironment: () => undefined,
      }).map(({ rule }) => rule)
    expect(rulesOf(`# check=skip=stagenamecasing\n${text}`)).toEqual(['MaintainerDeprecated'])
    expect(rulesOf(`# check=skip=all\n${text}`)).toEqual([])
    expect(rulesOf(text, { BUILDKIT_DOCKERFILE_CHECK: 'skip=MaintainerDeprecated' })).toEqual([
      'StageNameCasing',
    ])
  })

  test('is experimental or on by itself', () => {
    const file = parseDockerfile('# hello\nFROM a AS b', 'Dockerfile')
    const scope = { escapeChar: '\\' as const, buildArgs: new Map(), target: amd64, build: amd64 }
    expect(lint(file, { scope, baseEnvironment: () => undefined })).toEqual([])
    const experimental = Object.keys(rules).filter((name) => rules[name as keyof typeof rules].experimental)
    expect(experimental).toEqual(['CopyIgnoredFile', 'InvalidDefinitionDescription'])
  })

  test('there are 21, each with an address', () => {
    expect(Object.keys(rules)).toHaveLength(21)
    expect(ruleUrl('JSONArgsRecommended')).toBe(
      'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
    )
    expect(ruleUrl('FromPlatformFlagConstDisallowed')).toBe(
      'https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/',
    )
    expect(ruleUrl('SecretsUsedInArgOrEnv')).toBe(
      'https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/',
    )
  })
})
