import { expect, test } from 'vitest'
import { parseListening } from '../../../src/platform/host/sockets.ts'

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n'
const row = (address: string, state: string) =>
  `${head}   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1\n`
const row6 = (address: string) =>
  `${head}  12: ${address} 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n`

test.each([
  ['any address', row('00000000:0050', '0A'), [{ port: 80, loopback: false }]],
  ['127.0.0.1', row('0100007F:1F90', '0A'), [{ port: 8080, loopback: true }]],
  ['another of 127.0.0.0/8', row('3500007F:0035', '07'), [{ port: 53, loopback: true }]],
  ['an address that ends in 127', row('7F0011AC:0035', '07'), [{ port: 53, loopback: false }]],
  ['an established connection', row('0100007F:0050', '01'), []],
  ['any address of IPv6', row6(`${'0'.repeat(32)}:0050`), [{ port: 80, loopback: false }]],
  ['::1', row6(`${'0'.repeat(24)}01000000:0050`), [{ port: 80, loopback: true }]],
  ['127.0.0.1 mapped', row6('0000000000000000FFFF00000100007F:0050'), [{ port: 80, loopback: true }]],
  ['nothing', head, []],
])('%s', (_, text, sockets) => {
  expect(parseListening(text)).toEqual(sockets)
})
