/** A listener of mode dns over TCP, in the real process, between clients and resolvers of the test's own. */
import { describe, expect, test } from '@jest/globals';
import { queryBytes } from '../support/dns-queries.ts';
import { answerTo, framed, startStreamResolver, StreamClient, type StreamResolver } from '../support/dns-peers.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';

async function startFront(
  resolvers: readonly StreamResolver[],
  listener: Readonly<Record<string, unknown>> = {},
  front: Readonly<Record<string, unknown>> = {},
): Promise<ProxyProcess> {
  const upstream = resolvers.map(({ server }) => server);
  const listeners = [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream, ...listener }];
  return await startProxy({ config: { listeners, resolver: { front } } });
}

const [FIRST, SECOND, THIRD] = ['first', 'second', 'third'].map((name, id) =>
  queryBytes({ id, name: `${name}.harmless.example`, edns: { size: 1232, do: true } }),
) as [Buffer, Buffer, Buffer];

describe('questions over TCP', () => {
  test('pipelined, in pieces, answered in any order, as they came', async () => {
    const held: (() => void)[] = [];
    await using resolver = await startStreamResolver((message, socket) => {
      held.unshift(() => socket.write(framed(answerTo(message))));
      if (held.length === 3) for (const answer of held) answer();
      return [];
    });
    await using front = await startFront([resolver]);
    await using client = await StreamClient.of(front.port);
    for (const byte of framed(FIRST)) client.socket.write(Buffer.from([byte]));
    client.send(SECOND, THIRD);
    await eventually('all are answered', () => client.came.length === 3);
    expect(client.came).toEqual([THIRD, SECOND, FIRST].map((query) => answerTo(query)));
    expect(resolver.connections.map(({ asked }) => asked)).toEqual([[FIRST, SECOND, THIRD]]);
  });

  test('a connection to the resolver is used by the next client, unless it was told whose it is', async () => {
    await using resolver = await startStreamResolver();
    await using front = await startFront([resolver]);
    for (const query of [FIRST, SECOND]) {
      await using client = await StreamClient.of(front.port);
      client.send(query);
      await eventually('it is answered', () => client.came.length === 1);
    }
    expect(resolver.connections.map(({ asked }) => asked)).toEqual([[FIRST, SECOND]]);

    await using told = await startStreamResolver(undefined, { headBytes: 28 });
    await using telling = await startFront([told], { sendProxyProtocol: true });
    const ports: number[] = [];
    for (const query of [FIRST, SECOND]) {
      await using client = await StreamClient.of(telling.port);
      ports.push(client.socket.localPort ?? 0);
      client.send(query);
      await eventually('it is answered', () => client.came.length === 1);
    }
    expect(told.connections.map(({ head }) => head.toString('hex'))).toEqual(
      ports.map((port) => `0d0a0d0a000d0a515549540a2111000c7f0000017f000001${hex(port)}${hex(telling.port)}`),
    );
  });

  test('large answers, and many clients that do not read', async () => {
    const large = Buffer.alloc(60_000, 'x');
    await using resolver = await startStreamResolver((message) => [Buffer.concat([answerTo(message), large])]);
    await using front = await startFront([resolver]);
    await using client = await StreamClient.of(front.port);
    client.socket.pause();
    client.send(...Array.from({ length: 200 }, (_, id) => queryBytes({ id, name: 'large.example' })));
    await using other = await StreamClient.of(front.port);
    other.send(FIRST);
    await eventually('another client is answered', () => other.came.length === 1);
    client.socket.resume();
    await eventually('all are answered', () => client.came.length === 200);
    expect(client.came.map((message) => message.readUInt16BE()).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, id) => id),
    );
  });

  // Was so: 64 questions of 64 KB waited on each connection, 256 MB of one client.
  test.each([
    ['32 KiB wait, and one more', 8190, 5],
    ['what is longer by a byte is one more', 8191, 4],
    ['64 short ones', 60, 64],
  ])('many questions are read as others are answered: %s', async (_, bytes, most) => {
    const held: (() => void)[] = [];
    let isHeld = true;
    await using resolver = await startStreamResolver((message, socket) => {
      if (!isHeld || message.equals(FIRST)) return [answerTo(message)];
      held.push(() => socket.write(framed(answerTo(message))));
      return [];
    });
    await using front = await startFront([resolver], {}, { timeout: '30s' });
    await using client = await StreamClient.of(front.port);
    const many = Array.from({ length: most + 7 }, (__, id) =>
      Buffer.concat([queryBytes({ id, name: 'many.harmless.example' }), Buffer.alloc(bytes)]).subarray(0, bytes),
    );
    client.send(...many);
    await eventually('some wait', () => held.length >= most);
    await using other = await StreamClient.of(front.port);
    other.send(FIRST);
    await eventually('another client is answered', () => other.came.length === 1);
    expect(held).toHaveLength(most);
    isHeld = false;
    for (const answer of held) answer();
    await eventually('all are answered', () => client.came.length === many.length);
  });

  test('a connection stays open behind its answer, when the time is over by which that would have been late', async () => {
    await using resolver = await startStreamResolver((message) => (message.equals(SECOND) ? [] : [answerTo(message)]));
    await using front = await startFront([resolver], {}, { timeout: '500ms', tcpIdle: '5m' });
    await using client = await StreamClient.of(front.port);
    client.send(FIRST);
    await eventually('it is answered', () => client.came.length === 1);
    await using other = await StreamClient.of(front.port);
    other.send(SECOND);
    await eventually('another one is told that nobody answers', () => other.came.length === 1);
    client.send(THIRD);
    await eventually('it is answered again', () => client.came.length === 2);
    expect(client.came).toEqual([FIRST, THIRD].map((query) => answerTo(query)));
  });

  test('a client that has said all gets what is owed', async () => {
    await using resolver = await startStreamResolver();
    await using front = await startFront([resolver]);
    await using client = await StreamClient.of(front.port);
    client.send(FIRST, SECOND);
    client.socket.end();
    await client.ended;
    expect(client.came).toEqual([answerTo(FIRST), answerTo(SECOND)]);
  });
});

describe('what goes wrong', () => {
  test('a resolver that refuses or breaks: the next one answers; none: SERVFAIL', async () => {
    const gone = await startStreamResolver();
    await gone[Symbol.asyncDispose]();
    await using breaking = await startStreamResolver((_, socket) => {
      socket.resetAndDestroy();
      return [];
    });
    await using resolver = await startStreamResolver();
    await using front = await startFront([gone, breaking, resolver]);
    await using client = await StreamClient.of(front.port);
    client.send(FIRST, SECOND);
    await eventually('both are answered', () => client.came.length === 2);
    expect(client.came).toEqual([answerTo(FIRST), answerTo(SECOND)]);

    await using without = await startFront([breaking]);
    await using other = await StreamClient.of(without.port);
    other.send(FIRST);
    await eventually('it is answered', () => other.came.length === 1);
    const [answer = Buffer.alloc(0)] = other.came;
    expect(answer.readUInt16BE(2) & 0xf).toBe(2);
    expect(answer.subarray(-6).toString('hex')).toBe('000f00020017');
  });

  test('a resolver that is silent: SERVFAIL in time', async () => {
    await using resolver = await startStreamResolver(() => []);
    await using front = await startFront([resolver], {}, { timeout: '500ms' });
    await using client = await StreamClient.of(front.port);
    client.send(FIRST);
    await eventually('it is answered', () => client.came.length === 1);
    expect((client.came[0] ?? Buffer.alloc(4)).readUInt16BE(2) & 0xf).toBe(2);
  });

  test('answers to nothing are not passed on, and silence ends a connection', async () => {
    await using resolver = await startStreamResolver((message) => [
      answerTo(SECOND),
      answerTo(message),
      answerTo(message),
    ]);
    await using front = await startFront([resolver], {}, { tcpIdle: '4s' });
    await using client = await StreamClient.of(front.port);
    client.send(FIRST);
    await client.ended;
    expect(client.came).toEqual([answerTo(FIRST)]);
    await expectMetric(front, 'cleanfeed_connections_dropped_total{reason="idle_timeout"}', 1);
  });

  test('no more connections than configured', async () => {
    await using resolver = await startStreamResolver();
    await using front = await startFront([resolver], {}, { tcpConnections: 1 });
    await using client = await StreamClient.of(front.port);
    client.send(FIRST);
    await eventually('it is answered', () => client.came.length === 1);
    await using refused = await StreamClient.of(front.port);
    await refused.ended;
    await expectMetric(front, 'cleanfeed_connections_dropped_total{reason="connection_limit"}', 1);
  });
});

function hex(port: number): string {
  return port.toString(16).padStart(4, '0');
}

async function expectMetric(front: ProxyProcess, name: string, value: number): Promise<void> {
  await eventually(
    name,
    async () => (await front.metrics()).get(name),
    (seen) => seen === value,
  );
}
