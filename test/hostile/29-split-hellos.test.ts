/** Requirement 29: a ClientHello is put together over any split into TCP pieces and TLS records, up to a bound and a deadline. */
import { describe, expect, test } from '@jest/globals';
import { extension, helloMessage, inRecords, serverName } from '../support/reference/made-hello.ts';
import { turn, type Connection } from './support/connection.ts';
import { hostileSuite, timedSuite, type Suite } from './support/suite.ts';

const suite = hostileSuite({ list: 'listed.example', limits: { clientHelloBytes: '4KiB' } });
const timed = timedSuite({ list: 'listed.example', timeouts: { clientHello: '3s' } });
const ALERT = '\x15\x03\x03\0\x02\x02p';
const LISTED = helloMessage({ extensions: [serverName('listed.example')] });

async function tunnel(of: Suite): Promise<Connection> {
  of.upstream.automatic = false;
  const client = await of.client();
  await client.send(`CONNECT 127.0.0.1:${of.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
  client.received = '';
  return client;
}

describe('requirement 29: a ClientHello in pieces', () => {
  test.each([1, 2, 5, 7, 64, 16_384])('records of %i bytes, in one piece and byte by byte', async (size) => {
    const bytes = inRecords(LISTED, size);
    const whole = await tunnel(suite);
    await whole.send(bytes).over();
    const slow = await tunnel(suite);
    for (const byte of bytes) {
      slow.send(Buffer.from([byte]));
      if (byte % 7 === 0) await turn();
    }
    await slow.over();
    expect([whole.received, slow.received, suite.upstream.take()]).toEqual([ALERT, ALERT, '']);
  });

  test('cut anywhere', async () => {
    const bytes = inRecords(LISTED, 40);
    for (let cut = 1; cut < bytes.length; cut++) {
      const client = await tunnel(suite);
      client.send(bytes.subarray(0, cut));
      await turn();
      await client.send(bytes.subarray(cut)).over();
      expect(client.received).toBe(ALERT);
    }
    expect(suite.upstream.take()).toBe('');
  });

  test('as long as is permitted, and one byte longer', async () => {
    const padded = (length: number): Buffer =>
      helloMessage({ extensions: [serverName('other.example'), extension(21, Buffer.alloc(length))] });
    const room = 4096 - inRecords(padded(0)).length;
    const longest = await tunnel(suite);
    longest.send(inRecords(padded(room)));
    await suite.upstream.until(({ bytes }) => bytes.length === 4096);
    longest.reset();
    const longer = await tunnel(suite);
    await longer.send(inRecords(padded(room + 1))).over();
    expect(longer.received).toBe('');
    expect(suite.proxy.clientHellos('malformed')).toBe(1);
  });

  test('records without end, and a message that never ends: cut off at the bound', async () => {
    const endless = helloMessage({ extensions: [extension(21, Buffer.alloc(60_000))] });
    const before = suite.proxy.clientHellos('malformed');
    for (const size of [1, 3, 1000]) {
      const client = await tunnel(suite);
      const bytes = inRecords(endless, size);
      for (let at = 0; at < 12_000 && client.ending === null; at += 500) {
        client.send(bytes.subarray(at, at + 500));
        await turn();
      }
      await client.over();
    }
    expect([suite.proxy.clientHellos('malformed') - before, suite.upstream.take()]).toEqual([3, '']);
  });

  test('that stops: closed at its deadline, however slowly it went on before', async () => {
    const { time, proxy, upstream } = timed;
    const client = await tunnel(timed);
    const bytes = inRecords(LISTED);
    for (let second = 0; second < 2; second++) {
      client.send(bytes.subarray(second * 9, second * 9 + 9));
      await turn();
      await time.pass(1000);
    }
    expect(client.ending).toBeNull();
    await time.pass(1500);
    await client.over();
    expect([client.received, upstream.take()]).toEqual(['', '']);
    expect([proxy.dropped('header_timeout'), proxy.clientHellos('malformed')]).toEqual([1, 1]);
  });
});
