/** Accounts by libc's name services: LDAP, systemd's and others, where /etc/passwd does not have them. */
import { CString, type Pointer, read } from 'bun:ffi'
import { FFIType, lazily, libc } from './library.ts'

const calls = lazily(() => libc({ getpwuid: { args: [FFIType.u32], returns: FFIType.ptr } }))

/** The login name of a uid, getpwuid(3); undefined for one that nobody has. */
export function accountName(uid: number): string | undefined {
  const entry = calls().getpwuid(uid)
  // struct passwd begins with the pointer to the name.
  return entry === null ? undefined : new CString(read.ptr(entry, 0) as Pointer).toString()
}
