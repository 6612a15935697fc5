/**
 * Alerts about the guard, each made to fire by the fault that it is for: real `serve` and `guard`, a real Prometheus with the shipped rules
 * in short time (test/support/scaled-rules.ts). The commands of the guard write down nothing and move nothing.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endAll, start, type Running } from '../commands/cli-process.ts';
import { AlertWatch } from '../support/alert-watch.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';

interface Pair {
  readonly filter: ProxyProcess;
  readonly guard: Running;
  /** Of the guard's page. */
  readonly page: number;
  readonly metrics: number;
}

describeWith(['prometheus'])('an alert about the guard', () => {
  const filters: ProxyProcess[] = [];
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let pair: Pair;

  beforeAll(async () => {
    watch = started.use(await AlertWatch.start());
    pair = await guarded((page) => ({ listed: { address: `http://127.0.0.1:${page}/listed`, interval: '1s' } }));
    await eventually('all is well', async () => await has('cleanfeed_guard_listed_refused == 1'));
  });
  afterAll(async () => {
    await endAll();
    for (const filter of filters) {
      filter.signal('SIGKILL');
      await filter.exited;
      filter.forget();
    }
    await started.disposeAsync();
  });

  const has = async (expression: string): Promise<boolean> => (await watch.prometheus.query(expression)).length > 0;

  /** A filter and its guard, which is scraped and has it in the path. */
  async function guarded(keys: (page: number) => object = () => ({})): Promise<Pair> {
    const [listener, admin, page, metrics] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const config = {
      listeners: [{ name: 'explicit', port: listener }],
      admin: { port: admin },
      upstream: { allow: [] },
      guard: {
        origin: { port: page },
        metrics: { port: metrics },
        probes: [{ listener: 'explicit' }],
        actions: { out: [['true']], back: [['true']] },
        timeout: '2s',
        commandTimeout: '20s',
        hold: '100ms',
        ...keys(page),
      },
    };
    const filter = await startProxy({ config, lists: { own: `127.0.0.1:${page}/listed\n` } });
    filters.push(filter);
    const guard = start(['guard', '-c', filter.file('cleanfeed.yaml')]);
    await eventually('the guard answers', async () => {
      const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`).catch(() => null);
      return answer?.ok === true;
    });
    await watch.add('cleanfeed-guard', metrics);
    return { filter, guard, page, metrics };
  }

  const isIn = async ({ metrics }: Pair): Promise<unknown> =>
    await eventually(
      'it is in the path',
      async () => await has(`cleanfeed_guard_in_path{instance="127.0.0.1:${metrics}"} == 1`),
    );

  const FAULTS: Faults<'guard'> = {
    // The entry is gone from the list.
    CleanfeedGuardListedPasses: async () => {
      await Promise.resolve(writeFileSync(pair.filter.file('own.txt'), 'another.example\n'));
    },
    // An entry of the list covers the guard's page.
    CleanfeedGuardPageDenied: async () => {
      writeFileSync(pair.filter.file('own.txt'), `127.0.0.1:${pair.page}\n`);
      await watch.fires('CleanfeedGuardPageDenied');
      writeFileSync(pair.filter.file('own.txt'), `127.0.0.1:${pair.page}/listed\n`);
    },
    CleanfeedOutOfPath: async () => {
      await isIn(pair);
      await Promise.resolve(pair.filter.signal('SIGKILL'));
    },
    // It does not answer, and there is no other node.
    CleanfeedGuardHeld: async () => {
      const last = await guarded(() => ({ fleet: { minimum: 2, count: ['sh', '-c', 'echo 0'] } }));
      await isIn(last);
      last.filter.signal('SIGKILL');
    },
    // The program that moves routes fails.
    CleanfeedGuardCommandsFail: async () =>
      void (await guarded(() => ({ actions: { out: [['false']], back: [['false']] } }))),
    CleanfeedGuardDown: async () => {
      pair.guard.child.kill('SIGKILL');
      await pair.guard.ended;
    },
  };

  test.each(SHOWN_ALERTS.guard)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
  });
});
