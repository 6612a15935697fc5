/**
 * Three machines in a row, as network namespaces: the filter is the router between customers and origins, with the rules that are
 * shipped. One proxy at a time is in the path: the rules name its port.
 *
 *   client 192.0.2.10 ── filter (tproxy, nft) ── origin 203.0.113.10
 *
 * The rules close: what does not go through a proxy is reset. So no figure is that of a way around it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Distance } from '../../test/network/support/distance.ts';
import { load } from '../../test/network/support/inline-network.ts';
import { cable, Namespace } from '../../test/network/support/namespace.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RULES = readFileSync(join(ROOT, 'config', 'nftables-transparent.nft'), 'utf8');
const SYSCTL = join(ROOT, 'systemd', 'sysctl.d', '61-cleanfeed-inline.conf');

const CLIENT = '192.0.2.10';
/** Of the filter, towards clients. */
export const FILTER = '192.0.2.1';
export const ORIGIN = '203.0.113.10';
export const NAME = 'origin.example';

/** Thousands of connections a second between two addresses: ports must come back soon. */
const PORTS =
  'sysctl -q -w net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_max_tw_buckets=1024';

export class ThreeMachines implements AsyncDisposable {
  readonly client: Namespace;
  readonly filter: Namespace;
  readonly origin: Namespace;
  #distance: Distance | null = null;

  /** @param setup.isFar the way to the origin has a round trip (setRoundTrip), of nothing at first */
  static async create({ isFar = false } = {}): Promise<ThreeMachines> {
    const [client, filter, origin] = await Promise.all(
      ['client', 'filter', 'origin'].map((name) => Namespace.create(name)),
    );
    const machines = new ThreeMachines(client!, filter!, origin!);
    try {
      await machines.#connect(isFar);
      return machines;
    } catch (error) {
      await machines[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(client: Namespace, filter: Namespace, origin: Namespace) {
    this.client = client;
    this.filter = filter;
    this.origin = origin;
  }

  async #connect(isFar: boolean): Promise<void> {
    const { client, filter, origin } = this;
    await cable([client, 'north'], [filter, 'south']);
    if (isFar) this.#distance = await Distance.between([filter, 'north'], [origin, 'south'], 0);
    else await cable([filter, 'north'], [origin, 'south']);
    await Promise.all([
      client.script(`${PORTS}
        ip address add ${CLIENT}/24 dev north
        ip route add default via ${FILTER}`),
      filter.script(`${PORTS}
        sysctl -q -w net.ipv4.ip_forward=1
        ip address add ${FILTER}/24 dev south
        ip address add 203.0.113.1/24 dev north`),
      origin.script(`${PORTS}
        ip address add ${ORIGIN}/24 dev south
        ip route add default via 203.0.113.1`),
    ]);
    await filter.run('sysctl', '-q', '-p', SYSCTL);
    await filter.run('sh', join(ROOT, 'config', 'routes-transparent.sh'), 'up');
  }

  /** From now on new connections of the client go to the proxy at this port of loopback. */
  async steerTo(port: number): Promise<void> {
    const rules = RULES.replace(/^define unattended = .*$/m, 'define unattended = closed').replace(
      /^define port = .*$/m,
      `define port = ${port}`,
    );
    await load(this.filter, rules);
  }

  /** From now on no rule takes anything: the filter routes. */
  async steerPast(): Promise<void> {
    await this.filter.run('nft', 'flush', 'ruleset');
  }

  /** Milliseconds to the origin and back; of a network that was made far. */
  async setRoundTrip(milliseconds: number): Promise<void> {
    if (this.#distance === null) throw new Error('the origin is near');
    await this.#distance.setRoundTrip(milliseconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#distance?.[Symbol.asyncDispose]();
    await Promise.all([this.client, this.filter, this.origin].map((machine) => machine[Symbol.asyncDispose]()));
  }
}
