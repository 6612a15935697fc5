/** A stop and a reload at the same time, for longer than a worker may owe an answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { eventually } from '../support/eventually.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
let origin: Origin;
let url: string;

beforeAll(async () => {
  origin = resources.use(await startOrigin());
  url = `http://localhost:${origin.port}/`;
});
afterAll(async () => await resources.end());

test.each(['the reload first', 'the stop first'])(
  'a stop that meets a reload, %s: a download under way arrives whole',
  async (order) => {
    const config = { workers: 2, supervision: { hangTimeout: '5s' }, shutdown: { drain: '60s' } };
    await using proxy = await startProxy({ config, lists: { own: 'listed.localhost\n' } });
    await using client = await rawClient(proxy.port);
    client.request(url);
    const server = await origin.connection();
    await server.head();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    await client.reader.until('abc');
    // Long enough to compile for the stop to come in between.
    writeFileSync(proxy.file('own.txt'), Array.from({ length: 100_000 }, (_, i) => `site${i}.example/page\n`).join(''));
    const written = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as { listeners: object[] };
    writeFileSync(
      proxy.file('cleanfeed.yaml'),
      JSON.stringify({ ...written, listeners: [...written.listeners, { name: 'other', port: 0 }] }),
    );
    const reloaded = (): ReturnType<typeof askControl> =>
      askControl(proxy.file('state/control.sock'), { command: 'reload' });
    const asked = order === 'the reload first' ? reloaded() : null;
    if (asked !== null) await eventually('the reload has begun', () => proxy.logged('config.applied').length === 1);
    proxy.signal('SIGTERM');
    await eventually('it is stopping', () => proxy.logged('process.draining').length === 1);
    expect(await (asked ?? reloaded())).toMatchObject({ kind: 'reply', reply: { ok: false, code: 'unavailable' } });
    // Well beyond the time after which a worker that owes an answer is ended.
    await new Promise((resolve) => setTimeout(resolve, 8000));
    server.send('def');
    expect((await client.reader.rest()).toString()).toBe('def');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
    expect(proxy.logged('worker.unresponsive')).toEqual([]);
  },
);
