/** One client of a DNS listener does not take what all clients share: questions that wait, and connections. In the real process. */
import { expect, test } from '@jest/globals';
import { answerTo, DnsClient, startResolver, startStreamResolver, StreamClient } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';

async function startFront(upstream: string, config: Readonly<Record<string, unknown>>): Promise<ProxyProcess> {
  const listener = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [upstream] };
  return await startProxy({ config: { listeners: [listener], shutdown: { drain: '500ms' }, ...config } });
}

const GREEDY = '127.0.0.2';
const OTHER = '127.0.0.3';

test('who asks for more than answers come is dropped, and nobody else: also over TCP', async () => {
  await using resolver = await startResolver((message) => (message.includes('silent') ? [] : [answerTo(message)]));
  await using front = await startFront(resolver.server, {
    resolver: { front: { inFlight: 256, timeout: '30s' } },
    limits: { questionsPerClient: 32 },
  });
  await using greedy = await DnsClient.of(front.port, '127.0.0.1', GREEDY);
  let id = 0;
  const flood = (): void => {
    for (let i = 0; i < 400; i++) greedy.send(queryBytes({ id: id++, name: `silent${id}.example` }));
  };
  await eventually('it is dropped', async () => {
    flood();
    return ((await dropped(front, 'client_limit')) ?? 0) > 1000;
  });
  await eventually('its share waits', async () => (await front.metrics()).get('cleanfeed_dns_in_flight') === 32);
  await using other = await DnsClient.of(front.port, '127.0.0.1', OTHER);
  for (let n = 0; n < 50; n++) {
    const query = queryBytes({ id: n, name: `n${n}.harmless.example` });
    expect(await other.ask(query)).toEqual(answerTo(query));
    flood();
  }
  expect(await dropped(front, 'in_flight_limit')).toBe(0);
});

test('what was answered is given back', async () => {
  await using resolver = await startResolver();
  await using front = await startFront(resolver.server, { limits: { questionsPerClient: 1 } });
  await using client = await DnsClient.of(front.port, '127.0.0.1', GREEDY);
  for (let id = 0; id < 20; id++) {
    const query = queryBytes({ id, name: `n${id}.harmless.example` });
    expect(await client.ask(query)).toEqual(answerTo(query));
  }
  expect(await dropped(front, 'client_limit')).toBe(0);
});

test('many customers behind one address have what their range has, or all', async () => {
  await using resolver = await startResolver(() => []);
  await using front = await startFront(resolver.server, {
    resolver: { front: { inFlight: 128, timeout: '30s' } },
    limits: {
      questionsPerClient: 4,
      sharedAddresses: [{ prefix: `${GREEDY}/32`, questionsPerClient: 20 }, { prefix: `${OTHER}/32` }],
    },
  });
  await using ranged = await DnsClient.of(front.port, '127.0.0.1', GREEDY);
  await using free = await DnsClient.of(front.port, '127.0.0.1', OTHER);
  for (let id = 0; id < 60; id++) ranged.send(queryBytes({ id, name: `a${id}.example` }));
  await eventually('40 are too many', async () => (await dropped(front, 'client_limit')) === 40);
  for (let id = 0; id < 60; id++) free.send(queryBytes({ id, name: `b${id}.example` }));
  await eventually('all others wait', async () => (await front.metrics()).get('cleanfeed_dns_in_flight') === 80);
  expect(await dropped(front, 'in_flight_limit')).toBe(0);
});

test('no more connections of one client than it may have, while others have places', async () => {
  await using resolver = await startStreamResolver();
  await using front = await startFront(resolver.server, {
    resolver: { front: { tcpConnections: 8, tcpPerClient: 2 } },
  });
  const query = queryBytes({ name: 'harmless.example' });
  await using stack = new AsyncDisposableStack();
  const served = async (from: string): Promise<boolean> => {
    const client = stack.use(await StreamClient.of(front.port, from));
    client.send(query);
    let hasEnded = false;
    void client.ended.then(() => (hasEnded = true));
    await eventually('an answer, or the end', () => hasEnded || client.came.length === 1);
    return client.came.length === 1;
  };
  const all: boolean[] = [];
  for (let i = 0; i < 4; i++) all.push(await served(GREEDY));
  expect(all).toEqual([true, true, false, false]);
  expect(await served(OTHER)).toBe(true);
  expect((await front.metrics()).get('cleanfeed_connections_dropped_total{reason="client_limit"}')).toBe(2);
  await stack.disposeAsync();
  await eventually('places are given back', async () => {
    await using again = await StreamClient.of(front.port, GREEDY);
    again.send(query);
    await Promise.race([again.ended, new Promise((resolve) => again.socket.once('data', resolve))]);
    return again.came.length === 1;
  });
});

async function dropped(front: ProxyProcess, reason: string): Promise<number | undefined> {
  return (await front.metrics()).get(`cleanfeed_dns_dropped_total{reason="${reason}"}`);
}
