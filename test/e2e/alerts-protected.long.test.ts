/**
 * Alerts about protected lists, each made to fire by the fault that it is for: a real publisher, three nodes that follow copies of its
 * repository, one of which can be left behind, a real Prometheus with the shipped rules in short time (test/support/scaled-rules.ts).
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { askControl } from '../../src/commands/control-client.ts';
import type { ControlRequest } from '../../src/observe/control-protocol.ts';
import { AlertWatch } from '../support/alert-watch.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { pollNow } from '../support/protected-node.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';

const ISP = 'isp';
/** From which a node reads that does not get what the others get. */
const LATE = 'late';
/** How long a list is still signed that is about to expire: a node has to start meanwhile. */
const LEFT_MS = 90_000;

describeWith(['prometheus'])('an alert about protected lists', () => {
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let house: ClearingHouse;
  let nodes: readonly ProxyProcess[];
  let late: ProxyProcess;

  beforeAll(async () => {
    watch = started.use(await AlertWatch.start());
    house = started.use(new ClearingHouse(0));
    await house.publish('init');
    const [own, names] = [await recipient(ISP), await recipient('names')];
    await house.publish('recipient', 'add', ISP, own, '--names', names);
    writeFileSync(house.file('canaries.txt'), 'http://canary.localhost/listed\n');
    await house.list('one', 'two');
    deploy(ISP, LATE);
    late = started.use(await node(LATE));
    nodes = [started.use(await node(ISP)), started.use(await node(ISP)), late];
    await watch.add('cleanfeed', ...nodes.map(({ adminPort }) => adminPort));
  });
  afterAll(async () => await started.disposeAsync());

  async function recipient(name: string): Promise<string> {
    const identity = await generateX25519Identity();
    writeFileSync(house.identity(name), identity, { mode: 0o600 });
    return await identityToRecipient(identity);
  }

  async function node(copy: string, more: object = {}): Promise<ProxyProcess> {
    const list = {
      name: 'national',
      source: `tuf+file://${join(house.web, copy)}/`,
      root: house.root,
      identity: house.identity(ISP),
      namesIdentity: house.identity('names'),
      gate: { canaries: house.file('canaries.txt') },
      // A node that has not asked since the others did is not behind: the shortest that may be.
      interval: '10s',
      ...more,
    };
    const zones = [{ name: 'block.rpz', file: './block.zone', lists: [list.name], notify: [] }];
    const config = { lists: [list], resolver: { zones }, control: { socket: './control.sock' } };
    return await startProxy({ config });
  }

  function deploy(...copies: readonly string[]): void {
    house.deploy(ISP);
    for (const copy of copies)
      if (copy !== ISP) cpSync(join(house.web, ISP), join(house.web, copy), { recursive: true });
  }

  async function poll(...some: readonly ProxyProcess[]): Promise<void> {
    for (const each of some) await pollNow(each);
  }

  async function decide(request: ControlRequest): Promise<void> {
    for (const each of nodes) await askControl(each.file('control.sock'), request);
  }

  const FAULTS: Faults<'protected'> = {
    CleanfeedListHeld: async () => {
      await house.list('one', 'two', 'canary');
      deploy(ISP, LATE);
      await poll(...nodes);
      await watch.fires('CleanfeedListHeld');
      await house.list('one', 'two', 'three');
      deploy(ISP, LATE);
      await poll(...nodes);
    },
    CleanfeedListPinned: async () => {
      await decide({ command: 'rollback', list: 'national' });
      await watch.fires('CleanfeedListPinned');
      await decide({ command: 'release', list: 'national' });
    },
    // One node's mirror is not brought up to date.
    CleanfeedNodeBehind: async () => {
      await house.list('one', 'two', 'four');
      deploy(ISP);
      await poll(...nodes);
    },
    // As before, for longer.
    CleanfeedListContentDiffers: async () => {
      await watch.fires('CleanfeedNodeBehind');
      const behind = await watch.prometheus.query('cleanfeed:list_behind_seconds > 4');
      expect(behind.map(({ metric }) => metric['instance'])).toEqual([`127.0.0.1:${late.adminPort}`]);
    },
    CleanfeedWithdrawalMissing: async () => {
      await house.withdraw('one');
      deploy(ISP);
      await poll(...nodes);
      await watch.fires('CleanfeedWithdrawalMissing');
      deploy(ISP, LATE);
      await poll(late);
      for (const alert of ['CleanfeedNodeBehind', 'CleanfeedListContentDiffers']) await watch.quiet(alert);
    },
    // The mirror lacks what is for outlets.
    CleanfeedListNamesFailing: async () => {
      const before = new Set(house.files(ISP, ''));
      await house.list('two', 'five');
      deploy(ISP);
      for (const file of house.files(ISP, ''))
        if (file.includes('/names/') && !before.has(file)) rmSync(join(house.web, ISP, file));
      await poll(...nodes);
    },
    // All that is listed, one after the other.
    CleanfeedListMassWithdrawal: async () => {
      for (const host of ['two', 'five']) await house.withdraw(host);
      deploy(ISP);
      await poll(...nodes);
    },
    // Somebody offers another root with the next version.
    CleanfeedListUntrusted: async () => {
      await house.list('two', 'ten');
      deploy(ISP);
      const root = house.read(ISP, 'metadata/1.root.json').toString();
      house.write(ISP, 'metadata/2.root.json', root.replace('"version": 1', '"version": 2'));
      await poll(...nodes);
      await watch.fires('CleanfeedListUntrusted');
      rmSync(join(house.web, ISP, 'metadata/2.root.json'));
    },
    // Somebody with all keys has published another history.
    CleanfeedLogFork: async () => {
      using thief = house.stolen();
      await house.list('two', 'six');
      deploy(ISP);
      await poll(...nodes);
      for (const host of ['seven', 'eight', 'nine']) await thief.list('two', host);
      cpSync(join(thief.folders.repo, ISP), join(house.web, ISP), { recursive: true });
      await poll(...nodes);
    },
    // The publisher has stopped.
    CleanfeedListExpiring: async () => {
      await house.publish('refresh');
      const text = readFileSync(join(house.folders.repo, ISP, 'metadata/timestamp.json'), 'utf8');
      const { signed } = JSON.parse(text) as { signed: { expires: string } };
      const before = Date.now() - (Date.parse(signed.expires) - Date.now() - LEFT_MS);
      await house.open(before, async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
      cpSync(join(house.folders.repo, ISP), join(house.web, 'last'), { recursive: true });
      const last = started.use(await node('last', { name: 'last' }));
      await watch.add('cleanfeed', last.adminPort);
    },
    // As before, until it has.
    CleanfeedListExpired: async () => {
      await watch.fires('CleanfeedListExpiring');
      const expired = 'cleanfeed_list_expires_timestamp_seconds - time() < 0';
      await eventually('it has expired', async () => (await watch.prometheus.query(expired)).length > 0);
    },
  };

  test.each(SHOWN_ALERTS.protected)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
  });
});
