/**
 * File names as *byte strings*: one character a byte ('latin1'). A file name on Linux is bytes and need not be UTF-8;
 * as a string it can still be split and compared.
 */

/** What a file system call takes for a byte string: itself where it is plain ASCII, else its bytes. */
export function pathOf(name: string): string | Buffer {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 127) return Buffer.from(name, 'latin1')
  return name
}

/** The byte string of a name that this program knows as text. */
export function byteName(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** A byte string for a person: UTF-8 where it is that, escapes for what a terminal must not get. */
export function printable(name: string): string {
  const decoded = Buffer.from(name, 'latin1').toString('utf8')
  const quoted = JSON.stringify(decoded).slice(1, -1)
  return quoted.length > 200 ? `${quoted.slice(0, 200)}…` : quoted
}
