/** Which sockets of a network namespace wait for clients, by what the kernel lists of it (proc_pid_net(5)). */
import { readOfProcess } from './processes.ts'

export interface Listening {
  readonly port: number
  /** On 127.0.0.0/8 or ::1: for clients of the same namespace alone. */
  readonly loopback: boolean
}

/** Sockets that listen (TCP) or are bound and not connected (UDP); none for a process that has ended. */
export function listening(pid: number, protocol: 'tcp' | 'udp'): Listening[] {
  return ['', '6'].flatMap((family) => parseListening(readOfProcess(pid, `net/${protocol}${family}`) ?? ''))
}

/** The text of /proc/PID/net/tcp, tcp6, udp or udp6. */
export function parseListening(text: string): Listening[] {
  // "0: 0100007F:0050 00000000:0000 0A …": the address in the machine's order of bytes, four at a time.
  return [
    ...text.matchAll(/^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (0A|07) /gm),
  ].map(([, address = '', port = '']) => ({
    port: Number.parseInt(port, 16),
    loopback: /^[0-9A-F]{6}7F$|^0{24}01000000$|^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address),
  }))
}
