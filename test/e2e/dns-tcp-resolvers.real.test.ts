/** DNS over TCP where resolvers say nothing, listeners end, transfers end, and connections carry the name of a client. In the real process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import { answerTo, DnsClient, framed, startStreamResolver, StreamClient } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { startUnbound } from '../support/unbound.ts';

async function startFront(
  upstream: readonly string[],
  listener: Readonly<Record<string, unknown>> = {},
  front: Readonly<Record<string, unknown>> = {},
): Promise<ProxyProcess> {
  const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream, ...listener };
  const other = { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 };
  return await startProxy({ config: { listeners: [dns, other], resolver: { front } } });
}

const named = (id: number): Buffer => queryBytes({ id, name: `n${id}.harmless.example` });
const AXFR = 252;

async function answered(front: ProxyProcess, query: Buffer): Promise<Buffer | undefined> {
  await using client = await StreamClient.of(front.port);
  client.send(query);
  await eventually('it is answered', () => client.came.length > 0);
  return client.came[0];
}

test('a resolver whose TCP is swallowed: another one is asked in time, and the next client does not wait for it', async () => {
  const hole = await startBlackHole('127.0.0.1');
  await using resolver = await startStreamResolver();
  await using front = await startFront([`127.0.0.1:${hole.port}`, resolver.server], {}, { timeout: '30s' });
  // Each would wait ten seconds: the time of this test is over before.
  for (let id = 0; id < 60; id++) expect(await answered(front, named(id))).toEqual(answerTo(named(id)));
  expect((await front.metrics()).get('cleanfeed_dns_upstream_errors_total{reason="timeout"}')).toBe(0);
  await hole.close();
});

test('a resolver that takes the question and says nothing; what it says too late is for nobody', async () => {
  const silent = new Map<number, () => void>();
  await using first = await startStreamResolver((message, socket) => {
    silent.set(message.readUInt16BE(), () => socket.write(framed(answerTo(message))));
    return [];
  });
  await using second = await startStreamResolver();
  await using front = await startFront([first.server, second.server], {}, { timeout: '9s' });
  await using client = await StreamClient.of(front.port);
  client.send(named(1), named(2));
  await eventually('both are answered', () => client.came.length === 2);
  expect(client.came.toSorted((a, b) => a.compare(b))).toEqual([1, 2].map((id) => answerTo(named(id))));
  for (const say of silent.values()) say();
  client.send(named(3));
  await eventually('the third', () => client.came.length === 3);
  expect(client.came[2]).toEqual(answerTo(named(3)));
});

test('it is asked first again when it answers again', async () => {
  let isSilent = true;
  await using first = await startStreamResolver((message) => (isSilent ? [] : [answerTo(message)]));
  await using second = await startStreamResolver();
  await using front = await startFront([first.server, second.server], {}, { timeout: '6s' });
  expect(await answered(front, named(1))).toEqual(answerTo(named(1)));
  isSilent = false;
  let id = 10;
  await eventually('the second one is asked no more', async () => {
    const before = second.connections.flatMap(({ asked }) => asked).length;
    await answered(front, named(id++));
    return second.connections.flatMap(({ asked }) => asked).length === before;
  });
});

test('a listener that a reload takes away: who waits is answered, then all connections end', async () => {
  const held: (() => void)[] = [];
  await using resolver = await startStreamResolver((message, socket) => {
    held.push(() => socket.write(framed(answerTo(message))));
    return [];
  });
  await using front = await startFront([resolver.server], {}, { timeout: '30s' });
  await using idle = await StreamClient.of(front.port);
  await using busy = await StreamClient.of(front.port);
  busy.send(named(1));
  await eventually('it is under way', () => held.length >= 1);
  const file = front.file('cleanfeed.yaml');
  const config: { listeners: { name: string }[] } = JSON.parse(readFileSync(file, 'utf8'));
  config.listeners = config.listeners.filter(({ name }) => name !== 'dns');
  writeFileSync(file, JSON.stringify(config));
  front.signal('SIGHUP');
  await eventually('it is in force', () => front.logged('config.applied').length === 1);
  await idle.ended;
  expect(idle.came).toEqual([]);
  // While it waits it may ask on.
  busy.send(named(2));
  await eventually('both are under way', () => held.length >= 2);
  for (const answer of held) answer();
  await busy.ended;
  expect(busy.came).toEqual([1, 2].map((id) => answerTo(named(id))));
});

test('nothing comes behind the last message of a zone transfer', async () => {
  const transfer = queryBytes({ id: 9, name: 'zone.example', qtype: AXFR });
  await using resolver = await startStreamResolver((message) =>
    message.equals(transfer) ? [answerTo(message), answerTo(message), answerTo(message)] : [answerTo(message)],
  );
  await using front = await startFront([resolver.server], {}, { timeout: '3s', tcpIdle: '6s' });
  await using client = await StreamClient.of(front.port);
  client.send(transfer);
  await client.ended;
  expect(client.came).toEqual([1, 2, 3].map(() => answerTo(transfer)));
  expect((await front.metrics()).get('cleanfeed_dns_upstream_errors_total{reason="timeout"}')).toBe(0);
});

test('a zone transfer goes on while its messages come, however long all of it takes', async () => {
  const transfer = queryBytes({ id: 9, name: 'zone.example', qtype: AXFR });
  const say: (() => void)[] = [];
  await using first = await startStreamResolver((message, socket) => {
    if (message.equals(transfer)) say.push(() => socket.write(framed(answerTo(message))));
    return [];
  });
  await using second = await startStreamResolver(() => []);
  await using front = await startFront([first.server, second.server], {}, { timeout: '6s' });
  await using client = await StreamClient.of(front.port);
  client.send(transfer);
  await eventually('it is asked', () => say.length === 1);
  // Another one's question tells what time it is: a third of the time-out is over when the second resolver is asked, all of it when nobody has answered.
  await using other = await StreamClient.of(front.port);
  other.send(named(1));
  const isAskedOfSecond = (): boolean =>
    second.connections.some(({ asked }) => asked.some((each) => each.equals(named(1))));
  await eventually('a third of the time is over', isAskedOfSecond);
  say[0]?.();
  await eventually('it has begun', () => client.came.length === 1);
  await eventually('all of the time is over', () => other.came.length === 1);
  say[0]?.();
  await eventually('it goes on', () => client.came.length === 2);
  expect(client.came).toEqual([1, 2].map(() => answerTo(transfer)));
});

test('a zone transfer is asked of one resolver, though another one that is down is to be asked beside it now and then', async () => {
  await using first = await startStreamResolver(() => []);
  await using second = await startStreamResolver();
  await using front = await startFront([first.server, second.server], {}, { timeout: '3s' });
  expect(await answered(front, named(1))).toEqual(answerTo(named(1)));
  const askedOfFirst = (): readonly Buffer[] => first.connections.flatMap(({ asked }) => asked);
  await eventually('it is asked again', async () => {
    for (let id = 2; id <= 4; id++) await answered(front, queryBytes({ id, name: 'zone.example', qtype: AXFR }));
    await answered(front, named(5));
    return askedOfFirst().some((query) => query.equals(named(5)));
  });
  expect(askedOfFirst().filter((query) => query.readUInt16BE(query.length - 4) === AXFR)).toEqual([]);
});

test('a client that breaks off while it waits takes its connections to resolvers with it', async () => {
  await using resolver = await startStreamResolver(() => []);
  await using front = await startFront([resolver.server], {}, { timeout: '30s' });
  await using client = await StreamClient.of(front.port);
  client.send(named(1));
  await eventually('it is asked', () => resolver.connections[0]?.asked.length === 1);
  client.socket.resetAndDestroy();
  await eventually('it is over', () => resolver.connections[0]?.socket.destroyed === true);
  // Nobody has waited for an answer until it was late.
  expect(await metric(front, 'cleanfeed_dns_upstream_errors_total{reason="timeout"}')).toBe(0);
});

test('a connection that was opened for one client is used for no other one, though headers are sent no more', async () => {
  const held: (() => void)[] = [];
  await using resolver = await startStreamResolver(
    (message, socket) => {
      held.push(() => socket.write(framed(answerTo(message))));
      return [];
    },
    { headBytes: 28 },
  );
  await using front = await startFront([resolver.server], { sendProxyProtocol: true }, { timeout: '30s' });
  await using first = await StreamClient.of(front.port);
  first.send(named(1));
  await eventually('it is under way', () => held.length >= 1);
  const file = front.file('cleanfeed.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"sendProxyProtocol":true', '"sendProxyProtocol":false'));
  front.signal('SIGHUP');
  await eventually('it is in force', () => front.logged('config.applied').length === 1);
  held[0]?.();
  await eventually('it is answered', () => first.came.length === 1);
  await using second = await StreamClient.of(front.port);
  second.send(named(2));
  await eventually('another connection', () => resolver.connections[1]?.head.length === 28);
  // No header: what comes first is the question.
  expect(resolver.connections[1]?.head).toEqual(framed(named(2)).subarray(0, 28));
});

const DOWN = 'cleanfeed_dns_resolvers_down{listener="dns",transport="tcp"}';
const metric = async (front: ProxyProcess, name: string): Promise<number> => (await front.metrics()).get(name) ?? -1;

test('a late answer on a connection on which others wait: its resolver is there, and the answer is nothing odd', async () => {
  const late = new Map<number, () => void>();
  await using first = await startStreamResolver((message, socket) => {
    late.set(message.readUInt16BE(), () => socket.write(framed(answerTo(message))));
    return [];
  });
  const held: (() => void)[] = [];
  await using second = await startStreamResolver((message, socket) => {
    const isFirst = message.equals(named(1));
    if (!isFirst) held.push(() => socket.write(framed(answerTo(message))));
    return isFirst ? [answerTo(message)] : [];
  });
  await using front = await startFront([first.server, second.server], {}, { timeout: '30s' });
  await using client = await StreamClient.of(front.port);
  // The first one is silent for a third of the time-out; the second one answers one question, and the other one goes on waiting.
  client.send(named(1), named(2));
  await eventually('the first question is answered', () => client.came.length === 1);
  await eventually('the first resolver is down', async () => (await metric(front, DOWN)) > 0);
  await eventually('the second question waits', () => held.length === 1);
  late.get(1)?.();
  await eventually('the first resolver is there', async () => (await metric(front, DOWN)) === 0);
  held[0]?.();
  await eventually('the second question is answered', () => client.came.length === 2);
  expect(client.came).toEqual([1, 2].map((id) => answerTo(named(id))));
  expect(await metric(front, 'cleanfeed_dns_upstream_errors_total{reason="unexpected_answer"}')).toBe(0);
});

test('a resolver that leaves one question without an answer while it answers another one is asked first as before', async () => {
  await using first = await startStreamResolver((message) => (message.equals(named(1)) ? [] : [answerTo(message)]));
  await using second = await startStreamResolver();
  await using front = await startFront([first.server, second.server], {}, { timeout: '3s' });
  await using client = await StreamClient.of(front.port);
  const asked = ({ connections }: typeof first): readonly Buffer[] => connections.flatMap((each) => each.asked);
  client.send(named(1));
  await eventually('it is asked', () => asked(first).length === 1);
  client.send(named(2));
  await eventually('both are answered', () => client.came.length === 2);
  expect(client.came).toEqual([2, 1].map((id) => answerTo(named(id))));
  expect(await answered(front, named(3))).toEqual(answerTo(named(3)));
  expect([asked(first), asked(second)]).toEqual([[1, 2, 3].map(named), [named(1)]]);
});

test('what no resolver has answered over TCP is counted as such, and the resolver is seen to be down', async () => {
  const gone = await startStreamResolver();
  await gone[Symbol.asyncDispose]();
  await using breaking = await startStreamResolver((_, socket) => {
    socket.resetAndDestroy();
    return [];
  });
  for (const upstream of [[gone.server], [breaking.server], [gone.server, breaking.server]]) {
    await using front = await startFront(upstream);
    for (let id = 1; id <= 3; id++) expect((await answered(front, named(id)))!.readUInt16BE(2) & 0xf).toBe(2);
    await eventually('the metrics', async () => (await metric(front, DOWN)) >= upstream.length);
    expect(await metric(front, 'cleanfeed_dns_upstream_errors_total{reason="timeout"}')).toBe(3);
    expect(await metric(front, DOWN.replace('tcp', 'udp'))).toBe(0);
  }
});

describeWith(['unbound'])('an Unbound whose TCP is closed', () => {
  test('is asked over UDP as before; what comes over TCP another one is asked', async () => {
    const lines = (address: string): readonly string[] => [
      'local-zone: "harmless.example" static',
      `local-data: "n1.harmless.example. 60 IN A ${address}"`,
    ];
    await using first = await startUnbound({ lines: ['do-tcp: no', ...lines('192.0.2.1')] });
    await using second = await startUnbound({ lines: lines('192.0.2.2') });
    // Who answers late is not asked in vain.
    await using front = await startFront([first.server, second.server], {}, { timeout: '30s' });
    const addressIn = (answer: Buffer | undefined): string | undefined => answer?.subarray(-4).join('.');
    await using overUdp = await DnsClient.of(front.port);
    for (let i = 0; i < 4; i += 1) {
      expect(addressIn(await answered(front, named(1)))).toBe('192.0.2.2');
      expect(addressIn(await overUdp.ask(named(1)))).toBe('192.0.2.1');
    }
    await eventually('its TCP is down', async () => (await metric(front, DOWN)) > 0);
    expect(await metric(front, DOWN.replace('tcp', 'udp'))).toBe(0);
  });
});
