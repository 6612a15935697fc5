/** Requirement 30: half-close and reset are carried both ways in a TLS tunnel, and it may be silent for two hours and four minutes. */
import { describe, expect, test } from '@jest/globals';
import { helloFor } from '../support/reference/made-hello.ts';
import type { Connection } from './support/connection.ts';
import { timedSuite } from './support/suite.ts';

const suite = timedSuite({ list: 'listed.example' });
const HELLO = helloFor('other.example');

/** A tunnel whose hello has passed, and been answered. */
async function begun(): Promise<Connection> {
  const { upstream } = suite;
  upstream.automatic = false;
  upstream.take();
  const client = await suite.client();
  client.send(`CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  client.send(HELLO);
  await upstream.until(({ bytes }) => bytes.length === HELLO.length);
  upstream.last.send('answer');
  await client.has('answer');
  return client;
}

describe('requirement 30: a TLS tunnel', () => {
  test('the client ends: the origin hears it, and may still answer', async () => {
    const client = await begun();
    client.end('last');
    await suite.upstream.last.over();
    expect([suite.upstream.last.ending, suite.upstream.take()]).toEqual(['end', `${HELLO.toString('latin1')}last`]);
    suite.upstream.last.end('bye');
    await client.until(({ closed }) => closed);
    expect([client.ending, client.received.endsWith('answerbye')]).toEqual(['end', true]);
  });

  test('the origin ends: the client hears it, and may still send', async () => {
    const client = await begun();
    suite.upstream.last.end('bye');
    await client.over();
    client.send('more');
    await suite.upstream.until(({ bytes }) => bytes.endsWith('more'));
    expect(client.ending).toBe('end');
    client.end();
  });

  test('the client ends with its hello: the origin gets both', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    await client.send(`CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
    client.end(HELLO.toString('latin1'));
    await upstream.until(({ bytes }) => bytes.length === HELLO.length);
    await upstream.last.over();
    expect([upstream.last.ending, upstream.take()]).toEqual(['end', HELLO.toString('latin1')]);
    upstream.last.end();
  });

  test('a reset is carried both ways', async () => {
    const one = await begun();
    one.reset();
    await suite.upstream.last.over();
    expect(suite.upstream.last.ending).toBe('reset');
    const two = await begun();
    suite.upstream.last.reset();
    await two.over();
    expect(two.ending).toBe('reset');
  });

  test('stays for two hours and four minutes without a byte, and not longer', async () => {
    const client = await begun();
    suite.time.stall(2 * 3_600_000 + 4 * 60_000 - 1000);
    suite.upstream.last.send('!');
    await client.has('!');
    suite.time.stall(2 * 3_600_000 + 4 * 60_000 - 1000);
    expect(client.ending).toBeNull();
    await suite.time.pass(2000);
    await client.over();
    expect(suite.proxy.dropped('idle_timeout')).toBe(1);
  });
});
