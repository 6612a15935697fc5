/**
 * What nearly every file here needs: one lenient origin, one proxy before it, and the two questions of requirements.md:
 * was it refused (clear status, close, not one byte upstream), and what exactly was forwarded. After each test no client
 * connection is left.
 */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { open, sendPieces, statuses, tell, turn } from './connection.ts';
import type { Connection } from './connection.ts';
import { ManualTime } from './manual-time.ts';
import { PSEUDONYM, startProxy } from './proxy.ts';
import type { ProxySettings, TestProxy } from './proxy.ts';
import { OK, Upstream } from './upstream.ts';

/** The field that the proxy adds to whatever it passes on. */
export const VIA = `Via: 1.1 ${PSEUDONYM}\r\n`;

/** Manual time between two looks for who is left: who lingers goes by it. */
const STEP_MS = 1000;

export interface Suite {
  readonly upstream: Upstream;
  readonly proxy: TestProxy;
  /** What its deadlines go by, where the test lets time pass itself. */
  readonly time: ManualTime;
  /** An open client connection; destroyed after the test. */
  client(localAddress?: string, at?: string): Promise<Connection>;
  /** A request of this origin in absolute-form; `fields` are lines, a Host goes before them. */
  request(method: string, path: string, fields?: readonly string[], body?: string): string;
  /** The same for GET. */
  get(path?: string, ...fields: readonly string[]): string;
  /** Sends one request, waits for the answer's end by `until` or the close, gives all that came. */
  ask(bytes: string, until?: string): Promise<string>;
  /** Expects a refusal of what was sent in these pieces, and that nothing of it went on. */
  refused(pieces: string | readonly string[], status: number | readonly number[]): Promise<void>;
  /** Expects that nothing but a sentinel sent now reaches the origin. */
  nothingForwarded(): Promise<void>;
}

/** Of a suite whose deadlines go by the time that tests let pass. */
export function timedSuite(settings: ProxySettings = {}): Suite {
  return hostileSuite(() => ({ ...settings, time: new ManualTime() }));
}

/** `originAddress`: where the origin listens, 0.0.0.0 for all of 127.0.0.0/8; its `url` names 127.0.0.1 in any case. */
export function hostileSuite(
  settings: ProxySettings | ((upstream: Upstream) => ProxySettings) = {},
  originAddress = '127.0.0.1',
): Suite {
  const state: { upstream?: Upstream; proxy?: TestProxy; time?: ManualTime } = {};
  const clients: Connection[] = [];
  beforeAll(async () => {
    state.upstream = await new Upstream().listen(originAddress);
    const given = typeof settings === 'function' ? settings(state.upstream) : settings;
    if (given.time instanceof ManualTime) state.time = given.time;
    state.proxy = await startProxy(given);
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    clients.length = 0;
    await nobodyLeft(state.proxy!, state.time).finally(() => state.upstream!.reset());
  });
  afterAll(async () => {
    await state.proxy!.close();
    await state.upstream!.close();
  });
  const suite: Suite = {
    get upstream() {
      return state.upstream!;
    },
    get proxy() {
      return state.proxy!;
    },
    get time() {
      return state.time!;
    },
    client: async (localAddress, at = '127.0.0.1') => {
      const client = await open(suite.proxy.port, at, localAddress);
      clients.push(client);
      return client;
    },
    request: (method, path, fields = [], body = '') =>
      `${[`${method} ${suite.upstream.url}${path} HTTP/1.1`, 'Host: x', ...fields].join('\r\n')}\r\n\r\n${body}`,
    get: (path = '/', ...fields) => suite.request('GET', path, fields),
    ask: async (bytes, until) => {
      const client = await suite.client();
      client.send(bytes);
      if (until === undefined) await client.over();
      else await client.has(until);
      return client.received;
    },
    refused: async (pieces, status) => {
      const client = await suite.client();
      await sendPieces(client, typeof pieces === 'string' ? [pieces] : pieces);
      await client.over();
      expect(statuses(client.received)).toHaveLength(1);
      expect([status].flat()).toContain(statuses(client.received)[0]);
      expect(client.received).toContain('\r\nConnection: close\r\n');
      // A reset could have cost the client its answer.
      expect(client.ending).toBe('end');
      expect(client.received).toContain(`\r\nProxy-Status: ${PSEUDONYM}; error=`);
      await suite.nothingForwarded();
    },
    nothingForwarded: async () => {
      const { upstream, proxy } = suite;
      const answer = upstream.answer;
      upstream.answer = OK;
      const { received } = await tell(proxy.port, suite.get('/sentinel', 'Connection: close'));
      expect(statuses(received)).toEqual([200]);
      expect(upstream.take()).toBe(forwarded('GET /sentinel HTTP/1.1', upstream.authority));
      upstream.answer = answer;
    },
  };
  return suite;
}

/** Nearly always a few turns are enough: only then it is waited for by the clock. */
async function nobodyLeft(proxy: TestProxy, time: ManualTime | undefined): Promise<void> {
  for (let turns = 0; turns < 100 && proxy.connections() > 0; turns++) await turn();
  const look = async (): Promise<number> => {
    await time?.pass(STEP_MS);
    return proxy.connections();
  };
  await eventually('no client connection is left', look, (count) => count === 0);
}

/** A request head as the origin must see it; `fields` are the lines that travel on, `after` those that are made anew behind them. */
export function forwarded(
  line: string,
  authority: string,
  fields: readonly string[] = [],
  after: readonly string[] = [],
): string {
  const lines = [
    line,
    `Host: ${authority}`,
    ...fields,
    ...after,
    `Via: 1.1 ${PSEUDONYM}`,
    'X-Forwarded-For: 127.0.0.1',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Every way to cut a text into two pieces that are not empty. */
export function everySplit(text: string): [string, string][] {
  return Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)]);
}

/** For the name of a test: what cannot be seen is escaped, what is long is cut. */
export function show(text: string, length = 80): string {
  return JSON.stringify(text)
    .replaceAll('\u007f', String.raw`\u007f`)
    .slice(0, length);
}

/** Rows for `test.each` named by what is sent. */
export function named(inputs: readonly string[]): { readonly name: string; readonly input: string }[] {
  return inputs.map((input) => ({ name: show(input), input }));
}
