import { describe, expect, test } from 'vitest'
import {
  allCapabilities,
  defaultCapabilities,
  parseCapabilities,
} from '../../../src/containers/capabilities.ts'
import { defaultSeccomp } from '../../../src/containers/seccomp.ts'

describe('capabilities', () => {
  test.each<[string[], string[], (names: readonly string[]) => unknown, unknown]>([
    [[], [], (names) => names.length, defaultCapabilities.length],
    [['net_admin'], [], (names) => names.includes('CAP_NET_ADMIN'), true],
    [['CAP_SYS_TIME'], ['ALL'], (names) => names, ['CAP_SYS_TIME']],
    [[], ['all'], (names) => names, []],
    [['ALL'], ['sys_admin'], (names) => names.includes('CAP_SYS_ADMIN'), false],
    [['ALL'], ['sys_admin'], (names) => names.length, allCapabilities.length - 1],
    [['chown'], ['chown'], (names) => names.includes('CAP_CHOWN'), true],
    [['net_raw,sys_time'], [], (names) => names.includes('CAP_SYS_TIME'), true],
  ])('--cap-add %j --cap-drop %j', (add, drop, look, expected) => {
    expect(look(parseCapabilities(add, drop, false))).toEqual(expected)
  })

  test('privileged holds every capability whatever is dropped', () => {
    expect(parseCapabilities([], ['ALL'], true)).toEqual(allCapabilities)
  })

  test('an unknown name is refused by name', () => {
    expect(() => parseCapabilities(['fly'], [], false)).toThrow('unknown capability "fly"')
  })
})

describe('the default seccomp profile', () => {
  const answers = (name: string, capabilities = defaultCapabilities) =>
    (defaultSeccomp(capabilities).syscalls ?? []).filter((rule) => rule.names.includes(name))

  test.each([
    ['openat', 'SCMP_ACT_ALLOW'],
    ['chroot', 'SCMP_ACT_ALLOW'],
    ['mount', 'SCMP_ACT_ERRNO'],
    ['keyctl', 'SCMP_ACT_ERRNO'],
    ['bpf', 'SCMP_ACT_ERRNO'],
  ])('answers %s with %s', (name, action) => {
    expect(answers(name).map((rule) => rule.action)).toEqual([action])
  })

  test('a capability opens the calls it guards', () => {
    expect(answers('mount', ['CAP_SYS_ADMIN']).map((rule) => rule.action)).toEqual(['SCMP_ACT_ALLOW'])
    expect(answers('clone', ['CAP_SYS_ADMIN'])[0]).not.toHaveProperty('args')
  })

  test('clone may not make namespaces and clone3 is unknown', () => {
    expect(answers('clone')[0]?.args).toEqual([
      { index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' },
    ])
    expect(answers('clone3')).toEqual([{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }])
  })

  test('no call is both allowed and refused', () => {
    for (const capabilities of [[], defaultCapabilities, allCapabilities]) {
      const rules = (defaultSeccomp(capabilities).syscalls ?? []).filter((rule) => rule.args === undefined)
      const names = rules.flatMap((rule) => rule.names)
      expect(names.length).toBe(new Set(names).size)
    }
  })
})
