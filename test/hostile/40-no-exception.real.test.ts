/**
 * Requirement 40: no input raises an uncaught exception: what fuzzers found, every case of smuggling, real requests damaged
 * in every way and noise, at the real process, with an origin that damages its answers likewise: afterwards the same
 * threads serve. If one is raised all the same, one worker is replaced and the others serve on.
 */
import { mkdirSync } from 'node:fs';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig } from '../../src/config/load.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import { readCorpus } from '../fuzz/corpus.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { damage, damaged, HOSTILE_ANSWERS, hostileRequests } from './cases/damage.ts';
import { SMUGGLING } from './cases/smuggling.ts';
import { atRest } from './support/at-rest.ts';
import { open, sendPieces, statuses, tell } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';
import { OK, Upstream } from './support/upstream.ts';

const AT_ONCE = 40;
/** Where the steered listener is, at the origin's port. */
const STEERED = '127.0.0.5';
const LISTENERS = ['explicit', 'steered'] as const;
type ListenerName = (typeof LISTENERS)[number];

const resources = new Resources();
let upstream: Upstream;
beforeAll(async () => {
  upstream = await new Upstream().listen();
  resources.defer(async () => await upstream.close());
});
afterAll(async () => await resources.end());

const get = (path: string, fields = ''): string => `GET ${upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

function corpus(target: string): string[] {
  return readCorpus(target).map((input) => input.toString('latin1'));
}

/** Each on a connection of its own, some at a time. */
async function each<T>(inputs: readonly T[], converse: (input: T) => Promise<void>): Promise<void> {
  const waiting = [...inputs];
  const client = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await converse(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

describe('requirement 40: no input raises an uncaught exception', () => {
  let proxy: ProxyProcess;
  beforeAll(async () => {
    const SHORT = '200ms';
    proxy = resources.use(
      await startProxy({
        config: {
          workers: 2,
          listeners: [
            { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
            { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [upstream.port] },
          ],
          // Nobody answers for the names in the inputs.
          upstream: { allow: ['127.0.0.0/8'], dns: { servers: ['127.0.0.1:9'], timeout: SHORT } },
          timeouts: {
            header: SHORT,
            body: SHORT,
            firstByte: SHORT,
            idle: SHORT,
            connect: SHORT,
            tunnelFirstByte: SHORT,
            tunnelIdle: SHORT,
          },
          limits: { requestLineBytes: '2KiB', headerBytes: '4KiB', responseHeadBytes: '4KiB', headerCount: 64 },
        },
      }),
    );
  });

  /** The threads are those that were started, and serve; nobody is forgotten: every connection has come to its end. */
  async function expectUnharmed(): Promise<void> {
    upstream.answer = OK;
    // More than once: with these deadlines a busy machine may be late for one.
    const serves = async (): Promise<number | undefined> =>
      statuses((await tell(proxy.port, get('/', 'Connection: close\r\n'))).received)[0];
    for (let i = 0; i < 8; i++) expect(await eventually('it serves', serves, (status) => status === 200)).toBe(200);
    expect((await proxy.metrics()).get('cleanfeed_worker_restarts_total')).toBe(0);
    expect(proxy.stderr).not.toMatch(/"level":"error"/);
    const connected = async (): Promise<readonly (number | undefined)[]> => {
      const metrics = await proxy.metrics();
      return LISTENERS.map((name) => metrics.get(`cleanfeed_connections{listener="${name}"}`));
    };
    await eventually('no client is connected', connected, (counts) => counts.every((count) => count === 0));
  }

  /** What goes to an origin may name it all the same. */
  async function opened(listener: ListenerName): Promise<Connection> {
    return await (listener === 'explicit' ? open(proxy.port) : open(upstream.port, STEERED));
  }

  async function converse(
    listener: ListenerName,
    bytes: string | Uint8Array,
    end: string = 'fin',
    cuts: readonly number[] = [],
  ): Promise<void> {
    const client = await opened(listener);
    if (typeof bytes === 'string') await sendPieces(client, pieces(bytes, cuts));
    else client.send(bytes);
    if (end === 'fin') client.end();
    else if (end === 'rst') client.reset();
    if (end !== 'rst') await client.over();
    client.destroy();
  }

  test.each(LISTENERS)(
    '%s, from a client: the corpora of the fuzzers, and every case of smuggling',
    async (listener) => {
      upstream.answer = OK;
      const whole = [
        ...corpus('request-head'),
        ...corpus('response-head'),
        ...corpus('canonical-url').map((url) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`),
      ];
      const bodies = corpus('chunked').map(
        (body) => `POST http://AUTHORITY/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      );
      const inputs = [
        ...whole.map((text) => text.replaceAll('a.example:80', 'AUTHORITY')),
        ...SMUGGLING.map(({ bytes }) => bytes),
        ...bodies,
      ];
      await each(
        inputs.map((text) => text.replaceAll('AUTHORITY', upstream.authority)),
        async (bytes) => await converse(listener, bytes),
      );
      expect(upstream.connections.length).toBeGreaterThan(0);
      await expectUnharmed();
    },
  );

  test.each(LISTENERS)('%s, from an origin: the corpora as answers, whole and in two pieces', async (listener) => {
    const answers = [
      ...corpus('response-head'),
      ...corpus('request-head'),
      ...corpus('chunked').map((body) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`),
    ];
    upstream.answer = (connection, request) => {
      const [, number = '0', cut = '0'] = /^GET \/(\d+)\/(\d)/.exec(request) ?? [];
      const answer = answers[Number(number)] ?? OK;
      const half = cut === '0' ? 0 : answer.length >> 1;
      connection.send(answer.slice(0, half));
      setImmediate(() => connection.end(answer.slice(half)));
    };
    await each(
      answers.flatMap((_, number) => [0, 1].map((cut) => get(`/${number}/${cut}`))),
      async (bytes) => {
        const client = await opened(listener);
        await client.send(bytes).until(({ received, ending, closed }) => received !== '' || ending !== null || closed);
        client.destroy();
      },
    );
    await expectUnharmed();
  });

  test.each(LISTENERS)('%s: damaged requests and damaged answers', async (listener) => {
    const requests = hostileRequests(upstream.authority);
    const exchange = fc.record({
      request: fc.nat(requests.length - 1),
      answer: fc.nat(HOSTILE_ANSWERS.length - 1),
      inRequest: damage,
      inAnswer: damage,
      cuts: fc.array(fc.nat(300), { maxLength: 3 }),
      end: fc.constantFrom('fin', 'rst', 'wait'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(exchange, { minLength: 40, maxLength: 40 }), async (exchanges) => {
        let next = 0;
        upstream.answer = (connection) => {
          const { answer, inAnswer } = exchanges[next++ % exchanges.length]!;
          connection.send(damaged(HOSTILE_ANSWERS[answer]!, inAnswer));
          if (inAnswer.length % 2 === 0) connection.end();
        };
        await Promise.all(
          exchanges.map(
            async ({ request, inRequest, cuts, end }) =>
              await converse(listener, damaged(requests[request]!, inRequest), end, cuts),
          ),
        );
      }),
      // A steered one waits for clients that stop: each of its deadlines comes after another.
      { numRuns: listener === 'explicit' ? 20 : 5 },
    );
    await expectUnharmed();
  });

  test.each(LISTENERS)('%s, random bytes as a whole conversation: nobody else is harmed', async (listener) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        async (bytes) => await converse(listener, bytes),
      ),
      { numRuns: 100 },
    );
    await expectUnharmed();
  });
});

/** The text cut at these places, modulo its length. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const points = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return points.slice(1).map((point, i) => text.slice(points[i], point));
}

// That none of them takes long is counted by requirement 60.
describe('requirement 40: no long value is more than one request', () => {
  const suite = hostileSuite({ list: '127.0.0.1/listed\n' });
  const long = (piece: string): string => piece.repeat(Math.floor(60_000 / piece.length));
  const values = [
    ' ',
    '\t',
    ',',
    ', ',
    'a,',
    '"',
    '\\',
    '(',
    ';q=',
    'a ',
    '\u00a0',
    '%25',
    '%',
    '/../',
    '=',
    'h2c,',
    '-',
    '0',
  ];
  const names = [
    'Accept',
    'Accept-Language',
    'Via',
    'Connection',
    'Upgrade',
    'X-Forwarded-For',
    'Forwarded',
    'Max-Forwards',
    'Authorization',
    'Expect',
    'TE',
    'Transfer-Encoding',
    'Content-Length',
    'Host',
  ];
  test.each(names)('%s', async (name) => {
    for (const value of values) {
      for (const path of ['/', '/listed']) {
        const connection = name === 'Upgrade' ? 'Connection: upgrade' : 'Connection: close';
        const received = await suite.ask(
          suite.request('OPTIONS', path, [connection, `${name}: x${long(value)}x`]),
          '\r\n\r\n',
        );
        expect(statuses(received)).toHaveLength(1);
      }
    }
  });
});

describe('requirement 40: a worker that dies all the same', () => {
  const own = new Resources();
  afterAll(async () => await own.end());

  test('is replaced; the connections of the others go on', async () => {
    const directory = temporaryDirectory();
    own.use(directory);
    const channel = new BroadcastChannel('mortal');
    own.defer(async () => channel.close());
    mkdirSync(directory.file('state'));
    upstream.answer = OK;
    const settings = {
      listeners: [{ name: 'explicit', port: 0 }],
      admin: { port: 0 },
      upstream: { allow: ['127.0.0.0/8'] },
      state: { directory: './state' },
      workers: 2,
    };
    const loaded = parseConfig(JSON.stringify(settings), directory.file('c.yaml'), {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    const control = await startControl(loaded.config, {
      log: memoryLog(),
      version: '0.0.0',
      workerFile: new URL('../support/mortal-data-thread.ts', import.meta.url),
    });
    own.defer(async () => await control.drain(0));
    const port = control.ports![0]!;
    const clients = await Promise.all(Array.from({ length: 40 }, async () => await open(port)));
    own.defer(async () => clients.forEach((client) => client.destroy()));
    for (const client of clients) await client.send(get('/1')).has('\r\n\r\nok');

    channel.postMessage({ worker: 1, how: 'die' });
    await eventually('its end', () => control.view.workerRestarts() === 1);
    // The kernel closes what it had; it spread them over both.
    const living = (): Connection[] => clients.filter(({ ending, closed }) => ending === null && !closed);
    await atRest(() => clients.length - living().length);
    const alive = living();
    expect(alive.length).toBeGreaterThan(0);
    for (const client of alive) await client.send(get('/2')).has('\r\n\r\nok', 2);

    await eventually('ready again', () => control.view.notReady().length === 0);
    const fresh = await tell(port, get('/3', 'Connection: close\r\n'));
    expect(fresh.received).toContain('\r\n\r\nok');
  });
});
