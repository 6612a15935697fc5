/**
 * Alerts about what refuses or steers outside of the process, each made to fire by the fault that it is for: a real `serve` with a zone and
 * a route feed, a real Prometheus with the shipped rules in short time (test/support/scaled-rules.ts).
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { AlertWatch } from '../support/alert-watch.ts';
import { startDnsServer, type DnsServer } from '../support/dns-server.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describeWith(['prometheus'])('an alert about outlets', () => {
  const started = new AsyncDisposableStack();
  const folder = started.use(temporaryDirectory());
  let watch: AlertWatch;
  let names: DnsServer;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    watch = started.use(await AlertWatch.start());
    names = await startDnsServer();
    started.defer(async () => await names.close());
    names.set('one.example', answers('203.0.113.10'));
    for (const name of ['router', 'engine']) writeFileSync(folder.file(name), '');
    const routes = {
      file: './steer.conf',
      lists: ['steered'],
      resolvers: [names.server],
      interval: '10s',
      newAddresses: 1,
      rate: null,
      notify: ['test', '-e', folder.file('router')],
    };
    const notify = ['test', '-e', folder.file('engine')];
    const zones = [{ name: 'block.rpz', file: './block.zone', lists: ['own'], notify }];
    proxy = started.use(
      await startProxy({
        config: { resolver: { zones, routes }, upstream: { allow: ['203.0.113.0/24'] } },
        lists: { own: 'listed.example dns\n', steered: 'one.example steer\n' },
      }),
    );
    await watch.add('cleanfeed', proxy.adminPort);
    await eventually('a route is there', async () => await has('cleanfeed_routes{state="announced"} == 1'));
  });
  afterAll(async () => await started.disposeAsync());

  const has = async (expression: string): Promise<boolean> => (await watch.prometheus.query(expression)).length > 0;

  const isFailing = async (outlet: string): Promise<boolean> =>
    (await proxy.status()).outlets.find(({ name }) => name === outlet)?.isFailing === true;

  const FAULTS: Faults<'outlets'> = {
    // The resolver cannot be told: it goes on refusing what was removed.
    CleanfeedZoneFailing: async () => {
      rmSync(folder.file('engine'));
      writeFileSync(proxy.file('own.txt'), 'other.example dns\n');
      await watch.fires('CleanfeedZoneFailing');
      expect(await isFailing('zone:block.rpz')).toBe(true);
      writeFileSync(folder.file('engine'), '');
      await eventually('it is told', async () => !(await isFailing('zone:block.rpz')));
    },
    // Somebody compiles the list: names cannot be read from it any more.
    CleanfeedOutletNotTold: async () => {
      const compiled = folder.file('own.ccl');
      await cleanfeed(['list', 'compile', proxy.file('own.txt'), '-o', compiled]);
      renameSync(compiled, proxy.file('own.txt'));
    },
    // A host suddenly has many addresses.
    CleanfeedRoutesHeld: async () => {
      names.set('two.example', answers('203.0.113.20', '203.0.113.21', '203.0.113.22'));
      await Promise.resolve(writeFileSync(proxy.file('steered.txt'), 'one.example steer\ntwo.example steer\n'));
    },
    // The router cannot be told.
    CleanfeedRouteFeedFailing: async () => {
      rmSync(folder.file('router'));
      writeFileSync(proxy.file('steered.txt'), 'two.example steer\n');
      await eventually('it is said', async () => await isFailing('routes'));
    },
  };

  test.each(SHOWN_ALERTS.outlets)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
  });
});

function answers(...addresses: readonly string[]) {
  return { A: addresses.map((address) => ({ address, ttl: 60 })), AAAA: [] };
}
