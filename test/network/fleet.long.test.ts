/**
 * Three nodes behind one router, with the files that are shipped: a planned drain loses nothing, a node that is killed or silent takes only its
 * own connections with it, and one that comes back breaks none. How long anything takes is told by `npm run bench:fleet`, not here.
 */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { blocksOf, document } from '../docs/markdown.ts';
import { eventually } from '../support/eventually.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { Fleet } from './support/fleet.ts';
import { FleetCustomers } from './support/fleet-customers.ts';
import { COMMON, NODES, SHIPPED, type NodeName } from './support/fleet-network.ts';
import { describeNetwork } from './support/programs.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const NODE = 'node2';
const OTHERS = NODES.filter((name) => name !== NODE);
const KEPT = 90;
/** As the origin sees them. */
const ADDRESSES: Readonly<Record<NodeName, readonly string[]>> = {
  node1: ['198.51.100.6', '2001:db8:2:1::2'],
  node2: ['198.51.100.10', '2001:db8:2:2::2'],
  node3: ['198.51.100.14', '2001:db8:2:3::2'],
};

/** The commands of the guide under this comment. */
function steps(name: string): string {
  const found = blocksOf(document('docs/fleet.md')).find(({ comment }) => comment === `steps: ${name}`);
  if (found === undefined) throw new Error(`docs/fleet.md has no steps '${name}'`);
  return found.text;
}

/** Programs of a node that the guide's commands name: the filter as a service, and its configuration where a service has it. */
class NodePrograms implements Disposable {
  readonly #directory: TemporaryDirectory = temporaryDirectory();

  constructor(fleet: Fleet) {
    const { pid } = fleet.proxy(NODE);
    const file = fleet.proxy(NODE).file('cleanfeed.yaml');
    this.#program(
      'cleanfeed',
      `for word; do shift; [ "$word" != /etc/cleanfeed/cleanfeed.yaml ] || word=${file}; set -- "$@" "$word"; done
      exec ${process.execPath} ${CLI} "$@"`,
    );
    this.#program(
      'systemctl',
      `case "$*" in
      "stop cleanfeed") kill -TERM ${pid}; while kill -0 ${pid} 2>/dev/null; do sleep 0.1; done ;;
      "start cleanfeed") touch ${this.started} ;;
      *) exit 64 ;;
      esac`,
    );
  }

  get started(): string {
    return this.#directory.file('started');
  }

  get path(): string {
    return `${this.#directory.path}:${process.env['PATH'] ?? ''}`;
  }

  #program(name: string, text: string): void {
    writeFileSync(this.#directory.file(name), `#!/bin/sh\n${text}\n`);
    chmodSync(this.#directory.file(name), 0o755);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

describeNetwork(['bird', 'birdc', 'ss', 'setsid', 'timeout'])('a fleet', () => {
  const resources = new Resources();
  let fleet: Fleet;
  let customers: FleetCustomers;

  beforeAll(async () => {
    fleet = resources.use(await Fleet.start({ nextHops: 'resilient', isUnhurried: true }));
  });
  beforeEach(async () => {
    await fleet.network.settled(NODES);
    customers = new FleetCustomers(fleet.network.machines.client, { kept: KEPT, rate: 20, patienceMs: HANG_BOUND_MS });
    await customers.settled();
  });
  afterEach(async () => await customers.end());
  afterAll(async () => await resources.end());

  function lost(): number {
    return customers.visits.filter(({ isLost }) => isLost).length;
  }

  /** Every kept connection has asked twice since. */
  async function goesOn(): Promise<void> {
    const before = customers.answers;
    await eventually('customers go on', () => customers.answers.every((count, i) => count - before[i]! >= 2));
  }

  async function onNode(name: NodeName, programs: NodePrograms, commands: string): Promise<string> {
    return await fleet.network.machines[name].run('env', `PATH=${programs.path}`, 'sh', '-eu', '-c', commands);
  }

  test('a planned drain, as docs/fleet.md has it: nothing is lost and no connection broken, when the node goes and when it comes back', async () => {
    using programs = new NodePrograms(fleet);
    const leaves = await onNode(NODE, programs, steps('a node leaves'));
    expect(leaves).toContain('OUT of the path (draining)');
    await fleet.network.settled(OTHERS);
    await goesOn();
    for (const address of ADDRESSES[NODE]) expect(customers.shares.get(address)).toBeUndefined();
    expect({ lost: lost(), broken: customers.broken }).toEqual({ lost: 0, broken: [] });

    const returning = onNode(NODE, programs, steps('a node returns'));
    await eventually('it is to be started', () => existsSync(programs.started));
    await fleet.restartNode(NODE);
    expect(await returning).toContain('in the path');
    await fleet.network.settled(NODES);
    await goesOn();
    expect({ lost: lost(), broken: customers.broken }).toEqual({ lost: 0, broken: [] });
  });

  test('killed: once the router has it nothing is lost, and nobody on another node has noticed', async () => {
    fleet.proxy(NODE).signal('SIGKILL');
    await fleet.network.settled(OTHERS);
    const settled = performance.now();
    await goesOn();
    await customers.end();
    expect(customers.visits.filter(({ isLost, begun }) => isLost && begun > settled)).toEqual([]);
    expect(customers.broken.filter(({ node }) => !ADDRESSES[NODE].includes(node))).toEqual([]);
    await fleet.restartNode(NODE);
  });

  test('silent: BFD takes it out, and it comes back by itself when it is heard again', async () => {
    await fleet.network.silence(NODE);
    await fleet.network.settled(OTHERS);
    const settled = performance.now();
    await goesOn();
    await customers.end();
    expect(customers.visits.filter(({ isLost, begun }) => isLost && begun > settled)).toEqual([]);
    expect(customers.broken.filter(({ node }) => !ADDRESSES[NODE].includes(node))).toEqual([]);
    await fleet.network.machines[NODE].run('nft', 'delete', 'table', 'inet', 'silence');
  });

  test('the mirror knows what it has made: another one changes nothing, and takes away its own only', async () => {
    const { router } = fleet.network.machines;
    const script = join(SHIPPED, 'resilient-next-hops.sh');
    // How long a group has not been balanced goes on.
    const shown = async (): Promise<string> =>
      (await router.run('ip', 'nexthop')).replaceAll(/unbalanced_time [\d.]+ /g, '');
    const [routes, hops] = [await router.run('ip', 'route'), await shown()];
    await router.run('sh', script, 'once');
    expect([await router.run('ip', 'route'), await shown()]).toEqual([routes, hops]);
    await customers.end();
    await router.run('sh', script, 'off');
    expect(await router.run('ip', 'nexthop', 'list', 'protocol', '206')).toBe('');
    expect(await router.run('ip', 'route')).toBe(
      routes
        .split('\n')
        .filter((line) => !line.startsWith(COMMON.ipv4) && !line.startsWith('\t'))
        .join('\n'),
    );
  });
});
