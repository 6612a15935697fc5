/** A stop and a reload at the same time, for longer than a worker may owe an answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { beginDownload } from '../support/begun-download.ts';
import { eventually } from '../support/eventually.ts';
import { GOOD_ANSWERS } from '../support/list-answers.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';

/** It takes the request, and does not answer. */
const SILENT = async (): Promise<void> => await Promise.resolve();
const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOrigin());
});
afterAll(async () => await resources.end());

test.each(['the reload first', 'the stop first'])(
  'a stop that meets a reload, %s: a download under way arrives whole',
  async (order) => {
    // The reload is not over before the stop, however late that comes: of a second list its server says nothing more.
    let isSilent = false;
    await using server = await ScriptedListServer.start(() =>
      isSilent ? SILENT : async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from('far.example\n'), 1),
    );
    const config = {
      lists: [
        { name: 'own', source: './own.txt' },
        { name: 'far', source: server.url, interval: '1h' },
      ],
      workers: 2,
      supervision: { hangTimeout: '5s' },
      shutdown: { drain: '60s' },
    };
    const lists = { own: 'listed.localhost\n' };
    await using proxy = await startProxy({ config, lists, environment: server.environment });
    isSilent = true;
    await using client = await rawClient(proxy.port);
    const answering = await beginDownload(client, origin);
    // It is compiled for a while.
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
    answering.send('def');
    expect((await client.reader.rest()).toString()).toBe('def');
    expect(await proxy.exited).toEqual({ code: 0, signal: null });
    expect(proxy.logged('worker.unresponsive')).toEqual([]);
  },
);
