/**
 * Alerts about lists in files and on servers, each made to fire by the fault that it is for: two real `serve`, a real Prometheus with the
 * shipped rules in short time (test/support/scaled-rules.ts).
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { eventually } from '../support/eventually.ts';
import { GOOD_ANSWERS } from '../support/list-answers.ts';
import { describeWith } from '../support/programs.ts';
import { pollNow } from '../support/protected-node.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const entries = (count: number): string => Array.from({ length: count }, (_, i) => `n${i}.example/page\n`).join('');
const SMALL = entries(30);
const LARGE = entries(400);

describeWith(['prometheus'])('an alert about lists', () => {
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let first: ProxyProcess;
  let second: ProxyProcess;
  let far = SMALL;

  beforeAll(async () => {
    watch = started.use(await AlertWatch.start());
    const server = started.use(
      await ScriptedListServer.start(
        () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(far), 1),
      ),
    );
    const key = started.use(temporaryDirectory());
    writeFileSync(key.file('content'), 'k'.repeat(32), { mode: 0o600 });
    const setup = {
      config: {
        admin: { address: '127.0.0.1', port: 0, contentKey: key.file('content') },
        control: { socket: './control.sock' },
        lists: [
          { name: 'own', source: './own.txt' },
          { name: 'far', source: server.url, interval: '1h' },
        ],
      },
      lists: { own: SMALL },
      environment: server.environment,
    };
    first = started.use(await startProxy(setup));
    second = started.use(await startProxy(setup));
    await watch.add('cleanfeed', first.adminPort, second.adminPort);
    const history = 'cleanfeed_list_entries{list="own"} offset 30s';
    await eventually('there is a history', async () => (await watch.prometheus.query(history)).length === 2);
  });
  afterAll(async () => await started.disposeAsync());

  const FAULTS: Faults<'lists'> = {
    CleanfeedListRejected: async () => {
      writeFileSync(first.file('own.txt'), 'a*b\n');
      await watch.fires('CleanfeedListRejected');
      writeFileSync(first.file('own.txt'), SMALL);
    },
    CleanfeedListSizeChanged: async () => {
      for (const node of [first, second]) writeFileSync(node.file('own.txt'), LARGE);
      await watch.fires('CleanfeedListSizeChanged');
    },
    // One node gets an update, the other does not.
    CleanfeedListsDiffer: async () => await Promise.resolve(writeFileSync(first.file('own.txt'), entries(399))),
    CleanfeedListSyncFailing: async () => await Promise.resolve(rmSync(first.file('own.txt'))),
    // As before, for longer.
    CleanfeedListStale: async () => await watch.fires('CleanfeedListSyncFailing'),
    // The folder of the copies cannot be written.
    CleanfeedListCacheStale: async () => {
      renameSync(first.file('state/lists'), first.file('moved'));
      writeFileSync(first.file('state/lists'), 'in the way');
      far = LARGE;
      await pollNow(first);
    },
  };

  // Nodes with a key (admin.contentKey); as many entries on both, so that their number tells nothing.
  test('CleanfeedListContentDiffers of a text list, and CleanfeedListsDiffer does not see it', async () => {
    const other = SMALL.replace('n0.example/page', 'm0.example/page');
    const fault = async (): Promise<void> => await Promise.resolve(writeFileSync(first.file('own.txt'), other));
    expect(await watch.seen('CleanfeedListContentDiffers', fault)).toBe('quiet, then firing');
    expect(await watch.isFiring('CleanfeedListsDiffer')).toBe(false);
    const reversed = other.trimEnd().split('\n').toReversed().join('\n');
    writeFileSync(second.file('own.txt'), `${reversed}\n`);
    await watch.quiet('CleanfeedListContentDiffers');
    for (const node of [first, second]) writeFileSync(node.file('own.txt'), SMALL);
  });

  test.each(SHOWN_ALERTS.lists)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
  });
});
