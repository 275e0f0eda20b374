import { describe, expect, test } from 'vitest'
import type { BuildProgress } from '../../../src/build/progress.ts'
import { classicProgress } from '../../../src/output/build/classic.ts'
import { sceneLines } from '../../../src/output/build/live.ts'
import { plainProgress } from '../../../src/output/build/plain.ts'
import { rawJsonProgress } from '../../../src/output/build/rawjson.ts'

const bytes = (text: string) => Buffer.from(text)

/** A build of a base, a step that runs beside another, one that is cached. */
async function tell(progress: BuildProgress): Promise<void> {
  progress.expect(3)
  progress.begin({ name: '[internal] load metadata for x' }).done()
  const base = progress.begin({ name: '[1/3] FROM x', step: { stage: 0, number: 1, text: 'FROM x' } })
  base.cached()
  base.done(`sha256:${'a'.repeat(64)}`)
  const run = progress.begin({ name: '[2/3] RUN y', step: { stage: 0, number: 2, text: 'RUN y' } })
  run.container('c'.repeat(64))
  run.output('stdout', bytes('one\ntw'))
  run.output('stderr', bytes('error\n'))
  run.output('stdout', bytes('o\nthree'))
  run.done(`sha256:${'b'.repeat(64)}`)
  const copy = progress.begin({ name: '[3/3] COPY z /', step: { stage: 0, number: 3, text: 'COPY z /' } })
  copy.cached()
  copy.done(`sha256:${'d'.repeat(64)}`)
  progress.built(`sha256:${'e'.repeat(64)}`, ['docker.io/library/made:1'])
  await progress.end()
}

describe('progress of a build', () => {
  test('plain numbers the tasks and their lines', async () => {
    const lines: string[] = []
    await tell(
      plainProgress(
        (line) => lines.push(line),
        () => 0,
      ),
    )
    expect(lines).toEqual([
      '#1 [internal] load metadata for x',
      '#1 DONE 0.0s',
      '',
      '#2 [1/3] FROM x',
      '#2 CACHED',
      '',
      '#3 [2/3] RUN y',
      '#3 0.000 one',
      '#3 0.000 error',
      '#3 0.000 two',
      '#3 0.000 three',
      '#3 DONE 0.0s',
      '',
      '#4 [3/3] COPY z /',
      '#4 CACHED',
      '',
      '#5 exporting to image',
      `#5 writing image sha256:${'e'.repeat(64)} done`,
      '#5 naming to docker.io/library/made:1 done',
      '#5 DONE 0.0s',
    ])
  })

  test('plain names a task again when another one had the word', () => {
    const lines: string[] = []
    const progress = plainProgress(
      (line) => lines.push(line),
      () => 0,
    )
    const [one, two] = [progress.begin({ name: 'one' }), progress.begin({ name: 'two' })]
    one.output('stdout', bytes('a\n'))
    one.done()
    two.failed('broken')
    progress.begin({ name: 'three' }).failed('context canceled')
    expect(lines).toEqual([
      '#1 one', '', '#2 two', '', '#1 one', '#1 0.000 a', '#1 DONE 0.0s', '', '#2 two', '#2 ERROR: broken', '', '#3 three', '#3 CANCELED',
    ]) // biome-ignore format: a column
  })

  test('classic has docker’s words of old', async () => {
    const lines: string[] = []
    await tell(classicProgress((line) => lines.push(line)))
    expect(lines).toEqual([
      'Step 1/3 : FROM x',
      ' ---> aaaaaaaaaaaa',
      'Step 2/3 : RUN y',
      ' ---> Running in cccccccccccc',
      'one',
      'error',
      'two',
      'three',
      ' ---> Removed intermediate container cccccccccccc',
      ' ---> bbbbbbbbbbbb',
      'Step 3/3 : COPY z /',
      ' ---> Using cache',
      ' ---> dddddddddddd',
      'Successfully built eeeeeeeeeeee',
      'Successfully tagged made:1',
    ])
  })

  test('rawjson has vertexes, and logs in base64', async () => {
    const lines: string[] = []
    await tell(
      rawJsonProgress(
        (line) => lines.push(line),
        () => new Date(0),
      ),
    )
    const all = lines.map((line) => JSON.parse(line) as Record<string, readonly Record<string, unknown>[]>)
    const vertexes = all.flatMap(({ vertexes = [] }) => vertexes)
    const digest = vertexes.find(({ name }) => name === '[2/3] RUN y')?.['digest']
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(all.flatMap(({ logs = [] }) => logs)).toMatchObject([
      { vertex: digest, stream: 1, data: 'b25lCnR3' },
      { vertex: digest, stream: 2 },
      { vertex: digest, stream: 1 },
    ])
    expect(vertexes.filter(({ cached }) => cached === true).map(({ name }) => name)).toEqual([
      '[1/3] FROM x',
      '[3/3] COPY z /',
    ])
    expect(vertexes.filter(({ completed }) => completed !== undefined)).toHaveLength(5)
  })

  test('the live picture folds what is over', () => {
    expect(
      sceneLines({
        seconds: 2.04,
        finished: 2,
        expected: 5,
        tasks: [
          { name: '[1/3] FROM x', state: 'cached', seconds: 0, lines: [] },
          { name: '[2/3] RUN y', state: 'failed', seconds: 1.5, lines: [] },
          { name: '[other 2/2] RUN z', state: 'running', seconds: 2, lines: ['a', 'b'] },
        ],
      }),
    ).toEqual([
      '[+] Building 2.0s (2/5)',
      ' => CACHED [1/3] FROM x  0.0s',
      ' => ERROR [2/3] RUN y  1.5s',
      ' => [other 2/2] RUN z  2.0s',
      ' => => # a',
      ' => => # b',
    ])
  })
})
