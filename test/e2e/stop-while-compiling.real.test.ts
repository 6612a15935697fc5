/** An instance that is told to stop while a long list is compiled: nobody waits for the list. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { startProxy } from '../support/proxy-process.ts';

// Was a fault: "process.stopped", and then the process went on until the list was compiled and in force, with nobody listening.
test.each(['a reload', 'an update'])('%s that has begun comes to nothing', async (what) => {
  const lists = [{ name: 'own', source: './own.txt', gate: { growth: 1000 } }];
  const proxy = await startProxy({ lists: { own: 'listed.example\n' }, config: { lists } });
  const text = Array.from({ length: 200_000 }, (_, i) => `http://site${i}.example/page\n`).join('');
  if (what === 'a reload') {
    writeFileSync(proxy.file('other.txt'), text);
    const before = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as object;
    const config = { ...before, lists: [{ name: 'other', source: './other.txt' }] };
    writeFileSync(proxy.file('cleanfeed.yaml'), JSON.stringify(config));
  } else writeFileSync(proxy.file('own.txt'), text);
  proxy.signal('SIGHUP');
  await proxy.told('reload.started');
  proxy.signal('SIGTERM');
  expect(await proxy.exited).toEqual({ code: 0, signal: null });
  const events = proxy.events();
  proxy.forget();
  expect(events.slice(events.indexOf('process.draining'))).toEqual(['process.draining', 'process.stopped']);
});
