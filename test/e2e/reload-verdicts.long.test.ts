/** Connections that outlive fifty reloads: each judges its next request by the list that is in force, by no other. */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const RELOADS = 50;
const CLIENTS = 12;

test('after each of fifty reloads every kept connection judges by the new list', async () => {
  const resources = new Resources();
  try {
    const origin = resources.use(await startOkOrigin());
    /** Of `/0` to `/2` just one is listed at a time. */
    const list = (generation: number): string => `site.localhost/${generation % 3}\nsite.localhost/always\n`;
    const proxy = resources.use(await startProxy({ config: { workers: 2 }, lists: { own: list(1) } }));
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => resources.use(await rawClient(proxy.port))),
    );
    const verdicts = async (client: RawClient): Promise<number[]> => {
      for (const page of ['0', '1', '2', 'always', 'never'])
        client.request(`http://site.localhost:${origin.port}/${page}`);
      const statuses: number[] = [];
      for (let i = 0; i < 5; i++) statuses.push((await client.response()).status);
      return statuses;
    };
    for (let generation = 1; generation <= RELOADS + 1; generation++) {
      if (generation > 1) {
        writeFileSync(proxy.file('own.txt'), list(generation));
        proxy.signal('SIGHUP');
      }
      await eventually(`generation ${generation} is served by all`, async () =>
        (await proxy.status()).workers.every((worker) => worker.generation === generation),
      );
      const want = [0, 1, 2].map((page) => (page === generation % 3 ? 403 : 200));
      for (const seen of await Promise.all(clients.map(verdicts))) expect(seen).toEqual([...want, 403, 200]);
    }
    expect(clients.every(({ socket }) => !socket.destroyed && socket.readyState === 'open')).toBe(true);
    expect((await proxy.metrics()).get('cleanfeed_requests_total{listener="explicit",verdict="pass"}')).toBe(
      (RELOADS + 1) * CLIENTS * 3,
    );
    expect((await proxy.metrics()).get('cleanfeed_requests_total{listener="explicit",verdict="block"}')).toBe(
      (RELOADS + 1) * CLIENTS * 2,
    );
  } finally {
    await resources.end();
  }
});
