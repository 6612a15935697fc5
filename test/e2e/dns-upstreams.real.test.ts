/** What a DNS listener does when resolvers are gone, silent or come back, and what it tells them and hears of whose question it is. */
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { queryBytes } from '../support/dns-queries.ts';
import { answerTo, DnsClient, startResolver, type ScriptedResolver } from '../support/dns-peers.ts';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { stopProcess } from '../support/stopped-process.ts';

async function startFront(
  resolvers: readonly Pick<ScriptedResolver, 'server'>[],
  listener: Readonly<Record<string, unknown>> = {},
  config: Readonly<Record<string, unknown>> = {},
): Promise<ProxyProcess> {
  const upstream = resolvers.map(({ server }) => server);
  const listeners = [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream, ...listener }];
  return await startProxy({ config: { listeners, ...config } });
}

const query = (id: number): Buffer => queryBytes({ id, name: `n${id}.harmless.example`, edns: { size: 1232 } });
const rcodeOf = (answer: Buffer): number => answer.readUInt16BE(2) & 0xf;
/** A question waits for what the test does meanwhile, however long a busy machine takes for that. */
const LONG = { resolver: { front: { timeout: '30s' } } };
const EDE_NETWORK_ERROR = '000f00020017';

describe('resolvers that do not answer', () => {
  test('nobody listens: the next one is asked at once; when it is back it is asked first again', async () => {
    const gone = await startResolver();
    await gone[Symbol.asyncDispose]();
    await using second = await startResolver();
    await using front = await startFront([gone, second]);
    await using client = await DnsClient.of(front.port);
    for (let id = 0; id < 5; id++) expect(await client.ask(query(id))).toEqual(answerTo(query(id)));
    expect(second.asked).toHaveLength(5);
    await using back = await startResolver(undefined, { port: gone.port });
    let id = 100;
    await eventually('it is asked first again', async () => {
      id += 1;
      const seen = second.asked.length;
      await client.ask(query(id));
      return back.asked.length > 0 && second.asked.length === seen;
    });
    await expectMetric(front, 'cleanfeed_dns_upstream_errors_total{reason="timeout"}', 0);
  });

  test('one that is silent: the next one is asked after a third of the time-out, and an answer of either counts', async () => {
    await using silent = await startResolver(() => []);
    await using second = await startResolver((message) => (message.includes('late') ? [] : [answerTo(message)]));
    await using front = await startFront([silent, second], {}, { resolver: { front: { timeout: '9s' } } });
    await using client = await DnsClient.of(front.port);
    expect(await client.ask(query(1))).toEqual(answerTo(query(1)));
    // It is down by now: nobody waits for it.
    let id = 2;
    await eventually('one is asked of the second alone: the first is looked at once a second', async () => {
      const before = silent.asked.length;
      await client.ask(query(id++));
      return silent.asked.length === before;
    });
    // Neither answers; then the first one does, late.
    const late = queryBytes({ id: 9999, name: 'late.harmless.example' });
    const answer = client.ask(late);
    await eventually('the first one is asked', () => silent.asked.some(({ message }) => message.includes('late')));
    const { message, from } = silent.asked.find((each) => each.message.includes('late')) ?? silent.asked[0]!;
    silent.send(answerTo(message), from);
    expect(await answer).toEqual(answerTo(late));
  });

  test('messages that answer nothing do not make up for silence', async () => {
    await using strange = await startResolver((message) => {
      const answer = answerTo(message);
      answer.writeUInt16BE(answer.readUInt16BE() ^ 1);
      return [answer];
    });
    await using second = await startResolver();
    await using front = await startFront([strange, second], {}, { resolver: { front: { timeout: '30s' } } });
    await using client = await DnsClient.of(front.port);
    // Each would wait for ten seconds.
    for (let id = 0; id < 60; id++) expect(await client.ask(query(id))).toEqual(answerTo(query(id)));
    expect(strange.asked.length).toBeLessThan(60);
  });

  test('one that is back, and slower than the next, is asked first again', async () => {
    let isSilent = true;
    await using slow = await startResolver((message, from) => {
      if (!isSilent) setTimeout(() => slow.send(answerTo(message), from), 1500);
      return [];
    });
    await using second = await startResolver();
    await using front = await startFront([slow, second], {}, { resolver: { front: { timeout: '6s' } } });
    await using client = await DnsClient.of(front.port);
    expect(await client.ask(query(1))).toEqual(answerTo(query(1)));
    isSilent = false;
    let id = 100;
    await eventually('the second one is asked no more', async () => {
      id += 1;
      const seen = second.asked.length;
      await client.ask(query(id));
      return second.asked.length === seen;
    });
  });

  test('none answers: SERVFAIL that says why, once, and nothing is left', async () => {
    await using silent = await startResolver(() => []);
    await using front = await startFront([silent], {}, { resolver: { front: { timeout: '500ms' } } });
    await using client = await DnsClient.of(front.port);
    for (let id = 0; id < 40; id++) client.send(query(id));
    await eventually('all are answered', () => client.came.length === 40);
    expect(new Set(client.came.map((answer) => answer.readUInt16BE())).size).toBe(40);
    for (const answer of client.came) {
      expect(rcodeOf(answer)).toBe(2);
      expect(answer.subarray(-6).toString('hex')).toBe(EDE_NETWORK_ERROR);
    }
    await expectMetric(front, 'cleanfeed_dns_upstream_errors_total{reason="timeout"}', 40);
    await expectMetric(front, 'cleanfeed_dns_in_flight', 0);
  });

  test('the only one loses a question: it is asked again, and answers', async () => {
    let seen = 0;
    await using only = await startResolver((message) => ((seen += 1) === 1 ? [] : [answerTo(message)]));
    await using front = await startFront([only], {}, { resolver: { front: { timeout: '9s' } } });
    await using client = await DnsClient.of(front.port);
    expect(await client.ask(query(1))).toEqual(answerTo(query(1)));
    expect(only.asked.map(({ message }) => message.subarray(2))).toEqual(
      [query(1), query(1)].map((each) => each.subarray(2)),
    );
  });

  test('a flood towards silent resolvers is bounded, and what comes afterwards is answered', async () => {
    let isSilent = true;
    await using resolver = await startResolver((message) => (isSilent ? [] : [answerTo(message)]));
    const front = { inFlight: 64, timeout: '3s' };
    await using proxy = await startFront([resolver], {}, { resolver: { front } });
    await using client = await DnsClient.of(proxy.port);
    let id = 0;
    await eventually(
      'more came than fit',
      async () => {
        for (let i = 0; i < 100; i++) client.send(query(id++));
        return (await proxy.metrics()).get('cleanfeed_dns_dropped_total{reason="in_flight_limit"}') ?? 0;
      },
      (dropped) => dropped > 0,
    );
    // What waits is shown some time later.
    await eventually(
      'they wait',
      async () => (await proxy.metrics()).get('cleanfeed_dns_in_flight') ?? 0,
      (waiting) => waiting > 0,
    );
    isSilent = false;
    await expectMetric(proxy, 'cleanfeed_dns_in_flight', 0);
    await using other = await DnsClient.of(proxy.port);
    expect(await other.ask(query(60_000))).toEqual(answerTo(query(60_000)));
  });
});

describe('whose question it is', () => {
  test('a resolver is told, and so are both when a balancer says it', async () => {
    await using resolver = await startResolver((message) => [answerTo(message.subarray(28))]);
    await using telling = await startFront([resolver], { sendProxyProtocol: true });
    await using client = await DnsClient.of(telling.port);
    expect(await client.ask(query(1))).toEqual(answerTo(query(1)));
    const head = `0d0a0d0a000d0a515549540a2112000c7f0000017f000001`;
    expect(resolver.asked[0]?.message.toString('hex', 0, 28)).toBe(`${head}${hex(client.port)}${hex(telling.port)}`);

    const config = { clients: { allow: ['192.0.2.0/24'] } };
    const proxyProtocol = { from: ['127.0.0.1'] };
    await using both = await startFront([resolver], { sendProxyProtocol: true, proxyProtocol }, config);
    await using balancer = await DnsClient.of(both.port);
    const named = Buffer.from('0d0a0d0a000d0a515549540a21120013c0000201c6336401123400352a00040a0b0c0d', 'hex');
    expect(await balancer.ask(Buffer.concat([named, query(2)]))).toEqual(answerTo(query(2)));
    expect(resolver.asked[1]?.message.toString('hex', 12, 28)).toBe(`2112000cc00002017f0000011234${hex(both.port)}`);
    // A header about a connection: dnsdist says so of a client of DoH. Whoever is named is no client; no header.
    const ofConnection = Buffer.from(named);
    ofConnection[13] = 0x11;
    expect(await balancer.ask(Buffer.concat([ofConnection, query(5)]))).toEqual(answerTo(query(5)));
    const denied = Buffer.from(named);
    denied[16] = 198;
    for (const message of [Buffer.concat([denied, query(3)]), query(4)]) balancer.send(message);
    await expectMetric(both, 'cleanfeed_dns_dropped_total{reason="client_denied"}', 1);
    await expectMetric(both, 'cleanfeed_dns_dropped_total{reason="proxy_header_invalid"}', 1);
    expect(balancer.came).toHaveLength(2);
  });
});

describe('a listener for both families', () => {
  test('a balancer and a client that come by IPv4 are those of the configuration', async () => {
    await using resolver = await startResolver();
    const both = { address: '::', proxyProtocol: { from: ['127.0.0.9'] } };
    await using front = await startFront([resolver], both, { clients: { allow: ['192.0.2.0/24'] } });
    await using balancer = await DnsClient.of(front.port, '127.0.0.1', '127.0.0.9');
    const named = Buffer.from('0d0a0d0a000d0a515549540a2112000cc0000201c633640112340035', 'hex');
    expect(await balancer.ask(Buffer.concat([named, query(1)]))).toEqual(answerTo(query(1)));
    await using other = await DnsClient.of(front.port, '127.0.0.1', '127.0.0.8');
    other.send(Buffer.concat([named, query(2)]));
    await expectMetric(front, 'cleanfeed_dns_dropped_total{reason="proxy_sender_denied"}', 1);
    expect(other.came).toEqual([]);
  });
});

describeWith(['ss'])('the room that the kernel has for questions', () => {
  test('is as configured, from the start and after a reload', async () => {
    await using resolver = await startResolver();
    await using front = await startFront([resolver], {}, { resolver: { front: { receiveBuffer: '64KiB' } } });
    const room = (): number => {
      const told = execFileSync(programPath('ss') ?? '', ['-uamnH', 'sport', '=', `:${front.port}`], {
        encoding: 'utf8',
      });
      return Number(/,rb(\d+),/.exec(told)?.[1]);
    };
    // The system doubles what it is asked for.
    expect(room()).toBe(2 * 64 * 1024);
    const file = front.file('cleanfeed.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('64KiB', '80KiB'));
    front.signal('SIGHUP');
    await eventually('it is in force', () => front.logged('config.applied').length === 1);
    await eventually('there is as much room', () => room() === 2 * 80 * 1024);
  });
});

describe('what the kernel has no room for while a worker stands still', () => {
  const SENT = 1000;

  test('questions are counted', async () => {
    await using resolver = await startResolver();
    await using front = await startFront([resolver], {}, { resolver: { front: { receiveBuffer: '64KiB' } } });
    const counted = async (reason: string): Promise<number> =>
      (await front.metrics()).get(`cleanfeed_dns_dropped_total{reason="${reason}"}`) ?? 0;
    await using client = await DnsClient.of(front.port);
    await stopProcess(front.pid);
    for (let i = 0; i < SENT; i += 1) await client.sent(Buffer.from('?'));
    front.signal('SIGCONT');
    const [read, dropped] = await eventually(
      'each is read or dropped',
      async () => [await counted('not_a_query'), await counted('receive_buffer')] as const,
      ([one, other]) => one + other === SENT,
    );
    expect([read > 60, dropped > 500]).toEqual([true, true]);
  });

  test('answers are counted', async () => {
    await using resolver = await startResolver();
    await using front = await startFront([resolver], {}, { resolver: { front: { receiveBuffer: '64KiB' } } });
    const counted = async (reason: string): Promise<number> =>
      (await front.metrics()).get(`cleanfeed_dns_upstream_errors_total{reason="${reason}"}`) ?? 0;
    await using client = await DnsClient.of(front.port);
    expect(await client.ask(query(1))).toEqual(answerTo(query(1)));
    const from = resolver.asked[0]?.from ?? { address: '127.0.0.1', port: 0 };
    await stopProcess(front.pid);
    for (let i = 0; i < SENT; i += 1) await resolver.sent(Buffer.from('?'), from);
    front.signal('SIGCONT');
    // What was not read when the port is given up is neither.
    const [read, dropped] = await eventually(
      'most are read or dropped',
      async () => [await counted('unexpected_answer'), await counted('receive_buffer')] as const,
      ([one, other]) => one > 60 && other > 500,
    );
    expect(read + dropped).toBeLessThanOrEqual(SENT);
  });
});

describe('while it changes', () => {
  test('a reload that changes the resolvers loses no answer that is under way', async () => {
    const held: (() => void)[] = [];
    await using first = await startResolver((message, from) => {
      held.push(() => first.send(answerTo(message), from));
      return [];
    });
    await using second = await startResolver();
    await using front = await startFront([first], {}, LONG);
    await using client = await DnsClient.of(front.port);
    client.send(query(1));
    await eventually('it is under way', () => held.length >= 1);
    const file = front.file('cleanfeed.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(first.server, second.server));
    front.signal('SIGHUP');
    await eventually('it is in force', () => front.logged('config.applied').length === 1);
    expect(await client.ask(query(2))).toEqual(answerTo(query(2)));
    expect(second.asked).toHaveLength(1);
    held[0]?.();
    await eventually('the first is answered', () => client.came.length === 2);
    expect(client.came[1]).toEqual(answerTo(query(1)));
  });

  test('a filter that ends answers what it has been asked', async () => {
    const held: (() => void)[] = [];
    await using resolver = await startResolver((message, from) => {
      held.push(() => resolver.send(answerTo(message), from));
      return [];
    });
    await using front = await startFront([resolver], {}, LONG);
    await using client = await DnsClient.of(front.port);
    for (let id = 0; id < 20; id++) client.send(query(id));
    await eventually('they are under way', () => held.length >= 20);
    front.signal('SIGTERM');
    await eventually('it ends', () => front.logged('process.draining').length > 0);
    for (const answer of held) answer();
    await front.exited;
    await eventually('all are answered', () => client.came.length >= 20);
    expect(client.came).toHaveLength(20);
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
