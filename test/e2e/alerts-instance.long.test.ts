/**
 * Alerts about an instance as a whole, each made to fire by the fault that it is for: a real `serve`, a real Prometheus with the shipped
 * rules in short time (test/support/scaled-rules.ts).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { AlertWatch } from '../support/alert-watch.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { spawnProxy, startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SUPPORT = join(import.meta.dirname, '..', 'support');
const LIST = 'listed.example/bad.html\nlisted.example/selftest.html test\n';
const DAY_MS = 86_400_000;
/** A fault that does not make its alert fire then does not do it at all. */
const MOST_TIMES = 40;

describeWith(['prometheus'])('an alert about an instance', () => {
  const started = new AsyncDisposableStack();
  const folder = started.use(temporaryDirectory());
  const file = (name: string): string => folder.file(name);
  let watch: AlertWatch;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    watch = started.use(await AlertWatch.start());
    const jump = `import { existsSync } from 'node:fs';
      const now = Date.now;
      Date.now = () => now() + (existsSync(${JSON.stringify(file('jumped'))}) ? ${DAY_MS} : 0);`;
    const preloads = [
      `--import ${join(SUPPORT, 'inject-faults.mjs')}`,
      `--require ${join(SUPPORT, 'kill-a-worker.cjs')}`,
      `--import=data:text/javascript,${encodeURIComponent(jump)}`,
    ];
    proxy = await startProxy({
      config: {
        admin: { address: '127.0.0.1', port: await freePort() },
        lists: [{ name: 'own', source: './own.txt', selfTest: { interval: '10s' } }],
        workers: 2,
      },
      lists: { own: LIST },
      environment: { FAULT_FILE: file('corner'), KILL_FILE: file('kill'), NODE_OPTIONS: preloads.join(' ') },
    });
    await watch.add('cleanfeed', proxy.adminPort);
    await eventually('it has tested itself', async () => await has('cleanfeed_selftest_success == 1'));
  });
  // It was made to end badly.
  afterAll(async () => {
    await started.disposeAsync();
    proxy.signal('SIGKILL');
    await proxy.exited;
    proxy.forget();
  });

  const has = async (expression: string): Promise<boolean> => (await watch.prometheus.query(expression)).length > 0;
  const ctl = async (...words: readonly string[]): Promise<unknown> =>
    await cleanfeed(['ctl', ...words, '-c', proxy.file('cleanfeed.yaml')]);
  const killAWorker = async (): Promise<void> => {
    writeFileSync(file('kill'), '');
    await eventually('a worker has died', () => !existsSync(file('kill')));
  };
  const restart = async (): Promise<void> => {
    proxy = await proxy.killAndRestart();
    await proxy.ready();
  };

  /** As often as it takes: on a busy machine the first of them are out of the alert's range before the last has come. */
  const again = async (alert: string, fault: () => Promise<void>): Promise<void> => {
    for (let times = 0; times < MOST_TIMES && !(await watch.isFiring(alert)); times++) await fault();
  };

  const FAULTS: Faults<'instance'> = {
    CleanfeedBypass: async () => {
      await ctl('bypass', 'on', '--for', '30m');
      await watch.fires('CleanfeedBypass');
      await ctl('bypass', 'off');
    },
    CleanfeedListOff: async () => {
      await ctl('list', 'off', 'own', '--for', '30m');
      await watch.fires('CleanfeedListOff');
      await ctl('list', 'on', 'own');
    },
    CleanfeedConfigRejected: async () => {
      const good = readFileSync(proxy.file('cleanfeed.yaml'), 'utf8');
      writeFileSync(proxy.file('cleanfeed.yaml'), 'workers: many\n');
      proxy.signal('SIGHUP');
      await watch.fires('CleanfeedConfigRejected');
      writeFileSync(proxy.file('cleanfeed.yaml'), good);
      proxy.signal('SIGHUP');
    },
    // The publisher marks an address that is not refused.
    CleanfeedSelfTestFailed: async () =>
      await Promise.resolve(writeFileSync(proxy.file('own.txt'), LIST.replace(' test', ' test count'))),
    // The publisher takes the mark away: what has once been tested is no longer, and nobody would see.
    CleanfeedSelfTestMissing: async () =>
      await Promise.resolve(writeFileSync(proxy.file('own.txt'), LIST.replace(' test', ''))),
    CleanfeedUncaughtError: async () => {
      writeFileSync(file('corner'), 'next tick');
      await Promise.resolve(proxy.signal('SIGUSR2'));
    },
    CleanfeedWorkerRestarted: killAWorker,
    CleanfeedWorkerCrashLoop: async () => await again('CleanfeedWorkerCrashLoop', killAWorker),
    // Its list has never been there.
    CleanfeedNotReady: async () => {
      const waiting = started.use(await spawnProxy({ lists: { own: { text: null } } }));
      await watch.add('cleanfeed', waiting.adminPort);
    },
    // It has been wrong from the start: nothing has jumped.
    CleanfeedClockSkew: async () => {
      const behind = `const now = Date.now; Date.now = () => now() - ${DAY_MS};`;
      const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(behind)}` };
      const other = started.use(await startProxy({ lists: { own: LIST }, environment }));
      await watch.add('cleanfeed', other.adminPort);
    },
    CleanfeedClockJump: async () => await Promise.resolve(writeFileSync(file('jumped'), '')),
    CleanfeedRestarting: async () =>
      await again('CleanfeedRestarting', async () => {
        const before = await startTimes();
        await restart();
        await eventually('Prometheus sees the start', async () => (await startTimes()) !== before);
      }),
    CleanfeedDown: async () => {
      proxy.signal('SIGKILL');
      await proxy.exited;
    },
    CleanfeedAbsent: async () => await Promise.resolve(watch.forget('cleanfeed')),
  };

  async function startTimes(): Promise<string> {
    const found = await watch.prometheus.query(`process_start_time_seconds{instance="127.0.0.1:${proxy.adminPort}"}`);
    return found[0]?.value[1] ?? '';
  }

  test.each(SHOWN_ALERTS.instance)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
  });
});
