/**
 * Requirement 41: whatever happens to a connection, nothing of it is left: sockets, descriptors and timers return to where
 * they were. Here each kind of end by itself, a hundred times, so that a leak is named; all of them mixed, for an hour,
 * at the real process is `npm run soak` (test/soak).
 */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { open, statuses, turn } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { dnsForSuites } from './support/dns.ts';
import { LiveSockets } from '../support/live-sockets.ts';
import { share } from '../support/share.ts';
import { hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';
import { OK } from './support/upstream.ts';
import type { Answer } from './support/upstream.ts';

const dns = dnsForSuites();
// Idle connections would be something left.
const upstream = () => ({ pool: { maxIdle: 0 }, dns: { servers: [dns().server], timeout: 8 } });
const suite = hostileSuite(() => ({ list: '127.0.0.1/listed', upstream: upstream() }));
const SHORT = 0.6;
const hasty = hostileSuite(() => ({
  upstream: upstream(),
  timeouts: {
    header: SHORT,
    body: SHORT,
    firstByte: SHORT,
    idle: SHORT,
    connect: SHORT,
    tunnelFirstByte: SHORT,
    tunnelIdle: SHORT,
  },
}));

const TIMES = 100;
const AT_ONCE = 50;
/** Node has some timers that come and go, and the last of what was at work may still be at hand: a leak leaves one each time. */
const FEW = 5;
const live = new LiveSockets();
afterAll(() => live[Symbol.dispose]());

interface Kind {
  readonly name: string;
  /** Sent at once. */
  readonly bytes: () => string;
  readonly answer?: Answer;
  /** What the client does then, until it has seen enough; waits for the end of the connection unless told. */
  readonly leave?: (client: Connection) => Promise<unknown>;
  /** Statuses that the client has seen in the end; null: how far it came before its deadline is the machine's doing. */
  readonly want: readonly number[] | null;
}

const unanswered: Answer = () => {};
const connect = ({ upstream }: Suite): string => `CONNECT ${upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`;
const websocket = ['Connection: Upgrade', 'Upgrade: websocket'];
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const chunks = (body: string): string =>
  suite.request('POST', '/', ['Connection: close', 'Transfer-Encoding: chunked'], body);
const half = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf';
let nobody = 0;

/** When the proxy has taken it in. */
async function later(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn();
}
const resetLater = async (client: Connection): Promise<void> => await later().then(() => client.reset());
const endLater = async (client: Connection): Promise<void> => await later().then(() => client.end());

/** What ends by itself, or by its client. */
const KINDS: readonly Kind[] = [
  { name: 'served, and closed', bytes: () => suite.get('/', 'Connection: close'), want: [200] },
  {
    name: 'several requests at once',
    bytes: () => suite.get('/').repeat(4) + suite.get('/', 'Connection: close'),
    want: [200, 200, 200, 200, 200],
  },
  {
    name: 'a body by length',
    bytes: () => suite.request('POST', '/', ['Connection: close', 'Content-Length: 20000'], 'b'.repeat(20_000)),
    want: [200],
  },
  { name: 'a chunked body', bytes: () => chunks('5;x\r\nhello\r\n0\r\n\r\n'), want: [200] },
  { name: 'a block page', bytes: () => suite.get('/listed', 'Connection: close'), want: [403] },
  { name: 'a malformed head', bytes: () => suite.get('/', ' folded'), want: [400] },
  { name: 'a head without end', bytes: () => suite.get('/', `A: ${'b'.repeat(70_000)}`), want: [431] },
  { name: 'half a head, and gone', bytes: () => suite.get().slice(0, -4), leave: resetLater, want: [] },
  { name: 'nothing at all, and gone', bytes: () => '', leave: resetLater, want: [] },
  {
    name: 'a body that breaks off',
    bytes: () => suite.request('POST', '/', ['Content-Length: 9'], 'abc'),
    leave: endLater,
    want: [],
  },
  { name: 'a malformed chunk', bytes: () => chunks('5\r\nhello\r\nzz\r\n'), want: [400] },
  {
    name: 'an origin that does not answer, the client gone',
    bytes: () => suite.get(),
    answer: unanswered,
    leave: endLater,
    want: [],
  },
  {
    name: 'an origin that closes without an answer',
    bytes: () => suite.get('/', 'Connection: close'),
    answer: (connection) => connection.end(),
    want: [502],
  },
  {
    name: 'a malformed answer',
    bytes: () => suite.get('/', 'Connection: close'),
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
    want: [502],
  },
  { name: 'an answer cut short', bytes: () => suite.get(), answer: (connection) => connection.end(half), want: [200] },
  {
    name: 'an answer, the client gone in the middle of it',
    bytes: () => suite.get(),
    answer: half,
    leave: async (client) => (await client.has('half')).reset(),
    want: [200],
  },
  {
    name: 'an answer and stray bytes',
    bytes: () => suite.get('/', 'Connection: close'),
    answer: `${OK}stray`,
    want: [200],
  },
  {
    name: 'interim answers',
    bytes: () => suite.get('/', 'Connection: close'),
    answer: `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}${OK}`,
    want: [103, 103, 103, 200],
  },
  {
    name: 'a connection with NTLM',
    bytes: () => suite.get('/', 'Authorization: NTLM x'),
    leave: async (client) => (await client.has('ok')).end(),
    want: [200],
  },
  {
    name: 'an upgrade',
    bytes: () => suite.get('/', ...websocket),
    answer: SWITCHED,
    leave: async (client) => (await client.has('\r\n\r\n')).reset(),
    want: [101],
  },
  {
    name: 'a tunnel, ended by both',
    bytes: () => connect(suite),
    leave: async (client) => (await client.has('established')).end(),
    want: [200],
  },
  {
    name: 'a tunnel, reset',
    bytes: () => `${connect(suite)}early`,
    leave: async (client) => (await client.has('established')).reset(),
    want: [200],
  },
  {
    name: 'a tunnel to a port that is shut',
    bytes: () => `CONNECT 127.0.0.1:${nobody} HTTP/1.1\r\nHost: x\r\n\r\n`,
    want: [502],
  },
  {
    name: 'an origin that is not there',
    bytes: () => `GET http://127.0.0.1:${nobody}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    want: [502],
  },
  {
    name: 'a destination that is prohibited',
    bytes: () => 'GET http://10.0.0.1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    want: [403],
  },
  {
    name: 'a name that does not exist',
    bytes: () => 'GET http://none.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    want: [502],
  },
  {
    name: 'a name that nobody answers for, the client gone',
    bytes: () => 'GET http://silent.example/ HTTP/1.1\r\nHost: x\r\n\r\n',
    leave: resetLater,
    want: [],
  },
];

/** What the proxy has to end. */
const SLOW: readonly Kind[] = [
  { name: 'served, and left idle', bytes: () => hasty.get(), want: null },
  { name: 'half a head', bytes: () => hasty.get().slice(0, -4), want: null },
  { name: 'a body that stops', bytes: () => hasty.request('POST', '/', ['Content-Length: 9'], 'abc'), want: null },
  {
    name: 'an origin that does not answer',
    bytes: () => hasty.get('/', 'Connection: close'),
    answer: unanswered,
    want: null,
  },
  { name: 'an answer that stops', bytes: () => hasty.get(), answer: half, want: null },
  { name: 'an upgrade', bytes: () => hasty.get('/', ...websocket), answer: SWITCHED, want: null },
  { name: 'a tunnel', bytes: () => connect(hasty), want: null },
];

interface Held {
  readonly descriptors: number;
  readonly timers: number;
  /** That somebody holds, though they are closed. */
  readonly sockets: number;
}

describe('requirement 41: nothing is left', () => {
  beforeAll(async () => {
    // What is made once is no leak.
    suite.upstream.answer = OK;
    await repeat(suite, KINDS.slice(0, 5), 5 * TIMES);
  });

  test.each(share(KINDS, 2))('of $name', async (kind) => {
    nobody = await freePort();
    dns().set('silent.example', { A: 'drop', AAAA: 'drop' });
    suite.upstream.answer = kind.answer ?? OK;
    await expectNothingLeft(suite, async (times) => await repeat(suite, [kind], times));
  });

  test('of what is ended at its deadline', async () => {
    hasty.upstream.answer = (connection, request) => {
      const answer = SLOW[Number(/\r\nKind: (\d+)\r\n/.exec(request)?.[1])]?.answer ?? OK;
      if (typeof answer === 'string') connection.send(answer);
      else answer(connection, request);
    };
    await expectNothingLeft(hasty, async (times) => await repeat(hasty, SLOW, times));
  });
});

/** By suite: to which all of its kinds return. */
const rested = new Map<Suite, Held>();

async function expectNothingLeft(which: Suite, happens: (times: number) => Promise<void>): Promise<void> {
  if (!rested.has(which)) await happens(AT_ONCE);
  const before = rested.get(which) ?? (await atRest(which));
  rested.set(which, before);
  await happens(TIMES);
  await eventually(
    'all is where it was',
    async () => grown(before, await atRest(which)),
    (left) => left.length === 0,
  );
}

/** What there is more of, in words. */
function grown(before: Held, after: Held): string[] {
  const all = [
    ['sockets', after.sockets - before.sockets - FEW],
    ['descriptors', after.descriptors - before.descriptors],
    ['timers', after.timers - before.timers - FEW],
  ] as const;
  return all.filter(([, more]) => more > 0).map(([name, more]) => `${name}: ${more} too many`);
}

/** The kinds in turn, some at a time; each request says of which kind it is. */
async function repeat({ proxy }: Suite, kinds: readonly Kind[], times: number): Promise<void> {
  let count = 0;
  const clients = async (): Promise<void> => {
    while (count < times) {
      const number = count++ % kinds.length;
      await once(proxy.port, kinds[number]!, number);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, times) }, clients));
}

async function once(port: number, { bytes, leave, want }: Kind, number: number): Promise<void> {
  const client = await open(port);
  client.send(bytes().replace('Host: x\r\n', `Host: x\r\nKind: ${number}\r\n`));
  if (leave === undefined) await client.over();
  else await leave(client);
  if (want !== null) expect(statuses(client.received)).toEqual(want);
  client.destroy();
}

/** When every connection of both sides has ended. */
async function atRest({ upstream: origin, proxy }: Suite): Promise<Held> {
  let quiet = 0;
  await eventually(
    'nobody is connected',
    () => {
      origin.forget();
      const count = proxy.connections() + origin.connections.length;
      // More than once: what was accepted a moment ago is not counted yet.
      quiet = count === 0 ? quiet + 1 : 0;
      return count;
    },
    () => quiet >= 3,
  );
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  return { descriptors: readdirSync('/proc/self/fd').length, timers, sockets: live.count() };
}
