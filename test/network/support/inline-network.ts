/**
 * The network of an ISP in six machines, with documentation addresses. The filter stands beside the way: the edge router
 * sends customers' web traffic to it (policy routing) and everything else straight on.
 *
 *   client ── edge ── core ── far ── origin      client  192.0.2.10 …     2001:db8:1::10 …
 *              │                                 filter  198.51.100.2     2001:db8:2::2
 *            filter                              origin  203.0.113.10 …   2001:db8:4::10 …
 *
 * edge─core and core─far are where a path may have a smaller MTU than both of its ends know. core─far may be long (`roundTripMs`).
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Distance } from './distance.ts';
import { cable, Namespace } from './namespace.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const RULES = join(ROOT, 'config', 'nftables-transparent.nft');
const ROUTES = join(ROOT, 'config', 'routes-transparent.sh');
const POLICY = join(ROOT, 'config', 'deployment', 'policy-routing.sh');
const SYSCTL = join(ROOT, 'systemd', 'sysctl.d', '61-cleanfeed-inline.conf');
const MACHINES = ['client', 'edge', 'filter', 'core', 'far', 'origin'] as const;

export const ADDRESSES = {
  client: { ipv4: '192.0.2.10', ipv6: '2001:db8:1::10' },
  /** Of the same customer's network; the rules know all of it. */
  client2: { ipv4: '192.0.2.11', ipv6: '2001:db8:1::11' },
  filter: { ipv4: '198.51.100.2', ipv6: '2001:db8:2::2' },
  origin: { ipv4: '203.0.113.10', ipv6: '2001:db8:4::10' },
  origin2: { ipv4: '203.0.113.11', ipv6: '2001:db8:4::11' },
  /** On loopback of the filter. */
  probeFrom: { ipv4: '198.18.0.1', ipv6: '2001:2::1' },
  probeTo: { ipv4: '198.18.0.2', ipv6: '2001:2::2' },
  /** An origin that the rules call management. */
  management: { ipv4: '198.51.100.241', ipv6: '2001:db8:ffff::1' },
} as const;

export const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

type Machines = Readonly<Record<(typeof MACHINES)[number], Namespace>>;

export class InlineNetwork implements AsyncDisposable {
  readonly machines: Machines;
  #distance: Distance | null = null;

  /** @param setup.roundTripMs between core and far, and so to each origin; 0: a cable like the others */
  static async create({ roundTripMs = 0 } = {}): Promise<InlineNetwork> {
    const made = await Promise.all(MACHINES.map(async (name) => await Namespace.create(name)));
    const machines = Object.fromEntries(made.map((machine) => [machine.name, machine])) as Machines;
    const network = new InlineNetwork(machines);
    try {
      await network.#connect(roundTripMs);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(machines: Machines) {
    this.machines = machines;
  }

  async #connect(roundTripMs: number): Promise<void> {
    const { client, edge, filter, core, far, origin } = this.machines;
    await cable([client, 'north'], [edge, 'south']);
    await cable([edge, 'side'], [filter, 'wire']);
    await cable([edge, 'north'], [core, 'south']);
    if (roundTripMs === 0) await cable([core, 'north'], [far, 'south']);
    else this.#distance = await Distance.between([core, 'north'], [far, 'south'], roundTripMs);
    await cable([far, 'north'], [origin, 'south']);
    await Promise.all([
      client.script(
        `${addresses('north', [ADDRESSES.client, ADDRESSES.client2], [24, 64])}${by('192.0.2.1', '2001:db8:1::1')}`,
      ),
      edge.script(`${FORWARDS}
        ${addresses('south', [{ ipv4: '192.0.2.1', ipv6: '2001:db8:1::1' }], [24, 64])}
        ${addresses('side', [{ ipv4: '198.51.100.1', ipv6: '2001:db8:2::1' }], [28, 64])}
        ${addresses('north', [{ ipv4: '198.51.100.17', ipv6: '2001:db8:3::1' }], [28, 64])}
        ${by('198.51.100.18', '2001:db8:3::2')}
        ip -4 route add default via ${ADDRESSES.filter.ipv4} table 100
        ip -6 route add default via ${ADDRESSES.filter.ipv6} table 100`),
      filter.script(`${addresses('wire', [ADDRESSES.filter], [28, 64])}${by('198.51.100.1', '2001:db8:2::1')}`),
      core.script(`${FORWARDS}
        ${addresses('south', [{ ipv4: '198.51.100.18', ipv6: '2001:db8:3::2' }], [28, 64])}
        ${addresses('north', [{ ipv4: '198.51.100.33', ipv6: '2001:db8:5::1' }], [28, 64])}
        ${by('198.51.100.17', '2001:db8:3::1')}
        for to in 203.0.113.0/24 ${ADDRESSES.management.ipv4}; do ip -4 route add $to via 198.51.100.34; done
        for to in 2001:db8:4::/64 ${ADDRESSES.management.ipv6}; do ip -6 route add $to via 2001:db8:5::2; done`),
      far.script(`${FORWARDS}
        ${addresses('south', [{ ipv4: '198.51.100.34', ipv6: '2001:db8:5::2' }], [28, 64])}
        ${addresses('north', [{ ipv4: '203.0.113.1', ipv6: '2001:db8:4::1' }], [24, 64])}
        ${by('198.51.100.33', '2001:db8:5::1')}
        ip -4 route add ${ADDRESSES.management.ipv4} via ${ADDRESSES.origin.ipv4}
        ip -6 route add ${ADDRESSES.management.ipv6} via ${ADDRESSES.origin.ipv6}`),
      origin.script(`${addresses('south', [ADDRESSES.origin, ADDRESSES.origin2], [24, 64])}
        ${addresses('lo', [ADDRESSES.management], [32, 128])}${by('203.0.113.1', '2001:db8:4::1')}`),
    ]);
  }

  /** Loads what is shipped into the filter: settings, routes, rules. */
  async installRules({ unattended = 'open' }: { readonly unattended?: 'open' | 'closed' } = {}): Promise<void> {
    const { filter } = this.machines;
    const rules = readFileSync(RULES, 'utf8').replace(/^define unattended = .*$/m, `define unattended = ${unattended}`);
    await given(filter, rules, 'sh', '-euc', `sysctl -q -p '${SYSCTL}'; sh '${ROUTES}' up; nft -f -`);
  }

  /**
   * The edge sends customers' web traffic to the filter. With `returns` what comes back to them too, and errors about it.
   * @param setup.customers interfaces of the edge
   */
  async steer({ returns = false, customers = 'south' } = {}): Promise<void> {
    await this.machines.edge.run('env', `CUSTOMERS=${customers}`, 'sh', POLICY, returns ? 'on-both' : 'on');
  }

  /** Everything that customers send goes through the filter: what it does not take is routed on. */
  async steerAll(): Promise<void> {
    await this.machines.edge.script('ip -4 rule add iif south lookup 100; ip -6 rule add iif south lookup 100');
  }

  async unsteer(customers = 'south'): Promise<void> {
    const { edge } = this.machines;
    await edge.script(
      `CUSTOMERS='${customers}' sh '${POLICY}' off; for f in -4 -6; do ip $f rule del iif south lookup 100 2>/dev/null || :; done`,
    );
  }

  /** Out of the path and back by elements of a set, as rules tell. */
  async setPorts(action: 'add' | 'delete', set = 'ports'): Promise<void> {
    await this.machines.filter.run('nft', action, 'element', 'inet', 'cleanfeed', set, '{ 80, 443 }');
  }

  /** Of one of the two cables; what machines have learnt of it before is forgotten. */
  async setMtu(bytes: number, between: 'edge and core' | 'core and far' = 'core and far'): Promise<void> {
    const { edge, core, far } = this.machines;
    await Promise.all(
      Object.values(this.machines).map(
        async (machine) => await machine.script('ip -4 route flush cache; ip -6 route flush cache'),
      ),
    );
    const [one, other] = between === 'core and far' ? [core, far] : [edge, core];
    await Promise.all([
      one.run('ip', 'link', 'set', 'north', 'mtu', String(bytes)),
      other.run('ip', 'link', 'set', 'south', 'mtu', String(bytes)),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#distance?.[Symbol.asyncDispose]();
    await Promise.all(Object.values(this.machines).map(async (machine) => await machine[Symbol.asyncDispose]()));
  }
}

/** Loads rules as a whole. */
export async function load(machine: Namespace, rules: string): Promise<void> {
  await given(machine, rules, 'nft', '-f', '-');
}

/** Runs it with that as its standard input. */
async function given(machine: Namespace, input: string, ...words: readonly string[]): Promise<void> {
  const run = promisify(execFile)('nsenter', [...machine.under.slice(1), ...words]);
  run.child.stdin!.end(input);
  await run;
}

const FORWARDS = 'sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0';
function addresses(
  name: string,
  all: readonly { readonly ipv4: string; readonly ipv6: string }[],
  [four, six]: readonly [number, number],
): string {
  // Connections come from the first: the others are deprecated (IPv6), or second by themselves (IPv4).
  const late = (index: number): string => (index === 0 ? '' : ' preferred_lft 0');
  return all
    .map(
      ({ ipv4, ipv6 }, index) =>
        `ip address add ${ipv4}/${four} dev ${name}\nip address add ${ipv6}/${six} dev ${name} nodad${late(index)}\n`,
    )
    .join('');
}

function by(ipv4: string, ipv6: string): string {
  return `ip -4 route add default via ${ipv4}\nip -6 route add default via ${ipv6}\n`;
}
