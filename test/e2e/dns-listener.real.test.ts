/**
 * A listener of mode dns in the real process, between clients and resolvers of the test's own that see each byte.
 * Real clients and engines: test/network/dns-front.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import { optRecord, queryBytes, words } from '../support/dns-queries.ts';
import { answerTo, DnsClient, startResolver, type ScriptedResolver } from '../support/dns-peers.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess, type ProxySetup } from '../support/proxy-process.ts';

interface Setup extends Pick<ProxySetup, 'lists' | 'environment'> {
  readonly listener?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

async function startFront(resolvers: readonly ScriptedResolver[], setup: Setup = {}): Promise<ProxyProcess> {
  const upstream = resolvers.map(({ server }) => server);
  const listener = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream, ...setup.listener };
  return await startProxy({ ...setup, config: { listeners: [listener], ...setup.config } });
}

const NAMED = queryBytes({ id: 0x1111, name: 'wWw.Harmless.example' });

describe('a question that passes', () => {
  test('every byte but the id reaches the resolver, and its answer the client', async () => {
    await using resolver = await startResolver();
    await using front = await startFront([resolver]);
    await using client = await DnsClient.of(front.port);
    const queries = [
      NAMED,
      queryBytes({ id: 0, name: '' }),
      queryBytes({ id: 0xffff, name: 'x'.repeat(63), qtype: 65 }),
      queryBytes({ id: 7, name: 'mail.harmless.example', qtype: 15, flags: 0x0110, edns: { size: 4096, do: true } }),
      queryBytes({
        id: 8,
        name: Buffer.from([3, 0x00, 0xff, 0x2e, 1, 0x61, 0]),
        edns: { size: 1232, options: Buffer.concat([words(10, 8), Buffer.from('clientid')]) },
      }),
      queryBytes({ id: 9, name: 'version.bind', qtype: 16, qclass: 3 }),
      // Longer than what is kept to be sent again.
      Buffer.concat([
        queryBytes({ id: 10, name: 'padded.example' }).fill(1, 11, 12),
        optRecord({ size: 1232, options: Buffer.concat([words(12, 600), Buffer.alloc(600)]) }),
      ]),
    ];
    for (const query of queries) {
      const answer = await client.ask(query);
      expect(answer).toEqual(answerTo(query));
      const { message } = resolver.asked.at(-1) ?? { message: Buffer.alloc(0) };
      expect(message.subarray(2)).toEqual(query.subarray(2));
    }
    expect(resolver.asked).toHaveLength(queries.length);
    await expectMetric(front, 'cleanfeed_dns_queries_total{listener="dns",verdict="pass"}', queries.length);
  });

  test('large answers pass whole', async () => {
    const large = Buffer.alloc(60_000, 'x');
    await using resolver = await startResolver((message) => [Buffer.concat([answerTo(message), large])]);
    await using front = await startFront([resolver]);
    await using client = await DnsClient.of(front.port);
    const answer = await client.ask(NAMED);
    expect(answer).toEqual(Buffer.concat([answerTo(NAMED), large]));
  });

  test('ids and ports are many, and different from the client’s', async () => {
    await using resolver = await startResolver();
    // Each second another port takes the place of one of 64, where they are used for a minute.
    await using front = await startFront([resolver], { config: { resolver: { front: { portLife: '1h' } } } });
    await using client = await DnsClient.of(front.port);
    for (let i = 0; i < 300; i++) await client.ask(queryBytes({ id: 0x1111, name: `n${i}.example` }));
    const ids = new Set(resolver.asked.map(({ message }) => message.readUInt16BE()));
    const ports = new Set(resolver.asked.map(({ from }) => from.port));
    expect(ids.size).toBeGreaterThan(290);
    expect(ports.size).toBeGreaterThan(50);
    expect(ports.size).toBeLessThanOrEqual(70);
  });

  test('a question that is sent again goes out again, as the same', async () => {
    let isSilent = true;
    await using resolver = await startResolver((message) => (isSilent ? [] : [answerTo(message)]));
    await using front = await startFront([resolver]);
    await using client = await DnsClient.of(front.port);
    client.send(NAMED);
    await eventually('it came', () => resolver.asked.length > 0);
    client.send(NAMED);
    await eventually('it came again', () => resolver.asked.length > 1);
    isSilent = false;
    expect(await client.ask(NAMED)).toEqual(answerTo(NAMED));
    const [first, ...others] = resolver.asked;
    expect(others.map(({ message, from }) => [message, from.port])).toEqual(
      others.map(() => [first?.message, first?.from.port]),
    );
    await expectMetric(front, 'cleanfeed_dns_in_flight', 0);
  });
});

describe('answers that are not taken', () => {
  test('from another port, with another id, to another question', async () => {
    await using stranger = await startResolver();
    const forged = (message: Buffer): Buffer[] => {
      const id = Buffer.from(answerTo(message));
      id.writeUInt16BE(id.readUInt16BE() ^ 1);
      const question = Buffer.from(answerTo(message));
      question[13] = (question[13] ?? 0) ^ 1;
      const type = Buffer.from(answerTo(message));
      type.writeUInt8(28, 12 + 22 + 1);
      return [id, question, type, message, Buffer.alloc(3), Buffer.alloc(0), answerTo(message).subarray(0, 20)];
    };
    await using resolver = await startResolver((message, from) => {
      stranger.send(answerTo(message, 3), from);
      return [...forged(message), answerTo(message)];
    });
    await using front = await startFront([resolver]);
    await using client = await DnsClient.of(front.port);
    expect(await client.ask(NAMED)).toEqual(answerTo(NAMED));
    await client.ask(queryBytes({ id: 5, name: 'another.example' }));
    expect(client.came).toHaveLength(2);
    await expectMetric(front, 'cleanfeed_dns_upstream_errors_total{reason="unexpected_answer"}', 14);
  });

  test('names in other letters are the same question, and an error may come without one', async () => {
    const shouted = (message: Buffer): Buffer => {
      const answer = answerTo(message);
      answer.write(answer.toString('latin1', 12, 33).toUpperCase(), 12, 'latin1');
      return answer;
    };
    const bare = (message: Buffer): Buffer => Buffer.concat([message.subarray(0, 2), words(0x8101, 0, 0, 0, 0)]);
    await using resolver = await startResolver((message) => [
      resolver.asked.length === 1 ? shouted(message) : bare(message),
    ]);
    await using front = await startFront([resolver]);
    await using client = await DnsClient.of(front.port);
    expect(await client.ask(NAMED)).toEqual(shouted(NAMED));
    expect(await client.ask(NAMED)).toEqual(bare(NAMED));
  });
});

describe('what is no question', () => {
  test('is answered with an error, or not at all', async () => {
    await using resolver = await startResolver();
    await using front = await startFront([resolver]);
    await using client = await DnsClient.of(front.port);
    client.send(Buffer.alloc(0));
    client.send(Buffer.alloc(11));
    client.send(answerTo(NAMED));
    expect(await client.ask(NAMED.subarray(0, 20))).toEqual(Buffer.concat([words(0x1111, 0x8181, 0, 0, 0, 0)]));
    expect(await client.ask(queryBytes({ id: 3, name: 'zone.example', flags: 0x2400 }))).toEqual(
      words(3, 0xa084, 0, 0, 0, 0),
    );
    expect(client.came).toHaveLength(2);
    expect(resolver.asked).toHaveLength(0);
    await expectMetric(front, 'cleanfeed_dns_dropped_total{reason="not_a_query"}', 3);
    await expectMetric(front, 'cleanfeed_dns_queries_total{listener="dns",verdict="error"}', 2);
  });

  test('who is no client hears nothing', async () => {
    await using resolver = await startResolver();
    await using front = await startFront([resolver], { config: { clients: { allow: ['192.0.2.0/24'] } } });
    await using client = await DnsClient.of(front.port);
    client.send(NAMED);
    await expectMetric(front, 'cleanfeed_dns_dropped_total{reason="client_denied"}', 1);
    expect(client.came).toHaveLength(0);
    expect(resolver.asked).toHaveLength(0);
  });
});

async function expectMetric(front: ProxyProcess, name: string, value: number): Promise<void> {
  await eventually(
    name,
    async () => (await front.metrics()).get(name),
    (seen) => seen === value,
  );
}
