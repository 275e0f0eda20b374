/** DNS as bytes (RFC 1035), and a server for tests: as little as the tests need. */

export const types = { A: 1, PTR: 12, AAAA: 28, OPT: 41 } as const
export type Type = keyof typeof types

export interface Answer {
  readonly id: number
  /** 0 no error, 2 server failure, 3 no such name, 5 refused. */
  readonly code: number
  readonly truncated: boolean
  /** Addresses and names, in their order. */
  readonly data: readonly string[]
  /** Whether it has an OPT record (EDNS). */
  readonly edns: boolean
}

/** @param room the size of answers that the asker takes by EDNS; without: no EDNS */
export function question(name: string, type: Type = 'A', room?: number): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
  const header = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, room === undefined ? 0 : 1]
  const opt = room === undefined ? [] : [0, 0, types.OPT, room >> 8, room & 255, 0, 0, 0, 0, 0, 0]
  return Buffer.from([...header, ...labels, 0, 0, types[type], 0, 1, ...opt])
}

export function parseAnswer(message: Buffer): Answer {
  let at = afterName(message, 12) + 4
  const data: string[] = []
  let edns = false
  for (let left = message.readUInt16BE(6) + message.readUInt16BE(10); left > 0; left--) {
    at = afterName(message, at)
    const [type, length] = [message.readUInt16BE(at), message.readUInt16BE(at + 8)]
    at += 10
    if (type === types.OPT) edns = true
    if (type === types.A) data.push([...message.subarray(at, at + 4)].join('.'))
    if (type === types.AAAA) data.push(message.subarray(at, at + 16).toString('hex'))
    if (type === types.PTR) data.push(nameAt(message, at))
    at += length
  }
  const flags = message.readUInt16BE(2)
  return { id: message.readUInt16BE(0), code: flags & 15, truncated: (flags & 0x200) !== 0, data, edns }
}

/** A program (Perl, which every Debian has) that sends the message on its input and prints the answer. */
export function ask(server: string, way: 'udp' | 'tcp'): string[] {
  const script = `
    binmode STDIN; binmode STDOUT; alarm 20; local $/;
    my $message = <STDIN>;
    my $socket = IO::Socket::INET->new(PeerAddr => "${server}", PeerPort => 53, Proto => "${way}") or die;
    my ($got, $left, $answer) = ("", 1, "");
    $message = pack("n", length $message) . $message if "${way}" eq "tcp";
    syswrite $socket, $message;
    while ($left > 0 && sysread $socket, $got, 65535) {
      $answer .= $got;
      $left = "${way}" eq "udp" ? 0 : length $answer < 2 ? 1 : 2 + unpack("n", $answer) - length $answer;
    }
    print "${way}" eq "tcp" ? substr $answer, 2 : $answer;`
  return ['perl', '-MIO::Socket::INET', '-e', script]
}

/** A program that answers every question for an address with this one, over UDP only, or over TCP: then UDP says so. */
export function answerAlways(address: string, way: 'udp' | 'tcp' = 'udp'): string[] {
  const script = `
    my $record = "\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\5\\0\\4" . pack("C4", split(/\\./, "${address}"));
    sub answer {
      my ($message, $whole) = @_;
      my ($asked) = substr($message, 12) =~ /^([^\\0]*\\0.{4})/s;
      my $flags = $whole ? "\\x81\\x80\\0\\1\\0\\1" : "\\x83\\x80\\0\\1\\0\\0";
      return substr($message, 0, 2) . $flags . "\\0\\0\\0\\0" . $asked . ($whole ? $record : "");
    }
    if ("${way}" eq "tcp" && fork) {
      my $door = IO::Socket::INET->new(LocalPort => 53, Proto => "tcp", Listen => 5, ReuseAddr => 1) or die;
      while (my $client = $door->accept) {
        sysread $client, my $message, 4096;
        my $answer = answer(substr($message, 2), 1);
        syswrite $client, pack("n", length $answer) . $answer;
      }
    }
    my $socket = IO::Socket::INET->new(LocalPort => 53, Proto => "udp") or die;
    while (defined $socket->recv(my $message, 4096)) {
      $socket->send(answer($message, "${way}" eq "udp"));
    }`
  return ['perl', '-MIO::Socket::INET', '-e', script]
}

function afterName(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const label = message[at] ?? 0
    if (label >= 0xc0) return at + 2
    at += label + 1
    if (label === 0) return at
  }
}

function nameAt(message: Buffer, start: number): string {
  const labels: string[] = []
  for (let at = start; (message[at] ?? 0) > 0; at += (message[at] ?? 0) + 1)
    labels.push(message.toString('latin1', at + 1, at + 1 + (message[at] ?? 0)))
  return labels.join('.')
}
