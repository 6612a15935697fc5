/** Requirement 34: the PROXY header, both versions, read and written. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatAddress, parseIpAddress } from '../../src/lib/prefix.ts';
import { LOCAL_HEADER, readProxyHeader, writeProxyHeader, type PeerEnd } from '../../src/wire/proxy-header.ts';

const MAX = 4096;
const SIGNATURE = '0d0a0d0a000d0a515549540a';
const IPV4 = 'c0000201c63364010050270f'; // 192.0.2.1, 198.51.100.1, 80, 9999
const IPV6 = '20010db800000000000000000000000120010db80000000000000000000000020050270f';
const CLIENT4 = { address: '192.0.2.1', port: 80 };
const CLIENT6 = { address: '2001:db8::1', port: 80 };

function line(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function binary(versionAndCommand: string, family: string, rest: string, length = rest.length / 2): Buffer {
  return Buffer.from(`${SIGNATURE}${versionAndCommand}${family}${length.toString(16).padStart(4, '0')}${rest}`, 'hex');
}

describe('requirement 34: version 1', () => {
  test.each([
    { text: 'PROXY TCP4 192.0.2.1 198.51.100.1 80 9999\r\n', source: CLIENT4 },
    {
      text: 'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
      source: { address: '255.255.255.255', port: 65_535 },
    },
    { text: 'PROXY TCP4 192.0.2.1 198.51.100.1 0 0\r\n', source: { address: '192.0.2.1', port: 0 } },
    { text: 'PROXY TCP6 2001:db8::1 2001:DB8::2 80 9999\r\n', source: CLIENT6 },
    {
      text: `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`,
      source: { address: `${'ffff:'.repeat(7)}ffff`, port: 65_535 },
    },
    { text: 'PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6401 80 9999\r\n', source: CLIENT4 },
    { text: 'PROXY UNKNOWN\r\n', source: null },
    { text: 'PROXY UNKNOWN 192.0.2.1 nobody looks \t\0\r\n', source: null },
    { text: `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, source: null },
  ])('is read: $text', ({ text, source }) => {
    const want = { length: text.length, source, isDatagram: false };
    expect(readProxyHeader(line(text), MAX)).toEqual(want);
    expect(readProxyHeader(line(`${text}GET / HTTP/1.1\r\n`), MAX)).toEqual(want);
  });

  test.each([
    'GET / HTTP/1.1\r\n',
    'proxy TCP4 192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY  TCP4 192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY TCP4  192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 80 9999 \r\n',
    'PROXY\tTCP4 192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY TCP5 192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY UDP4 192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 80\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 80 9999 1\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 65536 9999\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 80 65536\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 080 9999\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 +80 9999\r\n',
    'PROXY TCP4 192.0.2.01 198.51.100.1 80 9999\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.1 80 9999\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.999 80 9999\r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 80 9999\r\n',
    'PROXY TCP4 192.0.2.1 2001:db8::2 80 9999\r\n',
    'PROXY TCP6 192.0.2.1 198.51.100.1 80 9999\r\n',
    'PROXY TCP6 fe80::1%eth0 2001:db8::2 80 9999\r\n',
    'PROXY TCP6 2001:db8::1::2 2001:db8::2 80 9999\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 80 9999\n',
    'PROXY TCP4 192.0.2.1 198.51.100.1 80 9999\r \r\n',
    'PROXY UNKNOWN\n',
    'PROXY UNKNOWN x\ry\r\n',
    'PROXY UNKNOWNX\r\n',
    `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`,
    `PROXY UNKNOWN ${'x'.repeat(93)}`,
    `PROXY TCP4 ${'x'.repeat(200)}`,
    '\r\nPROXY UNKNOWN\r\n',
  ])('is not: %j', (text) => {
    expect(readProxyHeader(line(text), MAX)).toBe('malformed');
  });
});

describe('requirement 34: version 2', () => {
  const TLV = '04000200ff';
  test.each([
    { name: 'IPv4', bytes: binary('21', '11', IPV4), source: CLIENT4 },
    { name: 'IPv6', bytes: binary('21', '21', IPV6), source: CLIENT6 },
    {
      name: 'IPv4 within IPv6',
      bytes: binary('21', '21', `00000000000000000000ffffc0000201${'0'.repeat(32)}0050270f`),
      source: CLIENT4,
    },
    { name: 'TLVs, skipped', bytes: binary('21', '11', IPV4 + TLV), source: CLIENT4 },
    { name: 'a checksum', bytes: binary('21', '11', `${IPV4}03000496c8d764`), source: CLIENT4 },
    { name: 'a datagram', bytes: binary('21', '12', IPV4), source: CLIENT4, isDatagram: true },
    { name: 'a datagram over IPv6', bytes: binary('21', '22', IPV6), source: CLIENT6, isDatagram: true },
    { name: 'an unknown family', bytes: binary('21', '00', ''), source: null },
    { name: 'an unknown family with something', bytes: binary('21', '00', 'abcdef'), source: null },
    { name: 'a Unix socket', bytes: binary('21', '31', '00'.repeat(216)), source: null },
    { name: 'LOCAL', bytes: binary('20', '00', ''), source: null },
    { name: 'LOCAL with addresses', bytes: binary('20', '11', IPV4), source: null },
    { name: 'LOCAL of a family that nobody knows', bytes: binary('20', '77', 'ff'), source: null },
    { name: 'our own LOCAL', bytes: LOCAL_HEADER, source: null },
    {
      name: 'as long as may be',
      bytes: binary('21', '11', `${IPV4}04${(MAX - 31).toString(16).padStart(4, '0')}${'00'.repeat(MAX - 31)}`),
      source: CLIENT4,
    },
  ])('is read: $name', ({ bytes, source, isDatagram = false }) => {
    const want = { length: bytes.length, source, isDatagram };
    expect(readProxyHeader(bytes, MAX)).toEqual(want);
    expect(readProxyHeader(Buffer.concat([bytes, line('GET ')]), MAX)).toEqual(want);
  });

  test.each([
    { name: 'version 1 in binary', bytes: binary('11', '11', IPV4) },
    { name: 'version 3', bytes: binary('31', '11', IPV4) },
    { name: 'an unknown command', bytes: binary('22', '11', IPV4) },
    { name: 'half a family', bytes: binary('21', '10', IPV4) },
    { name: 'half another', bytes: binary('21', '01', IPV4) },
    { name: 'a family that nobody knows', bytes: binary('21', '41', IPV4) },
    { name: 'a transport that nobody knows', bytes: binary('21', '13', IPV4) },
    { name: 'too short for IPv4', bytes: binary('21', '11', IPV4.slice(2)) },
    { name: 'IPv6 with the length of IPv4', bytes: binary('21', '21', IPV4) },
    { name: 'half a TLV', bytes: binary('21', '11', `${IPV4}0400`) },
    { name: 'a TLV longer than the header', bytes: binary('21', '11', `${IPV4}${TLV}04000200`) },
    { name: 'a checksum that is wrong', bytes: binary('21', '11', `${IPV4}03000400000000`) },
    { name: 'a checksum of three bytes', bytes: binary('21', '11', `${IPV4}030003000000`) },
    { name: 'a checksum longer than the header', bytes: binary('21', '11', `${IPV4}0300040000`) },
    { name: 'too short for a Unix socket', bytes: binary('21', '31', '00'.repeat(215)) },
    { name: 'longer than may be', bytes: binary('21', '11', IPV4, MAX - 15) },
    { name: 'LOCAL longer than may be', bytes: binary('20', '00', '', 65_535) },
    { name: 'a signature with a fault', bytes: Buffer.from('0d0a0d0a000d0a515549540b', 'hex') },
  ])('is not: $name', ({ bytes }) => {
    expect(readProxyHeader(bytes, MAX)).toBe('malformed');
  });
});

const end4 = fc.record({
  address: fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatAddress),
  port: fc.integer({ min: 0, max: 65_535 }),
});
const end6 = fc.record({
  address: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatAddress),
  port: fc.integer({ min: 0, max: 65_535 }),
});
const end = fc.oneof(end4, end6);
const version = fc.constantFrom<1 | 2>(1, 2);

test('requirement 34: what is written is read again, whichever families meet, and every beginning of it wants more', () => {
  fc.assert(
    fc.property(version, end, end, fc.uint8Array({ maxLength: 40 }), (as, source, destination, behind) => {
      const header = writeProxyHeader(as, { source, destination });
      const want: PeerEnd = { address: formatAddress(parseIpAddress(source.address)!), port: source.port };
      expect(readProxyHeader(Buffer.concat([header, behind]), MAX)).toEqual({
        length: header.length,
        source: want,
        isDatagram: false,
      });
      for (let length = 0; length < header.length; length++)
        expect(readProxyHeader(header.subarray(0, length), MAX)).toBe('more');
    }),
  );
});

test.each([
  { as: 1 as const, source: CLIENT4, want: Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 80 9999\r\n') },
  { as: 2 as const, source: CLIENT4, want: binary('21', '11', IPV4) },
  { as: 1 as const, source: CLIENT6, want: Buffer.from('PROXY TCP6 2001:db8::1 ::ffff:c633:6401 80 9999\r\n') },
])('version $as, $source.address, is written so', ({ as, source, want }) => {
  expect(writeProxyHeader(as, { source, destination: { address: '198.51.100.1', port: 9999 } })).toEqual(want);
});

test('who has no address is nobody in particular', () => {
  const ends = { source: { address: '', port: 0 }, destination: CLIENT4 };
  expect(writeProxyHeader(1, ends)).toEqual(Buffer.from('PROXY UNKNOWN\r\n'));
  expect(writeProxyHeader(2, ends)).toEqual(LOCAL_HEADER);
});

test('total on any bytes: what was refused stays refused, what was whole stays the same, whatever follows', () => {
  const beginnings = fc.constantFrom(
    Buffer.alloc(0),
    line('PROXY TCP4 '),
    line('PROXY UNKNOWN'),
    Buffer.from(`${SIGNATURE}2111`, 'hex'),
    Buffer.from(`${SIGNATURE}2000`, 'hex'),
  );
  fc.assert(
    fc.property(beginnings, fc.uint8Array({ maxLength: 300 }), (beginning, rest) => {
      const bytes = Buffer.concat([beginning, rest]);
      let before: ReturnType<typeof readProxyHeader> = 'more';
      for (let length = 0; length <= bytes.length; length++) {
        const read = readProxyHeader(bytes.subarray(0, length), 256);
        if (before !== 'more') expect(read).toEqual(before);
        if (typeof read === 'object') expect(read.length).toBeLessThanOrEqual(256);
        before = read;
      }
      if (bytes.length >= 256) expect(before).not.toBe('more');
    }),
  );
});
