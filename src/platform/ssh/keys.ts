/**
 * Private keys in files: what ssh-keygen writes (`openssh-key-v1`, the file PROTOCOL.key of OpenSSH) and PEM. RSA, ECDSA on
 * the curves of NIST, and Ed25519.
 */
import { createPrivateKey, type JsonWebKeyInput, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { errnoOf, SampanError } from '../../errors.ts'
import { WireReader, wireInteger, wireString } from './wire.ts'

export interface SshKey {
  /** The public key as SSH has it, by which clients name it. */
  readonly blob: Buffer
  readonly comment: string
  /** @param flags of the agent's sign request: which digest an RSA key is to use */
  sign(data: Uint8Array, flags: number): Buffer
}

/** @throws SampanError for a file that cannot be read, is no private key, or needs a passphrase */
export function readSshKey(path: string): SshKey {
  try {
    const text = readFileSync(path, 'latin1')
    return keyOf(text.includes('BEGIN OPENSSH PRIVATE KEY') ? openSshKey(text) : pemKey(text), path)
  } catch (error) {
    const unknown = errnoOf(error) === 'ENOENT' ? 'no such file' : 'it is no private key that is known here'
    const problem = error instanceof Locked ? 'it has a passphrase' : unknown
    throw new SampanError(`ssh key ${path}: ${problem}`, {
      cause: error,
      hint: 'add it to an agent: eval $(ssh-agent); ssh-add KEY; build --ssh default',
    })
  }
}

type Jwk = JsonWebKeyInput['key']

class Locked extends Error {}

function pemKey(text: string): Jwk {
  if (/ENCRYPTED/.test(text)) throw new Locked()
  return createPrivateKey(text).export({ format: 'jwk' })
}

function openSshKey(text: string): Jwk {
  const reader = new WireReader(Buffer.from(text.replace(/-----.*?-----/g, ''), 'base64'))
  if (reader.take(magic.length).toString() !== magic) throw new RangeError('unknown format')
  const cipher = reader.text()
  if (cipher !== 'none') throw new Locked()
  // Of no use without a cipher: how the passphrase is stretched.
  reader.string()
  reader.string()
  reader.number()
  reader.string()
  const inner = new WireReader(reader.string())
  const twice = [inner.number(), inner.number()]
  if (twice[0] !== twice[1]) throw new RangeError('damaged')
  return jsonKey(inner.text(), inner)
}

const magic = 'openssh-key-v1\0'

function jsonKey(type: string, reader: WireReader): Jwk {
  if (type === 'ssh-ed25519') {
    const x = base64(reader.string())
    return { kty: 'OKP', crv: 'Ed25519', x, d: base64(reader.string().subarray(0, 32)) }
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.integer()) as Six
    const part = (prime: Buffer) => base64(bytesOf(numberOf(d) % (numberOf(prime) - 1n), prime.length))
    const [dp, dq] = [part(p), part(q)]
    const whole = { n: base64(n), e: base64(e), d: base64(d), p: base64(p), q: base64(q), qi: base64(qi) }
    return { kty: 'RSA', ...whole, dp, dq }
  }
  const curve = curves.find(({ ssh }) => type === `ecdsa-sha2-${ssh}`)
  if (curve === undefined) throw new RangeError(`unknown type ${type}`)
  reader.string()
  const point = reader.string().subarray(1)
  const [x, y] = [point.subarray(0, curve.bytes), point.subarray(curve.bytes)]
  const d = Buffer.concat([Buffer.alloc(curve.bytes), reader.integer()]).subarray(-curve.bytes)
  return { kty: 'EC', crv: curve.jwk, x: base64(x), y: base64(y), d: base64(d) }
}

type Six = [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]

const curves = [
  { ssh: 'nistp256', jwk: 'P-256', bytes: 32, digest: 'sha256' },
  { ssh: 'nistp384', jwk: 'P-384', bytes: 48, digest: 'sha384' },
  { ssh: 'nistp521', jwk: 'P-521', bytes: 66, digest: 'sha512' },
] as const

function keyOf(jwk: Jwk, comment: string): SshKey {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const part = (name: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[name] ?? '', 'base64url')
  const parts = (...values: readonly Uint8Array[]) => Buffer.concat(values)
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') {
    const type = wireString('ssh-ed25519')
    const make = (data: Uint8Array) => parts(type, wireString(sign(null, data, key)))
    return { blob: parts(type, wireString(part('x'))), comment, sign: make }
  }
  if (jwk.kty === 'RSA') {
    const blob = parts(wireString('ssh-rsa'), wireInteger(part('e')), wireInteger(part('n')))
    return { blob, comment, sign: (data, flags) => rsaSignature(key, data, flags) }
  }
  const curve = curves.find((one) => one.jwk === jwk.crv)
  if (curve === undefined) throw new RangeError(`unknown type ${jwk.kty}`)
  const type = wireString(`ecdsa-sha2-${curve.ssh}`)
  const point = wireString(parts(Buffer.from([4]), part('x'), part('y')))
  const make = (data: Uint8Array) => {
    const both = sign(curve.digest, data, { key, dsaEncoding: 'ieee-p1363' })
    const [r, s] = [both.subarray(0, curve.bytes), both.subarray(curve.bytes)]
    return parts(type, wireString(parts(wireInteger(r), wireInteger(s))))
  }
  return { blob: parts(type, wireString(curve.ssh), point), comment, sign: make }
}

/** RFC 8332: SHA-1 only for who asks for nothing better. */
function rsaSignature(key: KeyObject, data: Uint8Array, flags: number): Buffer {
  const [type, digest] =
    (flags & 4) !== 0
      ? ['rsa-sha2-512', 'sha512']
      : (flags & 2) !== 0
        ? ['rsa-sha2-256', 'sha256']
        : ['ssh-rsa', 'sha1']
  return Buffer.concat([wireString(type), wireString(sign(digest, data, key))])
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64url')
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}

function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')
}
