/** The header before a datagram, byte by byte as the PROXY protocol's section 2.2 has it, and as our own reader and no other reads it back. */
import { expect, test } from '@jest/globals';
import { PEER_BYTES, writePeer } from '../../src/dns-front/datagrams/datagrams.ts';
import { ProxyOut } from '../../src/dns-front/proxy-out.ts';
import { readProxyHeader } from '../../src/wire/proxy-header.ts';

const AT = 64;
const PEER = 200;

function header(own: string, client: { readonly address: string; readonly port: number }): Buffer {
  const bytes = Buffer.alloc(PEER + PEER_BYTES, 0xee);
  writePeer(bytes, PEER, client);
  const length = new ProxyOut({ address: own, port: 53 }).writeBefore(bytes, AT, PEER);
  // Nothing before it, nothing of the datagram.
  expect([bytes[AT - length - 1], bytes[AT]]).toEqual([0xee, 0xee]);
  return bytes.subarray(AT - length, AT);
}

const SIGNATURE = '0d0a0d0a000d0a515549540a';

test.each([
  {
    name: 'IPv4 over UDP: 0x12, 12 bytes',
    own: '198.51.100.53',
    client: { address: '192.0.2.1', port: 0x1267 },
    want: `${SIGNATURE} 21 12 000c c0000201 c6336435 1267 0035`,
  },
  {
    name: 'IPv6 over UDP: 0x22, 36 bytes',
    own: '2001:db8::53',
    client: { address: '2001:db8::1', port: 0xffff },
    want: `${SIGNATURE} 21 22 0024 20010db8000000000000000000000001 20010db8000000000000000000000053 ffff 0035`,
  },
  {
    name: 'a client by IPv4 of a listener by IPv6: it is mapped (RFC 4291 section 2.5.5.2)',
    own: '2001:db8::53',
    client: { address: '192.0.2.1', port: 1 },
    want: `${SIGNATURE} 21 22 0024 00000000000000000000ffffc0000201 20010db8000000000000000000000053 0001 0035`,
  },
  {
    name: 'a client by IPv6 of a listener by IPv4',
    own: '198.51.100.53',
    client: { address: '2001:db8::1', port: 1 },
    want: `${SIGNATURE} 21 22 0024 20010db8000000000000000000000001 00000000000000000000ffffc6336435 0001 0035`,
  },
  {
    name: 'IPv4 that came to a socket for both families is IPv4',
    own: '198.51.100.53',
    client: { address: '::ffff:192.0.2.1', port: 1 },
    want: `${SIGNATURE} 21 12 000c c0000201 c6336435 0001 0035`,
  },
])('$name', ({ own, client, want }) => {
  const written = header(own, client);
  expect(written.toString('hex')).toBe(want.replaceAll(' ', ''));
  expect(readProxyHeader(written, 107)).toEqual({
    length: written.length,
    source: { ...client, address: client.address.replace('::ffff:', '') },
    isDatagram: true,
  });
});
