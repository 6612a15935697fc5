/**
 * The alert about memory, made to fire by the fault that it is for: a real `serve` in a control group whose limit the operator sets too low,
 * a real Prometheus with the shipped rules in short time (test/support/scaled-rules.ts).
 */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryGroup } from '../support/memory-group.ts';
import { describeWith, testAsRoot } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';

/** Of the limit, what is taken. */
const FULL = 0.9;

const asRoot = testAsRoot('the alert about memory, which needs a control group');

describeWith(['prometheus'])('an alert about memory', () => {
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let group: MemoryGroup;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    watch = started.use(await AlertWatch.start());
    group = started.use(new MemoryGroup());
    proxy = started.use(await startProxy({ under: group.under }));
    await watch.add('cleanfeed', proxy.adminPort);
    await eventually(
      'how full it is without a limit of its own is known: by the memory of the machine',
      async () => (await watch.prometheus.query('cleanfeed:memory:used_ratio < 0.8')).length === 1,
    );
  });
  afterAll(async () => await started.disposeAsync());

  const FAULTS: Faults<'memory'> = {
    // Memory that nobody needs is given back after a start, so that a limit of the first moment comes to be far away.
    CleanfeedMemoryNearLimit: async () => {
      await eventually('the alert fires', async () => {
        const resident = (await proxy.metrics()).get('process_resident_memory_bytes') ?? Number.NaN;
        group.limit(resident / FULL);
        return await watch.isFiring('CleanfeedMemoryNearLimit');
      });
    },
  };

  asRoot.each(SHOWN_ALERTS.memory)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
    expect((await proxy.metrics()).get('cleanfeed_memory_limit_bytes')).toBeGreaterThan(0);
  });
});
