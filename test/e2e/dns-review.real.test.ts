/** What a DNS front must not do to clients that do not read, to resolvers that close, to answers that are cut, to names that hide. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { queryBytes } from '../support/dns-queries.ts';
import { answerTo, DnsClient, framed, startResolver, startStreamResolver, StreamClient } from '../support/dns-peers.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const LISTS = { national: '*.blocked.example dns\nsteered.example steer\n*.below.example steer\n' };
const STEER = { a: ['198.51.100.64/30'], aaaa: ['2001:db8:64::/64'] };
const HTTPS = 65;

async function startFront(upstream: string, front = {}): Promise<ProxyProcess> {
  const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [upstream] };
  return await startProxy({
    lists: LISTS,
    config: { listeners: [dns], resolver: { answers: { steer: STEER }, front } },
  });
}

const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));
const rcodeOf = (answer: Buffer): number => answer.readUInt16BE(2) & 0xf;

test('a client that asks on and reads nothing is not read either', async () => {
  await using resolver = await startStreamResolver();
  await using front = await startFront(resolver.server);
  await using client = await StreamClient.of(front.port);
  client.socket.pause();
  const many = Buffer.concat(
    Array.from({ length: 1000 }, (_, id) => framed(queryBytes({ id, name: 'a.blocked.example' }))),
  );
  let taken = 0;
  for (let i = 0; i < 400; i++) client.socket.write(many, () => void (taken += 1));
  await pause(3000);
  expect(taken).toBeLessThan(400);
  client.socket.resume();
  client.socket.end();
  await client.ended;
  expect(client.came).toHaveLength(400_000);
});

test('a resolver that ends a kept connection as it is asked again is asked by another one', async () => {
  const asked = new Map<object, number>();
  await using resolver = await startStreamResolver((message, socket) => {
    asked.set(socket, (asked.get(socket) ?? 0) + 1);
    if (asked.get(socket) === 1) return [answerTo(message)];
    socket.end();
    return [];
  });
  await using front = await startFront(resolver.server);
  await using client = await StreamClient.of(front.port);
  for (let id = 0; id < 3; id++) {
    client.send(queryBytes({ id, name: 'harmless.example' }));
    await eventually('it is answered', () => client.came.length === id + 1);
  }
  expect(client.came.map(rcodeOf)).toEqual([0, 0, 0]);
});

test('an answer that is cut off says nothing about signatures: it passes', async () => {
  await using resolver = await startResolver((message) => {
    const answer = answerTo(message);
    answer[2] = (answer[2] ?? 0) | 0x02;
    return [answer];
  });
  await using front = await startFront(resolver.server);
  await using client = await DnsClient.of(front.port);
  const answer = await client.ask(queryBytes({ name: 'steered.example', edns: { size: 512, do: true } }));
  expect((answer[2] ?? 0) & 0x02).toBe(0x02);
});

test('ports that are given up as they are old still get their answers', async () => {
  await using resolver = await startResolver((message) => (message.includes('held') ? [] : [answerTo(message)]));
  await using front = await startFront(resolver.server, { portLife: '1s', udpPorts: 128, timeout: '4s' });
  await using client = await DnsClient.of(front.port);
  await using other = await DnsClient.of(front.port);
  // By then the oldest is older than its life and two time-outs.
  await pause(10_000);
  // What a busy machine answers after the time-out of the front is none of the front's: then the same again, with fewer.
  let isLate = true;
  let many = 100;
  for (let round = 0; isLate; round++) {
    const before = { asked: resolver.asked.length, came: client.came.length };
    // A monotonic clock: only whether the answers came within the time-out, whoever was late.
    const since = performance.now();
    for (let id = 0; id < many; id++) {
      client.send(queryBytes({ id: 100 * round + id, name: `held${id}.example` }));
      await pause(2);
    }
    for (let id = 0; id < 12; id++) {
      await other.ask(queryBytes({ id, name: 'harmless.example' }));
      await pause(100);
    }
    const held = resolver.asked.slice(before.asked).filter(({ message }) => message.includes('held'));
    for (const { message, from } of held) {
      resolver.send(answerTo(message), from);
      await pause(2);
    }
    await eventually('all are answered', () => client.came.length === before.came + many);
    isLate = performance.now() - since > 3_500;
    if (isLate) many = Math.max(many / 2, 25);
    if (isLate) continue;
    expect(client.came.slice(before.came).filter((answer) => rcodeOf(answer) !== 0)).toHaveLength(0);
  }
});

/** They leave it as it was. */
describe('questions to one front, before a resolver that answers each', () => {
  const resources = new Resources();
  let front: ProxyProcess;

  beforeAll(async () => {
    const resolver = resources.use(await startResolver());
    front = resources.use(await startFront(resolver.server));
  });
  afterAll(async () => await resources.end());

  test('a long question that asks for signatures is answered', async () => {
    await using client = await DnsClient.of(front.port);
    const options = Buffer.concat([Buffer.from([0, 12, 2, 0]), Buffer.alloc(512)]);
    const answer = await client.ask(queryBytes({ name: 'steered.example', edns: { size: 1232, do: true, options } }));
    expect(rcodeOf(answer)).toBe(0);
  });

  test('a name below a listed one, of any characters that browsers ask for', async () => {
    await using client = await DnsClient.of(front.port);
    for (const name of ['a!b.blocked.example', "a'b$&()*+,;=~`{}.blocked.example"])
      expect(rcodeOf(await client.ask(queryBytes({ name })))).toBe(3);
  });

  test('a name of any bytes below a listed one is blocked, and one below a steered one, of which nobody can ask for a page, passes', async () => {
    await using client = await DnsClient.of(front.port);
    const named = (labels: string): Buffer => queryBytes({ name: Buffer.from(labels, 'latin1') });
    for (const labels of ['\x02\xc3\xa4\x07blocked\x07example\x00', '\x03a\x00b\x01c\x07blocked\x07example\x00'])
      expect(rcodeOf(await client.ask(named(labels)))).toBe(3);
    for (const labels of ['\x02\xc3\xa4\x05below\x07example\x00', '\x02\xc3\xa4\x07another\x07example\x00']) {
      const query = named(labels);
      expect(await client.ask(query)).toEqual(answerTo(query));
    }
  });

  test('HTTPS of a port of a steered host', async () => {
    await using client = await DnsClient.of(front.port);
    const query = queryBytes({ name: '_8443._https.steered.example', qtype: HTTPS });
    expect(await client.ask(query)).not.toEqual(answerTo(query));
  });
});
