/**
 * What nearly every file here needs: one lenient origin, one proxy before it, and the two questions of requirements.md:
 * was it refused (clear status, close, not one byte upstream), and what exactly was forwarded.
 */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { open, sendPieces, statuses, tell } from './connection.ts';
import type { Connection } from './connection.ts';
import { PSEUDONYM, startProxy } from './proxy.ts';
import type { ProxySettings, TestProxy } from './proxy.ts';
import { OK, Upstream } from './upstream.ts';

export interface Suite {
  readonly upstream: Upstream;
  readonly proxy: TestProxy;
  /** An open client connection; destroyed after the test. */
  client(): Promise<Connection>;
  /** Sends one request, waits for the answer's end by `until` or the close, gives all that came. */
  ask(bytes: string, until?: string): Promise<string>;
  /** Expects a refusal of what was sent in these pieces, and that nothing of it went on. */
  refused(pieces: string | readonly string[], status: number | readonly number[]): Promise<void>;
  /** Expects that nothing but a sentinel sent now reaches the origin. */
  nothingForwarded(): Promise<void>;
}

export function hostileSuite(settings: ProxySettings | ((upstream: Upstream) => ProxySettings) = {}): Suite {
  const state: { upstream?: Upstream; proxy?: TestProxy } = {};
  const clients: Connection[] = [];
  beforeAll(async () => {
    state.upstream = await new Upstream().listen();
    state.proxy = await startProxy(typeof settings === 'function' ? settings(state.upstream) : settings);
  });
  afterEach(() => {
    for (const client of clients) client.destroy();
    clients.length = 0;
    state.upstream!.reset();
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
    client: async () => {
      const client = await open(suite.proxy.port);
      clients.push(client);
      return client;
    },
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
      expect(client.received).toContain(`\r\nProxy-Status: ${PSEUDONYM}; error=`);
      await suite.nothingForwarded();
    },
    nothingForwarded: async () => {
      const { upstream, proxy } = suite;
      const answer = upstream.answer;
      upstream.answer = OK;
      const { received } = await tell(proxy.port, `GET ${upstream.url}/sentinel HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(statuses(received)).toEqual([200]);
      expect(upstream.take()).toBe(sentinel(upstream.authority));
      upstream.answer = answer;
    },
  };
  return suite;
}

function sentinel(authority: string): string {
  return forwarded(`GET /sentinel HTTP/1.1`, authority);
}

/** A request head as the origin must see it; `fields` are the lines that travel on. */
export function forwarded(line: string, authority: string, fields: readonly string[] = [], after: readonly string[] = []): string {
  const lines = [line, `Host: ${authority}`, ...fields, ...after, `Via: 1.1 ${PSEUDONYM}`, 'X-Forwarded-For: 127.0.0.1'];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Every way to cut a text into two pieces that are not empty. */
export function everySplit(text: string): [string, string][] {
  return Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)]);
}

export function show(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', String.raw`\u007f`);
}
