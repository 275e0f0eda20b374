/**
 * Seccomp profiles that people write: docker's JSON (`archMap`, `includes`, `excludes`), which is a superset of the OCI
 * section. Conditions on capabilities, architecture and kernel version are decided here, so that the bundle has a
 * plain OCI section. Pure but for the kernel release.
 */
import { release } from 'node:os'
import type { LinuxSeccomp, LinuxSyscall, SeccompAction } from '../oci/runtime-spec.ts'
import type { Capability } from './capabilities.ts'

interface Condition {
  readonly caps?: readonly string[]
  readonly arches?: readonly string[]
  readonly minKernel?: string
}

interface ProfileRule {
  readonly name?: string
  readonly names?: readonly string[]
  readonly action: SeccompAction
  readonly errnoRet?: number
  readonly args?: LinuxSyscall['args'] | null
  readonly includes?: Condition
  readonly excludes?: Condition
}

interface Profile {
  readonly defaultAction: SeccompAction
  readonly defaultErrnoRet?: number
  readonly architectures?: readonly string[]
  readonly archMap?: readonly {
    readonly architecture: string
    readonly subArchitectures?: readonly string[] | null
  }[]
  readonly flags?: readonly string[]
  readonly syscalls?: readonly ProfileRule[] | null
}

const HOST =
  process.arch === 'arm64'
    ? { go: 'arm64', scmp: 'SCMP_ARCH_AARCH64' }
    : { go: 'amd64', scmp: 'SCMP_ARCH_X86_64' }

/** Throws an Error that says what the profile lacks. */
export function seccompFromProfile(
  value: unknown,
  capabilities: readonly Capability[],
  kernel: string = release(),
): LinuxSeccomp {
  const profile = value as Partial<Profile> | null
  if (typeof profile?.defaultAction !== 'string') throw new Error('it has no defaultAction')
  const { defaultAction, defaultErrnoRet, flags } = profile
  const mapped = profile.archMap?.find(({ architecture }) => architecture === HOST.scmp)
  const architectures =
    profile.architectures ?? (mapped && [mapped.architecture, ...(mapped.subArchitectures ?? [])]) ?? []
  const applies = (condition: Condition) => holds(condition, capabilities, kernel)
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(flags === undefined ? {} : { flags }),
    syscalls: (profile.syscalls ?? [])
      .filter(
        ({ includes, excludes }) =>
          (!includes || applies(includes)) && !(excludes && any(excludes, capabilities)),
      )
      .map(plainRule),
  }
}

function plainRule(rule: ProfileRule): LinuxSyscall {
  const names = rule.names ?? (rule.name === undefined ? [] : [rule.name])
  if (names.length === 0 || typeof rule.action !== 'string')
    throw new Error('a rule lacks names or an action')
  return {
    names,
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args?.length
      ? {
          args: rule.args.map(({ index, value, valueTwo, op }) => ({
            index,
            value,
            op,
            ...(valueTwo ? { valueTwo } : {}),
          })),
        }
      : {}),
  }
}

/** `includes`: every part must hold, and of each list every capability and one architecture. */
function holds(condition: Condition, capabilities: readonly string[], kernel: string): boolean {
  return (
    (condition.caps ?? []).every((name) => capabilities.includes(name)) &&
    (condition.arches === undefined || condition.arches.length === 0 || condition.arches.includes(HOST.go)) &&
    (condition.minKernel === undefined || !isOlder(kernel, condition.minKernel))
  )
}

/** `excludes`: one match is enough. */
function any(condition: Condition, capabilities: readonly string[]): boolean {
  return (
    (condition.caps ?? []).some((name) => capabilities.includes(name)) ||
    (condition.arches ?? []).includes(HOST.go)
  )
}

function isOlder(kernel: string, least: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = least.split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}
