/** `--security-opt`. */
import { readFileSync } from 'node:fs'
import { SampanError, unsupported, usage } from '../../errors.ts'
import type { LinuxSeccomp } from '../../oci/runtime-spec.ts'
import type { Capability } from '../capabilities.ts'
import { seccompFromProfile } from '../seccomp-profile.ts'

export interface SecurityOptions {
  readonly noNewPrivileges: boolean
  readonly seccomp: 'default' | 'unconfined' | LinuxSeccomp
  /** Nothing in /proc and /sys is masked. */
  readonly unmask: boolean
}

/** Reads the profile of `seccomp=FILE`. Throws usage for an unknown option, unsupported for AppArmor and SELinux ones. */
export function parseSecurityOptions(
  given: readonly string[],
  capabilities: readonly Capability[],
): SecurityOptions {
  let noNewPrivileges = false
  let seccomp: SecurityOptions['seccomp'] = 'default'
  let unmask = false
  for (const option of given) {
    const at = option.search(/[=:]/)
    const name = at < 0 ? option : option.slice(0, at)
    const value = at < 0 ? '' : option.slice(at + 1)
    switch (name) {
      case 'no-new-privileges':
        if (!['', 'true', 'false'].includes(value))
          throw usage(`invalid --security-opt: ${option}`, 'true or false')
        noNewPrivileges = value !== 'false'
        break
      case 'seccomp':
        seccomp =
          value === 'unconfined' ? value : value === 'builtin' ? 'default' : readProfile(value, capabilities)
        break
      case 'systempaths':
      case 'unmask':
        if (!['unconfined', 'ALL', 'all'].includes(value))
          throw unsupported(`--security-opt ${option}`, 'only unmask=ALL')
        unmask = true
        break
      case 'apparmor':
        if (value !== 'unconfined')
          throw unsupported(`--security-opt ${option}`, 'a plain user cannot load AppArmor profiles')
        break
      case 'label':
        if (value !== 'disable')
          throw unsupported(`--security-opt ${option}`, 'SELinux labels are not set: use label=disable')
        break
      default:
        throw usage(
          `invalid --security-opt: "${option}"`,
          'no-new-privileges, seccomp=unconfined|FILE, apparmor=unconfined, label=disable, unmask=ALL',
        )
    }
  }
  return { noNewPrivileges, seccomp, unmask }
}

function readProfile(path: string, capabilities: readonly Capability[]): LinuxSeccomp {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SampanError(`opening seccomp profile (${path}) failed: no such file or directory`, {
      exitCode: 125,
      hint: 'give a JSON profile, or seccomp=unconfined',
      cause,
    })
  }
  try {
    return seccompFromProfile(JSON.parse(text), capabilities)
  } catch (cause) {
    throw new SampanError(`decoding seccomp profile (${path}) failed: ${(cause as Error).message}`, {
      exitCode: 125,
      cause,
    })
  }
}
