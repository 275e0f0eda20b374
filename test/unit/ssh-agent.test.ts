/** Beside OpenSSH itself: it lists what our agent has, and verifies what it signs. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer } from '../../src/platform/ssh/agent.ts'
import { readSshKey } from '../../src/platform/ssh/keys.ts'
import { WireReader, wireNumber, wireString } from '../../src/platform/ssh/wire.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sampan-ssh-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: string, ...words: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

/** What an agent is asked for, of which OpenSSH can verify the answer: an `ssh-keygen -Y sign` by hand. */
function signed(path: string, message: string): { signature: string; algorithm: string } {
  const key = readSshKey(path)
  const data = Buffer.concat([
    Buffer.from('SSHSIG'),
    wireString('test'),
    wireString(''),
    wireString('sha512'),
    wireString(createHash('sha512').update(message).digest()),
  ])
  const reply = new WireReader(
    answer(Buffer.concat([Buffer.from([13]), wireString(key.blob), wireString(data), wireNumber(4)]), [key]),
  )
  expect(reply.byte()).toBe(14)
  const signature = reply.string()
  const armoured = Buffer.concat([
    Buffer.from('SSHSIG'),
    wireNumber(1),
    wireString(key.blob),
    wireString('test'),
    wireString(''),
    wireString('sha512'),
    wireString(signature),
  ]).toString('base64')
  return {
    algorithm: new WireReader(signature).text(),
    signature: `-----BEGIN SSH SIGNATURE-----\n${armoured.replace(/.{70}/g, '$&\n')}\n-----END SSH SIGNATURE-----\n`,
  }
}

describe('an agent with keys of files', () => {
  test.each([
    ['ed25519', [], 'ssh-ed25519'],
    ['rsa', ['-b', '2048'], 'rsa-sha2-512'],
    ['ecdsa', ['-b', '256'], 'ecdsa-sha2-nistp256'],
    ['ecdsa', ['-b', '384'], 'ecdsa-sha2-nistp384'],
    ['ecdsa', ['-b', '521'], 'ecdsa-sha2-nistp521'],
    ['rsa', ['-b', '2048', '-m', 'PEM'], 'rsa-sha2-512'],
    ['ecdsa', ['-b', '256', '-m', 'PKCS8'], 'ecdsa-sha2-nistp256'],
  ] as const)('signs as OpenSSH expects: %s %j', (type, more, algorithm) => {
    const path = join(folder, `${type}${more.join('')}`)
    run('ssh-keygen', '-q', '-t', type, ...more, '-N', '', '-f', path)
    expect(readSshKey(path).blob.toString('base64')).toBe(readFileSync(`${path}.pub`, 'utf8').split(' ')[1])
    // Numbers whose first byte is zero or has its high bit set come up within a few.
    for (let round = 0; round < 12; round++) {
      const made = signed(path, `message ${round}`)
      expect(made.algorithm).toBe(algorithm)
      writeFileSync(join(folder, 'signature'), made.signature)
      writeFileSync(join(folder, 'allowed'), `me ${readFileSync(`${path}.pub`, 'utf8')}`)
      const { status, stderr } = spawnSync(
        'ssh-keygen',
        [
          '-Y',
          'verify',
          '-f',
          join(folder, 'allowed'),
          '-I',
          'me',
          '-n',
          'test',
          '-s',
          join(folder, 'signature'),
        ],
        { input: `message ${round}`, encoding: 'utf8' },
      )
      expect({ status, stderr }).toMatchObject({ status: 0 })
    }
  })

  test('fails for what it does not know', () => {
    const path = join(folder, 'one')
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path)
    const keys = [readSshKey(path)]
    const sign = (blob: string) =>
      Buffer.concat([Buffer.from([13]), wireString(blob), wireString('data'), wireNumber(0)])
    for (const message of [sign('another'), Buffer.from([17]), Buffer.from([13, 0, 0]), Buffer.alloc(0)]) {
      expect(answer(message, keys)).toEqual(Buffer.from([5]))
    }
  })

  test('a file that is no key, and one with a passphrase, are said to be', () => {
    writeFileSync(join(folder, 'text'), 'no key\n')
    expect(() => readSshKey(join(folder, 'text'))).toThrow('it is no private key that is known here')
    expect(() => readSshKey(join(folder, 'absent'))).toThrow('no such file')
    for (const more of [[], ['-m', 'PEM']]) {
      const path = join(folder, `locked${more.join('')}`)
      run('ssh-keygen', '-q', '-t', 'rsa', '-b', '2048', ...more, '-N', 'secret', '-f', path)
      expect(() => readSshKey(path)).toThrow(`ssh key ${path}: it has a passphrase`)
    }
  })
})
