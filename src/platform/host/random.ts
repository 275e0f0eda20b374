/** Random names and numbers. Not node:crypto's: loading that takes 2 ms, and nearly every command names something. */

/** That many random bytes, as hex digits. */
export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}

/** A whole number from 0 to below `end`, which is at most 2³²; every one as likely to within 2⁻²¹. */
export function randomBelow(end: number): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  // 53 bits, as many as a number holds.
  const fraction = (high * 2 ** 21 + (low >>> 11)) / 2 ** 53
  return Math.floor(fraction * end)
}
