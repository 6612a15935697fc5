/**
 * Requirement 34, against the reader of the source's own authors: which headers HAProxy takes, and whom it takes them to name. Where the
 * source says otherwise than HAProxy does, we do what it says: two tables.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readProxyHeader } from '../../src/wire/proxy-header.ts';
import { runHaproxy, type Haproxy } from '../support/haproxy.ts';
import { describeWith } from '../support/programs.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const IPV4 = 'c0000201c63364010050270f';
const IPV6 = '20010db800000000000000000000000120010db80000000000000000000000020050270f';

function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function binary(start: string, rest: string, length = rest.length / 2): Buffer {
  return Buffer.from(`${SIGNATURE}${start}${length.toString(16).padStart(4, '0')}${rest}`, 'hex');
}

const HEADERS: Readonly<Record<string, Buffer>> = {
  'version 1': line('PROXY TCP4 192.0.2.1 198.51.100.1 80 9999'),
  'version 1, IPv6': line('PROXY TCP6 2001:db8::1 2001:DB8::2 80 9999'),
  'ports of 0': line('PROXY TCP4 192.0.2.1 198.51.100.1 0 0'),
  UNKNOWN: line('PROXY UNKNOWN'),
  'UNKNOWN and more': line('PROXY UNKNOWN x y z'),
  'UNKNOWN, 107 bytes': line(`PROXY UNKNOWN ${'x'.repeat(91)}`),
  'UNKNOWN, 108 bytes': line(`PROXY UNKNOWN ${'x'.repeat(92)}`),
  'lower case': line('proxy TCP4 192.0.2.1 198.51.100.1 80 9999'),
  'two spaces': line('PROXY  TCP4 192.0.2.1 198.51.100.1 80 9999'),
  'a space at the end': line('PROXY TCP4 192.0.2.1 198.51.100.1 80 9999 '),
  'a word too many': line('PROXY TCP4 192.0.2.1 198.51.100.1 80 9999 1'),
  'a word too few': line('PROXY TCP4 192.0.2.1 198.51.100.1 80'),
  'a port that is none': line('PROXY TCP4 192.0.2.1 198.51.100.1 65536 9999'),
  'a port with a zero': line('PROXY TCP4 192.0.2.1 198.51.100.1 080 9999'),
  'an address with a zero': line('PROXY TCP4 192.0.2.01 198.51.100.1 80 9999'),
  'an address that is none': line('PROXY TCP4 192.0.2.256 198.51.100.1 80 9999'),
  'two families': line('PROXY TCP4 192.0.2.1 2001:db8::2 80 9999'),
  'another family': line('PROXY TCP6 192.0.2.1 198.51.100.1 80 9999'),
  'UDP4 in a line': line('PROXY UDP4 192.0.2.1 198.51.100.1 80 9999'),
  'LF alone': Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 80 9999\n'),
  'no header': line('GET / HTTP/1.0'),
  'version 2': binary('2111', IPV4),
  'version 2, IPv6': binary('2121', IPV6),
  'a TLV': binary('2111', `${IPV4}04000200ff`),
  'what is no TLV': binary('2111', `${IPV4}ff`),
  'a TLV longer than the header': binary('2111', `${IPV4}04000300ff`),
  'a checksum': binary('2111', `${IPV4}03000496c8d764`),
  'a checksum that is wrong': binary('2111', `${IPV4}03000400000000`),
  'a checksum that is right, of three bytes': binary('2111', `${IPV4}03000396c8d7`),
  'a datagram': binary('2112', IPV4),
  'no family': binary('2100', ''),
  'no family, and more': binary('2100', 'abcdef'),
  'a Unix socket': binary('2131', '00'.repeat(216)),
  LOCAL: binary('2000', ''),
  'LOCAL with addresses': binary('2011', IPV4),
  'too short for IPv4': binary('2111', IPV4.slice(2)),
  'too short for IPv6': binary('2121', IPV4),
  'another version': binary('1111', IPV4),
  'another command': binary('2211', IPV4),
  'half a family': binary('2110', IPV4),
  'a family that nobody knows': binary('2141', IPV4),
};

/** What HAProxy takes and the source forbids: we refuse it. */
const REFUSED_BY_US: ReadonlySet<string> = new Set([
  'a port that is none',
  'a port with a zero',
  'an address with a zero',
  'an address that is none',
]);

/** What HAProxy reads: `address port`, `peer` for whoever sent it, `refused`. */
async function readByHaproxy(port: number, header: Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' });
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  socket.on('error', () => {});
  socket.write(Buffer.concat([header, Buffer.from('GET / HTTP/1.0\r\n\r\n')]));
  await new Promise((resolve) => socket.on('close', resolve));
  const told = /<(.*)>/.exec(answer)?.[1] ?? 'refused';
  return told.startsWith('127.0.0.9 ') ? 'peer' : told;
}

/** What the source has a receiver take, or skip: HAProxy does not. */
const TAKEN_BY_US: ReadonlySet<string> = new Set([
  'UNKNOWN and more',
  'UNKNOWN, 107 bytes',
  'no family',
  'no family, and more',
  'a Unix socket',
  'LOCAL with addresses',
]);

function readByUs(header: Buffer): string {
  const read = readProxyHeader(header, 4096);
  if (typeof read === 'string' || read.isDatagram) return 'refused';
  return read.source === null ? 'peer' : `${read.source.address} ${read.source.port}`;
}

describeWith(['haproxy'])('requirement 34: HAProxy reads the same', () => {
  let haproxy: Haproxy;
  beforeAll(async () => {
    haproxy = await runHaproxy(
      (port) => `
global
  nbthread 1
defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
frontend reader
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "<%ci %cp>"
`,
    );
  });
  afterAll(async () => {
    await haproxy[Symbol.asyncDispose]();
  });

  test.each(Object.entries(HEADERS))('%s', async (name, header) => {
    const theirs = await readByHaproxy(haproxy.port, header);
    const ours = readByUs(header);
    if (REFUSED_BY_US.has(name)) expect([ours, theirs]).toEqual(['refused', expect.stringMatching(/^192/)]);
    else if (TAKEN_BY_US.has(name)) expect([ours, theirs]).toEqual([expect.stringMatching(/^peer$|^192/), 'refused']);
    else expect(ours).toBe(theirs);
  });
});
