/** In a running process: who tries out what is listed is slowed down on a steered listener and inside CONNECT too, nobody else is; and it is counted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOkOrigin } from '../../support/ok-origin.ts';
import type { Origin } from '../../support/origin.ts';
import { startProxy } from '../../support/proxy-process.ts';
import { rawClient } from '../../support/raw-client.ts';
import { Resources } from '../../support/resources.ts';

const STEERED = '127.0.0.5';
const COUNT = 30;
const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

describe('requirement 52, intercepted', () => {
  test.each(['steered', 'inside CONNECT'])(
    '%s: a client that collects refusals waits, another one does not',
    async (way) => {
      const pages = Array.from({ length: COUNT }, (_, i) => `/listed-${i}`);
      await using proxy = await startProxy({
        config: {
          listeners: [
            { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
            { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [origin.port] },
          ],
          connect: { ports: [origin.port] },
          brake: { differentHits: 20, pause: '250ms' },
        },
        lists: { own: pages.map((page) => `a.localhost${page}\n`).join('') },
      });
      const slowed = async (): Promise<number> => (await proxy.metrics()).get('cleanfeed_clients_slowed_total') ?? -1;
      /** A connection for each: it ends behind a page. */
      const ask = async (path: string, from: string): Promise<number> => {
        const isSteered = way === 'steered';
        await using client = await rawClient(
          isSteered ? origin.port : proxy.port,
          isSteered ? STEERED : '127.0.0.1',
          from,
        );
        if (!isSteered) {
          client.send(`CONNECT a.localhost:${origin.port} HTTP/1.1\r\nHost: a.localhost:${origin.port}\r\n\r\n`);
          expect((await client.response({ bodiless: true })).status).toBe(200);
        }
        client.send(`GET ${path} HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n`);
        return (await client.response()).status;
      };
      for (const page of [...pages.slice(0, 10), ...pages.slice(0, 10)]) expect(await ask(page, '127.0.0.2')).toBe(403);
      expect(await ask('/free', '127.0.0.2')).toBe(200);
      expect(await slowed()).toBe(0);
      // Everything is answered all the same, the refusals and the rest.
      for (const page of pages) expect(await ask(page, '127.0.0.2')).toBe(403);
      expect(await ask('/free', '127.0.0.2')).toBe(200);
      const once = await slowed();
      expect(once).toBeGreaterThan(0);
      for (const page of pages.slice(0, 10)) expect(await ask(page, '127.0.0.3')).toBe(403);
      expect(await slowed()).toBe(once);
    },
  );
});
