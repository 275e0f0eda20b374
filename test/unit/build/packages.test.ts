import { describe, expect, test } from 'vitest'
import { apkPackages, dpkgPackages } from '../../../src/build/attest/packages.ts'

describe('packages of an image', () => {
  test('are those that dpkg has installed', () => {
    const text = [
      'Package: libc6',
      'Status: install ok installed',
      'Architecture: amd64',
      'Version: 2.36-9+deb12u8',
      'Description: GNU C Library',
      ' Version: 9 is not its version',
      '',
      'Package: gone',
      'Status: deinstall ok config-files',
      'Version: 1',
      '',
      'Package: held',
      'Status: hold ok installed',
      'Version: 2',
      '',
    ].join('\n')
    expect(dpkgPackages(text)).toEqual([
      { name: 'libc6', version: '2.36-9+deb12u8', architecture: 'amd64', kind: 'deb' },
      { name: 'held', version: '2', architecture: '', kind: 'deb' },
    ])
  })

  test('and those of apk', () => {
    const text =
      'C:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:ld.so\n\nP:busybox\nV:1.36.1-r29\nA:x86_64\n\n'
    expect(apkPackages(text)).toEqual([
      { name: 'musl', version: '1.2.5-r0', architecture: 'x86_64', kind: 'apk' },
      { name: 'busybox', version: '1.36.1-r29', architecture: 'x86_64', kind: 'apk' },
    ])
  })

  test('no database, no packages', () => {
    expect([dpkgPackages(''), apkPackages('')]).toEqual([[], []])
  })
})
