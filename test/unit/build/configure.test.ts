import { describe, expect, test } from 'vitest'
import { type ConfigInstruction, configure } from '../../../src/build/configure.ts'
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts'
import { neededStages, sourceOf, targetStage } from '../../../src/build/graph.ts'
import type { ContainerDefaults } from '../../../src/oci/image-config.ts'

const base: ContainerDefaults = {
  Env: ['PATH=/bin', 'A=1'],
  Cmd: ['inherited'],
  WorkingDir: '/base',
  Labels: { l: '0' },
}

function instruction(line: string): ConfigInstruction {
  return parseDockerfile(`FROM x\n${line}\n`, 'Dockerfile').stages[0]?.instructions[0] as ConfigInstruction
}

const cases: readonly [line: string, config: Partial<ContainerDefaults>, createdBy: string][] = [
  ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'] }, 'CMD ["a" "b c"]'],
  ['CMD a b', { Cmd: ['/bin/sh', '-c', 'a b'] }, 'CMD ["/bin/sh" "-c" "a b"]'],
  ['ENV A=2 B=3', { Env: ['PATH=/bin', 'A=2', 'B=3'] }, 'ENV A=2 B=3'],
  ['EXPOSE 80 90/udp', { ExposedPorts: { '80/tcp': {}, '90/udp': {} } }, 'EXPOSE map[80/tcp:{} 90/udp:{}]'],
  ['LABEL l=1 m=2', { Labels: { l: '1', m: '2' } }, 'LABEL l=1 m=2'],
  ['ONBUILD RUN x', { OnBuild: ['RUN x'] }, 'ONBUILD RUN x'],
  ['SHELL ["/bin/bash", "-c"]', { Shell: ['/bin/bash', '-c'] }, 'SHELL [/bin/bash -c]'],
  ['STOPSIGNAL SIGINT', { StopSignal: 'SIGINT' }, 'STOPSIGNAL SIGINT'],
  ['USER app', { User: 'app' }, 'USER app'],
  ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }, 'VOLUME [/a /b]'],
  ['WORKDIR sub/../dir', { WorkingDir: '/base/dir' }, 'WORKDIR /base/dir'],
]

describe('an instruction that changes the configuration', () => {
  test.each(cases)('%s', (line, config, createdBy) => {
    expect(configure(base, instruction(line), false)).toEqual({ config: { ...base, ...config }, createdBy })
  })

  test('ENTRYPOINT takes an inherited CMD away, and leaves one of its own stage', () => {
    const entrypoint = instruction('ENTRYPOINT ["e"]')
    expect(configure(base, entrypoint, false).config.Cmd).toBeUndefined()
    expect(configure(base, entrypoint, true).config.Cmd).toEqual(['inherited'])
  })

  test('a command line is for the shell that SHELL named', () => {
    expect(
      configure({ ...base, Shell: ['/bin/ash', '-ec'] }, instruction('CMD a'), false).config.Cmd,
    ).toEqual(['/bin/ash', '-ec', 'a'])
  })
})

describe('the stages of a build', () => {
  const dockerfile = parseDockerfile(
    'FROM x AS one\nFROM one AS two\nFROM y AS unused\nFROM z\nCOPY --from=two /a /a\nRUN --mount=from=0,target=/m true\n',
    'Dockerfile',
  )
  const names = { dockerfile, contexts: new Map() }
  const last = targetStage(dockerfile, undefined)

  test('are those that the target stands on, in the order of the file', () => {
    const needed = neededStages(names, last, ({ base: word }) => word)
    expect(needed.map(({ index }) => index)).toEqual([0, 1, 3])
  })

  test('can be meant by name in any case, by number, and not by those after', () => {
    expect(targetStage(dockerfile, 'TWO').index).toBe(1)
    expect(targetStage(dockerfile, '2').name).toBe('unused')
    expect(() => targetStage(dockerfile, 'three')).toThrow('target stage "three" could not be found')
    expect(sourceOf('one', dockerfile.stages[0] as typeof last, names, true)).toEqual({ name: 'one' })
    expect(sourceOf('0', last, names, false)).toEqual({ name: '0' })
  })

  test('come after contexts of the same name', () => {
    const contexts = new Map([
      ['two', { kind: 'files', words: '.' } as const],
      ['alias', { kind: 'target', stage: 'one' } as const],
    ])
    expect(sourceOf('two', last, { dockerfile, contexts }, true)).toEqual({
      context: { kind: 'files', words: '.' },
    })
    expect(sourceOf('alias', last, { dockerfile, contexts }, true)).toMatchObject({ stage: { index: 0 } })
  })
})
