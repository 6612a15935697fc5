/** Requirement 30: half-close and reset are carried both ways in a TLS tunnel, and it may be silent for two hours and four minutes. */
import { describe, expect, test } from '@jest/globals';
import { helloFor } from '../support/reference/made-hello.ts';
import { eventually } from '../support/eventually.ts';
import { atRest } from './support/at-rest.ts';
import { open, turn, type Connection } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import type { TestProxy } from './support/proxy.ts';
import { timedSuite } from './support/suite.ts';
import { Upstream } from './support/upstream.ts';
import type { UpstreamConnectionRecord } from './support/upstream.ts';

const suite = timedSuite({ list: 'listed.example' });
const HELLO = helloFor('other.example');
/** More than all buffers on the way hold together. */
const MUCH = 64 * 1024 * 1024;
/** More than an origin that does not read is sent, and no more than the system takes of us. */
const SOME = 1024 * 1024;
const PIECE = Buffer.alloc(8 * 1024, 'p');
/** Of the event loop, in which a piece is read if it is at all. */
const TURNS = 200;
const MOST_TRIES = 40;
/** Pieces that the system takes of one tunnel and not of the next, and those that may be left: nine, and eight, were seen. */
const DIFFERENCE = 20;

/** Sends piece by piece until the proxy reads no more, or so much has been read. @returns how much was read */
async function fill(proxy: TestProxy, client: Connection, most: number): Promise<number> {
  const before = proxy.bytes('client_in');
  const read = (): number => proxy.bytes('client_in') - before;
  for (let sent = 0; sent < most; sent += PIECE.length) {
    client.send(PIECE);
    for (let turns = 0; turns < TURNS && read() <= sent; turns++) await turn();
    if (read() <= sent) break;
  }
  return read();
}

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

  // Was a bug: the origin got a part, and an end as if that were all.
  test('silent for too long while the origin takes nothing: it is cut off, and sees no end', async () => {
    const { upstream, proxy, time } = suite;
    const client = await begun();
    const origin = upstream.last;
    origin.socket.pause();
    client.send(Buffer.alloc(MUCH));
    await atRest(() => proxy.bytes('client_in'));
    await time.pass(2 * 3_600_000 + 5 * 60_000);
    await client.over();
    origin.socket.resume();
    await origin.over();
    expect([client.ending, origin.ending]).toEqual(['reset', 'reset']);
  });

  // Was a bug: what the origin had not taken was thrown away, and the end came all the same.
  test('both have ended before the origin has taken all: the rest arrives', async () => {
    const { upstream, proxy } = suite;
    const first = await begun();
    upstream.last.socket.pause();
    const room = await fill(proxy, first, Infinity);
    first.socket.destroy();
    upstream.last.destroy();
    // So that the last pieces are neither with the system nor so many that the client is held.
    const client = await begun();
    const origin = upstream.last;
    const before = origin.received.length;
    origin.socket.pause();
    origin.end('bye');
    await client.over();
    // What is not read at once is read a little later on a busy machine.
    const written = client.socket.bytesWritten;
    await fill(proxy, client, room - 3 * PIECE.length);
    const sent = client.socket.bytesWritten - written;
    client.end();
    await client.until(({ closed }) => closed);
    origin.socket.resume();
    await origin.over();
    expect([origin.received.length - before, origin.ending]).toEqual([sent, 'end']);
    await eventually(
      'nothing is left',
      () => proxy.connections(),
      (count) => count === 0,
    );
  });

  test('stays for two hours and four minutes without a byte, and not longer', async () => {
    const client = await begun();
    const before = suite.proxy.dropped('idle_timeout');
    suite.time.stall(2 * 3_600_000 + 4 * 60_000 - 1000);
    suite.upstream.last.send('!');
    await client.has('!');
    suite.time.stall(2 * 3_600_000 + 4 * 60_000 - 1000);
    expect(client.ending).toBeNull();
    await suite.time.pass(2000);
    await client.over();
    expect(suite.proxy.dropped('idle_timeout')).toBe(before + 1);
  });
});

interface Started {
  readonly upstream: Upstream;
  readonly proxy: TestProxy;
  /** A client that has asked for a tunnel. */
  readonly connect: () => Promise<Connection>;
}

/** A proxy of its own, which the test ends, and an origin that says nothing by itself. */
async function started(): Promise<Started> {
  const upstream = await new Upstream().listen();
  upstream.automatic = false;
  const proxy = await startProxy();
  const request = `CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`;
  return { upstream, proxy, connect: async () => (await open(proxy.port)).send(request) };
}

describe('requirement 30: a thread that ends, with tunnels that are under way', () => {
  // Was a bug: both got a part, and an end as if that were all.
  test.each(['client', 'origin'] as const)('a slow %s is reset: what it has not taken is lost', async (slow) => {
    const { upstream, proxy, connect } = await started();
    const client = (await connect()).send(HELLO);
    await upstream.until(({ bytes }) => bytes.length === HELLO.length);
    const origin = upstream.last;
    const [reads, sends] = slow === 'client' ? [client, origin] : [origin, client];
    reads.socket.pause();
    sends.send(Buffer.alloc(MUCH));
    await atRest(() => proxy.bytes('client_in') + proxy.bytes('upstream_in'));
    await proxy.close();
    reads.socket.resume();
    await reads.over();
    expect(reads.ending).toBe('reset');
    client.destroy();
    await upstream.close();
  });

  // Was a bug: nobody waited for it, and the origin got a part, and an end as if that were all.
  test.each([
    { drainMs: 60_000, ending: 'end' },
    { drainMs: 0, ending: 'reset' },
  ])('what is left of one that both have ended, within $drainMs ms: $ending', async ({ drainMs, ending }) => {
    const seen: string[] = [];
    // Where the system has taken all of it already, nothing is left: then another one is tried, with a little more or less.
    for (let tries = 0; tries < MOST_TRIES && seen.at(-1) !== ending; tries += 1) {
      const found = await leftBehind(drainMs, (1 + (tries % DIFFERENCE)) * PIECE.length);
      if (found !== null) seen.push(found);
    }
    expect(seen.at(-1)).toBe(ending);
  });

  /** @returns how the origin's side ended, where something was left when both had ended; null: nothing was. */
  async function leftBehind(drainMs: number, spare: number): Promise<string | null> {
    const { upstream, proxy, connect } = await started();
    const clients: Connection[] = [];
    const origins: UpstreamConnectionRecord[] = [];
    for (let count = 1; count <= 2; count += 1) {
      clients.push((await connect()).send(HELLO));
      await upstream.until(({ bytes }) => bytes.length === count * HELLO.length);
      upstream.last.socket.pause();
      origins.push(upstream.last);
    }
    const [first, client] = [clients[0]!, clients[1]!];
    const room = await fill(proxy, first, Infinity);
    first.destroy();
    origins[0]!.destroy();
    const origin = origins[1]!;
    origin.end('bye');
    await client.over();
    const written = client.socket.bytesWritten;
    await fill(proxy, client, room - spare);
    client.end();
    for (let turns = 0; turns < TURNS && proxy.connections() > 0; turns++) await turn();
    const wasOpen = proxy.connections() > 0;
    let isOver = false;
    const drained = proxy.close(drainMs).then(() => (isOver = true));
    await turn();
    const isWaitedFor = !isOver;
    origin.socket.resume();
    await origin.over();
    await drained;
    const isWhole = origin.received.length - HELLO.length === client.socket.bytesWritten - written;
    expect(isWhole).toBe(origin.ending === 'end');
    client.destroy();
    await upstream.close();
    return wasOpen || isWaitedFor === (drainMs === 0) ? null : origin.ending;
  }

  // Was a bug: it was reset there, too, and what the origin's system had not taken by then was lost.
  test('a request inside of one that has gone out whole arrives, and its end behind it, where the answer alone is cut short', async () => {
    const { upstream, proxy, connect } = await started();
    const client = await connect();
    const head = `POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${SOME}\r\n\r\n`;
    client.send(head);
    await upstream.until(({ bytes }) => bytes === head);
    const origin = upstream.last;
    origin.socket.pause();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    await client.has('part');
    client.send(Buffer.alloc(SOME, 'b'));
    await eventually('the proxy has taken all of it', () => proxy.bytes('upstream_out') >= head.length + SOME);
    await atRest(() => proxy.bytes('upstream_out'));
    await proxy.close();
    origin.socket.resume();
    await origin.over();
    await client.over();
    expect([client.ending, origin.ending, origin.received.length]).toEqual(['reset', 'end', head.length + SOME]);
    client.destroy();
    await upstream.close();
  });

  test('one with nothing on its way is ended', async () => {
    const { upstream, proxy, connect } = await started();
    const client = (await connect()).send(HELLO);
    await upstream.until(({ bytes }) => bytes.length === HELLO.length);
    await proxy.close();
    await client.over();
    await upstream.last.over();
    expect([client.ending, upstream.last.ending]).toEqual(['end', 'end']);
    client.destroy();
    await upstream.close();
  });
});
