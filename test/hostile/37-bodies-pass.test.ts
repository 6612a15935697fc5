/** Requirement 37: back-pressure both ways, and nothing is ever decompressed. (One gigabyte is the load bench's.) */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite();
const MIB = 1024 * 1024;

/** What has moved once nothing moves any more. */
async function atRest(look: () => number): Promise<number> {
  let seen = -1;
  for (let still = 0; still < 200; still++) {
    await new Promise(setImmediate);
    const now = look();
    if (now !== seen || now === 0) still = 0;
    seen = now;
  }
  return seen;
}

describe('requirement 37: back-pressure', () => {
  test('a client that does not read: the origin is read no further, then all of it arrives', async () => {
    const { upstream, proxy } = suite;
    const size = 48 * MIB;
    upstream.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'b'.repeat(size)}`;
    const client = await suite.client();
    client.socket.pause();
    client.send(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await atRest(() => proxy.bytes('upstream_in'))).toBeLessThan(16 * MIB);
    client.socket.resume();
    await client.until(({ received }) => received.length >= size);
    await client.has('\r\n\r\n');
    expect(client.received.length - client.received.indexOf('\r\n\r\n') - 4).toBe(size);
  });

  test('an origin that does not read: the client is read no further, then all of it arrives', async () => {
    const { upstream, proxy } = suite;
    const size = 48 * MIB;
    upstream.onHead = ({ socket }) => void socket.pause();
    const client = await suite.client();
    const before = proxy.bytes('client_in');
    client.send(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`).send('b'.repeat(size));
    expect((await atRest(() => proxy.bytes('client_in'))) - before).toBeLessThan(24 * MIB);
    upstream.last.socket.resume();
    await client.has('\r\n\r\nok');
    expect(upstream.take()).toHaveLength(forwarded('POST / HTTP/1.1', upstream.authority, [`Content-Length: ${size}`]).length + size);
  });
});

describe('requirement 37: nothing is decompressed', () => {
  test.each(['gzip', 'br', 'deflate, gzip', 'x-unknown'])('Content-Encoding: %s passes as it is, both ways', async (coding) => {
    const { upstream } = suite;
    const bomb = gzipSync(Buffer.alloc(MIB)).toString('latin1');
    upstream.answer = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bomb.length}\r\n\r\n${bomb}`;
    const client = await suite.client();
    client.send(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bomb.length}\r\n\r\n${bomb}`);
    await client.until(({ received }) => received.endsWith(bomb));
    expect(client.received).toContain(`\r\nContent-Encoding: ${coding}\r\n`);
    expect(upstream.take().endsWith(`\r\n\r\n${bomb}`)).toBe(true);
  });
});
