/** The dice of the torture test: random commands over few names, so that they meet. */

/** A sequence that a seed repeats (mulberry32). */
export class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 up to, not including, `below`. */
  number(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.number(choices.length))] as T
  }
}

/** A command line; `folder` is one the user may write to. */
export function anyCommand(dice: Dice, image: string, folder: string): string[] {
  const container = () => `c${Math.floor(dice.number(8))}`
  const other = () => `${folder}/file-${Math.floor(dice.number(4))}`
  const volume = () => `v${Math.floor(dice.number(3))}`
  const network = () => dice.of(['none', 'none', 'bridge', 'n0', 'n1'])
  const made = () => `made:${Math.floor(dice.number(3))}`
  const sleep = ['sh', '-c', 'trap "exit 0" TERM; sleep 30 & wait']
  const makers: (() => string[])[] = [
    () => ['run', '-d', '--name', container(), '--network', network(), image, ...sleep],
    () => [
      'run',
      '-d',
      '--name',
      container(),
      '-v',
      `${volume()}:/data`,
      '--network',
      'none',
      image,
      ...sleep,
    ],
    () => [
      'run',
      '-d',
      '--name',
      container(),
      '--restart',
      'on-failure:2',
      '--network',
      'none',
      image,
      'sh',
      '-c',
      'sleep 0.1; exit 1',
    ],
    () => ['run', '--rm', '--network', network(), image, 'sh', '-c', 'echo x >/file; cat /file'],
    () => ['create', '--name', container(), '--network', network(), image, ...sleep],
    () => ['start', container()],
    () => ['start', container()],
    () => ['stop', '-t', '1', container()],
    () => ['restart', '-t', '0', container()],
    () => ['kill', container()],
    () => ['rm', container()],
    () => ['rm', '-f', '-v', container()],
    () => ['rename', container(), container()],
    () => ['exec', container(), 'sh', '-c', 'echo y >>/y; wc -c /y'],
    () => ['pause', container()],
    () => ['unpause', container()],
    () => ['unpause', container()],
    () => ['cp', '/etc/passwd', `${container()}:/tmp`],
    () => ['cp', `${container()}:/etc`, other()],
    () => ['commit', container(), made()],
    () => ['export', '-o', other(), container()],
    () => ['diff', container()],
    () => ['rmi', '-f', made()],
    () => ['tag', image, made()],
    () => ['image', 'prune', '-f'],
    () => ['volume', 'create', volume()],
    () => ['volume', 'rm', volume()],
    () => ['network', 'create', dice.of(['n0', 'n1'])],
    () => ['network', 'rm', dice.of(['n0', 'n1'])],
    () => ['network', 'connect', dice.of(['n0', 'n1']), container()],
    () => ['network', 'disconnect', '-f', dice.of(['n0', 'n1']), container()],
    () => ['port', 'add', container(), '127.0.0.1::80'],
    () => ['update', '--restart', 'no', container()],
    () => ['ps', '-a'],
    () => ['inspect', container()],
    () => ['logs', container()],
    () => ['top', container()],
    () => ['stats', '--no-stream'],
    () => ['system', 'df'],
  ]
  return dice.of(makers)()
}
