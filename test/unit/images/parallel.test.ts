import { expect, test } from 'vitest'
import { inParallel } from '../../../src/images/parallel.ts'

const turns = async () => {
  for (let n = 0; n < 10; n++) await Promise.resolve()
}

test('no more than so many work at once, and those that only wait do not count', async () => {
  const begun: number[] = []
  const ends = [1, 2, 3, 4].map(() => Promise.withResolvers<void>())
  const passOns: (() => void)[] = []
  const all = inParallel([0, 1, 2, 3], 2, async (item, _, passOn) => {
    begun.push(item)
    passOns[item] = passOn
    await ends[item]?.promise
  })
  await turns()
  expect(begun).toEqual([0, 1])
  passOns[0]?.()
  await turns()
  expect(begun).toEqual([0, 1, 2])
  ends[1]?.resolve()
  await turns()
  expect(begun).toEqual([0, 1, 2, 3])
  for (const { resolve } of ends) resolve()
  await all
})

test('it ends when those that wait have ended, too', async () => {
  const end = Promise.withResolvers<void>()
  let done = false
  const all = inParallel([0], 1, async (_item, _stopped, passOn) => {
    passOn()
    await end.promise
  }).then(() => {
    done = true
  })
  await turns()
  expect(done).toBe(false)
  end.resolve()
  await all
})

test('a failure after passing on counts like any other, and nothing new begins', async () => {
  const begun: number[] = []
  const all = inParallel([0, 1, 2], 1, async (item, stopped, passOn) => {
    begun.push(item)
    if (item === 0) passOn()
    await turns()
    if (item === 0) throw new Error('the disk is full')
    while (!stopped()) await turns()
  })
  await expect(all).rejects.toThrow('the disk is full')
  expect(begun).not.toContain(2)
})
