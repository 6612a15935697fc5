/** What lists say to a question for a name, in the whole process: refused, steered, or passed as it came, over UDP and TCP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { optRecord, queryBytes, words } from '../support/dns-queries.ts';
import {
  answerTo,
  DnsClient,
  startResolver,
  startStreamResolver,
  StreamClient,
  type ScriptedResolver,
  type StreamResolver,
} from '../support/dns-peers.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';

const LISTS = {
  national: '*.blocked.example dns\nsteered.example steer\npath.example/secret steer\n',
  court: { text: 'court.example dns\n', status: 451 as const },
  allowed: { text: 'good.blocked.example reason="a mistake" expires=2999-12-31\n', action: 'allow' as const },
};
const ANSWERS = {
  block: { a: ['192.0.2.99'] },
  steer: { a: ['198.51.100.64/30'], aaaa: ['2001:db8:64::/64'] },
  ttl: '30s',
};
const TYPE = { a: 1, mx: 15, txt: 16, aaaa: 28, https: 65, any: 255 } as const;

let resolver: ScriptedResolver;
let streams: StreamResolver;
let front: ProxyProcess;
let client: DnsClient;

/** Signed where the name says so. */
function resolverAnswer(query: Buffer): Buffer {
  if (!query.includes('signed')) return answerTo(query);
  const end = query.indexOf(0, 12) + 5;
  const header = Buffer.concat([query.subarray(0, 2), words(0x8180, 1, 1, 0, 1)]);
  const record = Buffer.concat([words(0xc00c, 46, 1, 0, 60, 4), Buffer.from('sign')]);
  return Buffer.concat([header, query.subarray(12, end), record, optRecord({ size: 1232, do: true })]);
}

beforeAll(async () => {
  streams = await startStreamResolver((message) => [resolverAnswer(message)]);
  resolver = await startResolver((message) => [resolverAnswer(message)], { port: streams.port });
  const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] };
  front = await startProxy({ lists: LISTS, config: { listeners: [dns], resolver: { answers: ANSWERS } } });
  client = await DnsClient.of(front.port);
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await front.stop();
  await resolver[Symbol.asyncDispose]();
  await streams[Symbol.asyncDispose]();
});

async function overTcp(query: Buffer): Promise<Buffer> {
  await using stream = await StreamClient.of(front.port);
  stream.send(query);
  await eventually('it is answered', () => stream.came.length === 1);
  return stream.came[0] ?? Buffer.alloc(0);
}

const WAYS: readonly (readonly [string, (query: Buffer) => Promise<Buffer>])[] = [
  ['UDP', async (query) => await client.ask(query)],
  ['TCP', overTcp],
];

describe.each(WAYS)('over %s', (_way, ask) => {
  const asked = async (name: string, qtype: number, edns = { size: 1232, do: false }): Promise<Answer> =>
    readAnswer(await ask(queryBytes({ id: 0xabcd, name, qtype, edns })));

  test.each(['blocked.example', 'BLOCKED.example', 'a.b.blocked.example'])(
    '%s is refused, whatever the type',
    async (name) => {
      expect(await asked(name, TYPE.a)).toEqual({ rcode: 0, data: ['c0000263'], ttls: [30], reason: 15 });
      // The page has no such address: NODATA, so that nobody goes around.
      for (const type of [TYPE.aaaa, TYPE.https, TYPE.mx, TYPE.txt, TYPE.any])
        expect(await asked(name, type)).toEqual({ rcode: 0, data: [], ttls: [], reason: 15 });
      expect(await asked(name, TYPE.a, { size: 1232, do: true })).toMatchObject({ data: ['c0000263'] });
    },
  );

  test('the reason is the list’s', async () => {
    expect(await asked('court.example', TYPE.a)).toMatchObject({ data: ['c0000263'], reason: 16 });
  });

  test.each(['steered.example', 'path.example', 'sTeered.example'])(
    '%s is steered by its addresses only',
    async (name) => {
      const query = (qtype: number, isDo = false): Buffer =>
        queryBytes({ id: 1, name, qtype, edns: { size: 1232, do: isDo } });
      const { data, ttls, rcode } = await asked(name, TYPE.a);
      expect([rcode, ttls]).toEqual([0, [30]]);
      expect(['c6336440', 'c6336441', 'c6336442', 'c6336443']).toContain(data[0]);
      const six = await asked(name, TYPE.aaaa);
      expect(six.data[0]).toMatch(/^20010db800640000/);
      expect(await asked(name, TYPE.https)).toMatchObject({ rcode: 0, data: [] });
      for (const type of [TYPE.mx, TYPE.txt, TYPE.any]) expect(await ask(query(type))).toEqual(answerTo(query(type)));
      // Signatures were asked for, and there are none.
      expect((await asked(name, TYPE.a, { size: 1232, do: true })).data).toEqual(data);
    },
  );

  test.each(['harmless.example', 'good.blocked.example', 'sub.steered.example', 'blocked.example.test', 'example'])(
    '%s passes',
    async (name) => {
      for (const qtype of Object.values(TYPE)) {
        const query = queryBytes({ id: 2, name, qtype, edns: { size: 4096, do: true } });
        expect(await ask(query)).toEqual(answerTo(query));
      }
    },
  );
});

// Requirement 79, by the number of each type that is given out, and of some that are not.
const TYPES = [...Array.from({ length: 300 }, (_, i) => i + 1), 32_768, 32_769, 65_280, 65_534];
/** A, AAAA, SVCB, HTTPS. */
const OF_STEERING = [1, 28, 64, 65];
/** OPT and TSIG are no types to ask for, transfers are refused by themselves (test/engines/dns-transfer.real.test.ts). */
const NOT_ASKED = new Set([41, 250, 251, 252]);

test.each([
  { name: 'steered.example', touched: OF_STEERING },
  { name: 'path.example', touched: OF_STEERING },
  // The same host’s on another port (RFC 9460 §9.1).
  { name: '_8443._https.steered.example', touched: [64, 65] },
  ...[
    'example',
    'sub.steered.example',
    '_25._tcp.steered.example',
    '_dmarc.steered.example',
    'xsteered.example',
    'steered.example.test',
  ].map((name) => ({ name, touched: [] })),
])('of $name these types alone are touched: $touched', async ({ name, touched }) => {
  const other: number[] = [];
  for (const qtype of TYPES.filter((type) => !NOT_ASKED.has(type))) {
    const query = queryBytes({ id: qtype, name, qtype, edns: { size: 1232, do: false } });
    if (!(await client.ask(query)).equals(answerTo(query))) other.push(qtype);
  }
  expect(other).toEqual(touched);
});

test('a signed answer of a steered name passes, if it was asked for, and is counted', async () => {
  await using signed = await startSigned();
  await using asking = await DnsClient.of(signed.port);
  const query = queryBytes({ id: 3, name: 'signed.example', edns: { size: 1232, do: true } });
  expect(await asking.ask(query)).toEqual(resolverAnswer(query));
  const plain = readAnswer(await asking.ask(queryBytes({ id: 4, name: 'signed.example', edns: { size: 1232 } })));
  expect(plain.data[0]).toMatch(/^c63364/);
  await eventually(
    'it is counted',
    async () => (await signed.metrics()).get('cleanfeed_dns_signed_passed_total') === 1,
  );
  expect((await signed.metrics()).get('cleanfeed_dns_queries_total{listener="dns",verdict="steer"}')).toBe(2);
});

describe('where names are refused by REFUSED', () => {
  let refusing: ProxyProcess;
  beforeAll(async () => {
    const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] };
    refusing = await startProxy({
      lists: LISTS,
      config: { listeners: [dns], resolver: { answers: { block: 'refused' } } },
    });
  });
  afterAll(async () => await refusing.stop());

  const asked = async (name: string, qtype: number): Promise<readonly Buffer[]> => {
    const query = queryBytes({ id: 5, name, qtype, edns: { size: 1232, do: true } });
    await using datagrams = await DnsClient.of(refusing.port);
    await using stream = await StreamClient.of(refusing.port);
    stream.send(query);
    await eventually('it is answered', () => stream.came.length === 1);
    return [await datagrams.ask(query), ...stream.came];
  };

  test.each([
    ['blocked.example', 15],
    ['court.example', 16],
  ])('%s is, whatever the type, with the reason %i and nothing to be kept', async (name, reason) => {
    for (const type of Object.values(TYPE)) {
      const [overUdp, ...others] = await asked(name, type);
      expect(readAnswer(overUdp ?? Buffer.alloc(0))).toEqual({ rcode: 5, data: [], ttls: [], reason });
      // No record in the authority section: a cache keeps what an SOA record says (RFC 2308 section 5).
      expect(overUdp?.readUInt16BE(8)).toBe(0);
      expect(others).toEqual([overUdp]);
    }
  });

  test('what is on no list passes', async () => {
    const query = queryBytes({ id: 5, name: 'harmless.example', qtype: TYPE.a, edns: { size: 1232, do: true } });
    expect(await asked('harmless.example', TYPE.a)).toEqual([answerTo(query), answerTo(query)]);
  });
});

async function startSigned(): Promise<ProxyProcess> {
  const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] };
  return await startProxy({
    lists: { national: 'signed.example steer\n' },
    config: { listeners: [dns], resolver: { answers: ANSWERS } },
  });
}

interface Answer {
  readonly rcode: number;
  /** Of the answer section. */
  readonly data: readonly string[];
  readonly ttls: readonly number[];
  /** Of the extended error; null: none. */
  readonly reason: number | null;
}

/** Of our own answers, whose owners are pointers. */
function readAnswer(message: Buffer): Answer {
  const data: string[] = [];
  const ttls: number[] = [];
  let at = message.indexOf(0, 12) + 5;
  for (let i = 0; i < message.readUInt16BE(6); i++) {
    ttls.push(message.readUInt32BE(at + 6));
    const length = message.readUInt16BE(at + 10);
    data.push(message.toString('hex', at + 12, at + 12 + length));
    at += 12 + length;
  }
  const hasReason = message.subarray(-6, -2).equals(words(15, 2));
  return {
    rcode: message.readUInt16BE(2) & 0xf,
    data,
    ttls,
    reason: hasReason ? message.readUInt16BE(message.length - 2) : null,
  };
}
