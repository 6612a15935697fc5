/**
 * A fleet in six machines, with documentation addresses: three nodes behind one router, all with the same common addresses, announced by
 * real BIRDs with the configurations that are shipped.
 *
 *                      ┌── node1  198.51.100.6    2001:db8:2:1::2   ┐
 *   client ── router ──┼── node2  198.51.100.10   2001:db8:2:2::2   ├ each: 198.51.100.80, 2001:db8:2:80::80
 *               │      └── node3  198.51.100.14   2001:db8:2:3::2   ┘
 *             origin  203.0.113.10   2001:db8:4::10
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.ts';
import { cable, Namespace } from './namespace.ts';

export const SHIPPED = join(import.meta.dirname, '..', '..', '..', 'config', 'fleet');
const MACHINES = ['client', 'router', 'origin', 'node1', 'node2', 'node3'] as const;
export const NODES = ['node1', 'node2', 'node3'] as const;
export type NodeName = (typeof NODES)[number];

export const COMMON = { ipv4: '198.51.100.80', ipv6: '2001:db8:2:80::80' } as const;
export const FLEET_ORIGIN = { ipv4: '203.0.113.10', ipv6: '2001:db8:4::10' } as const;
const SETTINGS =
  'sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1';

/** `resilient`: the router mirrors BIRD's routes into resilient groups; `plain`: BIRD's multipath routes as they are. */
export type NextHops = 'resilient' | 'plain';

export interface FleetOptions {
  readonly nextHops: NextHops;
  /** Times that a busy machine keeps. */
  readonly isUnhurried?: boolean;
  /** Environment of resilient-next-hops.sh. */
  readonly mirror?: Readonly<Record<string, string>>;
}

export class FleetNetwork implements AsyncDisposable {
  readonly machines: Readonly<Record<(typeof MACHINES)[number], Namespace>>;
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  readonly #children: ChildProcess[] = [];

  static async create(options: FleetOptions): Promise<FleetNetwork> {
    const made = await Promise.all(MACHINES.map(async (name) => await Namespace.create(name)));
    const network = new FleetNetwork(Object.fromEntries(made.map((machine) => [machine.name, machine])) as never);
    try {
      await network.#connect();
      await network.#route(options);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(machines: FleetNetwork['machines']) {
    this.machines = machines;
  }

  async #connect(): Promise<void> {
    const { client, router, origin } = this.machines;
    await cable([client, 'north'], [router, 'south']);
    await cable([router, 'north'], [origin, 'south']);
    for (const name of NODES) await cable([router, name], [this.machines[name], 'wire']);
    await router.script(`${SETTINGS}
      ${addresses('south', '192.0.2.1/24', '2001:db8:1::1/64')}${addresses('north', '203.0.113.1/24', '2001:db8:4::1/64')}
      ${NODES.map((name, i) => addresses(name, `198.51.100.${4 * i + 5}/30`, `2001:db8:2:${i + 1}::1/64`)).join('')}`);
    await client.script(
      `${addresses('north', '192.0.2.10/24', '2001:db8:1::10/64')}${by('192.0.2.1', '2001:db8:1::1')}`,
    );
    await origin.script(
      `${addresses('south', `${FLEET_ORIGIN.ipv4}/24`, `${FLEET_ORIGIN.ipv6}/64`)}${by('203.0.113.1', '2001:db8:4::1')}`,
    );
    for (const [i, name] of NODES.entries())
      await this.machines[name].script(`${addresses('wire', `198.51.100.${4 * i + 6}/30`, `2001:db8:2:${i + 1}::2/64`)}
        ${addresses('lo', `${COMMON.ipv4}/32`, `${COMMON.ipv6}/128`)}${by(`198.51.100.${4 * i + 5}`, `2001:db8:2:${i + 1}::1`)}`);
  }

  async #route({ nextHops, isUnhurried = false, mirror = {} }: FleetOptions): Promise<void> {
    const { router } = this.machines;
    const [edge, node] = ['router', 'node'].map((name) => {
      const text = readFileSync(join(SHIPPED, `bird-${name}.conf`), 'utf8');
      return isUnhurried ? text.replaceAll('100 ms; multiplier 3', '500 ms; multiplier 20') : text;
    });
    await this.#bird('router', nextHops === 'plain' ? edge!.replaceAll(/^\tkernel table 101;\n/gm, '') : edge!);
    for (const [i, name] of NODES.entries()) {
      const [own, its] = [`198.51.100.${4 * i + 6}`, `198.51.100.${4 * i + 5}`];
      const text = node!.replace('router id 198.51.100.6', `router id ${own}`).replace('198.51.100.5 ', `${its} `);
      await this.#bird(name, text.replace('2001:db8:2:1::1', `2001:db8:2:${i + 1}::1`));
    }
    if (nextHops === 'plain') return;
    const words = Object.entries(mirror).map(([key, value]) => `${key}=${value}`);
    this.#children.push(router.spawn('env', ...words, 'sh', join(SHIPPED, 'resilient-next-hops.sh')));
    this.#children.at(-1)!.stderr!.pipe(process.stderr);
  }

  async #bird(name: 'router' | NodeName, configuration: string): Promise<void> {
    const file = this.#directory.file(`${name}.conf`);
    writeFileSync(file, configuration);
    const words = ['-f', '-c', file, '-s', this.controlOf(name), '-P', this.#directory.file(`${name}.pid`)];
    this.#children.push(this.machines[name].spawn('bird', ...words));
    await eventually(
      `BIRD of ${name} answers`,
      async () => await this.birdc(name, 'show status').then(Boolean, () => false),
    );
  }

  controlOf(name: 'router' | NodeName): string {
    return this.#directory.file(`${name}.ctl`);
  }

  async birdc(name: 'router' | NodeName, ...words: readonly string[]): Promise<string> {
    return await this.machines[name].run('birdc', '-s', this.controlOf(name), ...words);
  }

  /** Nothing comes from the node any more, and nothing reaches it: as if somebody had pulled a plug far away. */
  async silence(name: NodeName): Promise<void> {
    const hook = (at: string): string =>
      `add chain inet silence ${at} '{ type filter hook ${at} priority -300; policy accept; }'\nnft add rule inet silence ${at} ${at === 'input' ? 'iifname' : 'oifname'} wire drop`;
    await this.machines[name].script(`nft add table inet silence\nnft ${hook('input')}\nnft ${hook('output')}`);
  }

  /** The nodes to which the router sends the common address of this family, in order. */
  async nextHops(family: keyof typeof COMMON): Promise<NodeName[]> {
    const option = family === 'ipv4' ? '-4' : '-6';
    const shown = await this.machines.router.script(`ip ${option} -o route show ${COMMON[family]}; ip -o nexthop`);
    const [route = '', ...hops] = shown.split('\n');
    const id = / nhid (\d+) /.exec(route)?.[1];
    if (id === undefined) return NODES.filter((name) => route.includes(` dev ${name} `));
    // A group is asked for its own members: of a route of IPv6 with a group of one `ip` shows no device.
    const group = hops.find((line) => line.startsWith(`id ${id} group `)) ?? '';
    const members = new Set(/ group (\S+)/.exec(group)?.[1]?.split('/'));
    const all = hops.filter((line) => members.has(/^id (\d+) /.exec(line)?.[1] ?? ''));
    return NODES.filter((name) => all.some((line) => line.includes(` dev ${name} `)));
  }

  async settled(nodes: readonly NodeName[]): Promise<void> {
    for (const family of ['ipv4', 'ipv6'] as const)
      await eventually(
        `the router sends ${family} to ${nodes.join(', ')}`,
        async () => (await this.nextHops(family)).join(' '),
        (found) => found === nodes.join(' '),
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await Promise.all(Object.values(this.machines).map(async (machine) => await machine[Symbol.asyncDispose]()));
    this.#directory[Symbol.dispose]();
  }
}

function addresses(device: string, ipv4: string, ipv6: string): string {
  return `ip address add ${ipv4} dev ${device}\nip address add ${ipv6} dev ${device} nodad\n`;
}

function by(ipv4: string, ipv6: string): string {
  return `ip -4 route add default via ${ipv4}\nip -6 route add default via ${ipv6}\n`;
}
