/**
 * A fleet at work: on each node of a fleet's network a real `serve` and a real `cleanfeed guard`, with the configuration and the scripts that
 * are shipped. Behind them an origin that says which node has asked.
 */
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { spawnProxy, type ProxyProcess, type ProxySetup } from '../../support/proxy-process.ts';
import { FLEET_ORIGIN, FleetNetwork, NODES, SHIPPED, type FleetOptions, type NodeName } from './fleet-network.ts';
import { connectFrom, listenOn } from './sockets.ts';

const CLI = join(import.meta.dirname, '..', '..', '..', 'src', 'cli.ts');
const SCRIPT = join(SHIPPED, 'announce.sh');

/** Far from every bound, so that nothing that is asserted depends on how busy the machine is. */
const UNHURRIED = {
  shutdown: { lameDuck: '20s', drain: '1m' },
  guard: { drainAfter: '10s', timeout: '5s', commandTimeout: '1m', successes: 2, hold: '100ms' },
  environment: { PATIENCE: '200' },
} as const;

export interface FleetSetup extends FleetOptions {
  /** Lists of every node, as in a configuration. */
  readonly lists?: readonly object[];
  /** Keys of `guard` in place of the shipped ones. */
  readonly guard?: Readonly<Record<string, unknown>>;
  /** What has to be there before a node starts. */
  readonly prepare?: (network: FleetNetwork) => Promise<void>;
}

interface Guard {
  readonly child: ChildProcess;
  said: string;
}

export class Fleet implements AsyncDisposable {
  readonly network: FleetNetwork;
  readonly #setup: FleetSetup;
  readonly #proxies = new Map<NodeName, ProxyProcess>();
  readonly #guards = new Map<NodeName, Guard>();
  readonly #ends: (() => void)[] = [];

  /** All nodes are announced when it resolves. */
  static async start(setup: FleetSetup): Promise<Fleet> {
    const fleet = new Fleet(await FleetNetwork.create(setup), setup);
    try {
      await fleet.#begin();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(network: FleetNetwork, setup: FleetSetup) {
    this.network = network;
    this.#setup = setup;
  }

  async #begin(): Promise<void> {
    await this.#serveOrigin();
    await this.#setup.prepare?.(this.network);
    for (const name of NODES) await this.startNode(name);
    await Promise.all([...this.#proxies.values()].map(async (proxy) => await proxy.ready()));
    await this.network.settled(NODES);
  }

  proxy(name: NodeName): ProxyProcess {
    return this.#proxies.get(name)!;
  }

  /** What the guard of the node has logged. */
  guardSaid(name: NodeName): string {
    return this.#guards.get(name)?.said ?? '';
  }

  /** The filter of the node, and its guard where none runs. */
  async startNode(name: NodeName): Promise<void> {
    const machine = this.network.machines[name];
    const proxy = await spawnProxy({
      under: machine.under,
      reach: async (port) => await connectFrom(machine, { address: '127.0.0.1', port }),
      config: this.#configuration(),
    });
    this.#proxies.set(name, proxy);
    if (this.#guards.has(name)) return;
    const birdc = `BIRDC=timeout 2 birdc -s ${this.network.controlOf(name)}`;
    const words = Object.entries(this.#setup.isUnhurried === true ? UNHURRIED.environment : {});
    const variables = [birdc, ...words.map(([key, value]) => `${key}=${value}`)];
    const child = machine.spawn(
      'env',
      ...variables,
      process.execPath,
      CLI,
      'guard',
      '-c',
      proxy.file('cleanfeed.yaml'),
    );
    const guard: Guard = { child, said: '' };
    child.stderr.on('data', (piece: Buffer) => {
      guard.said += String(piece);
    });
    this.#guards.set(name, guard);
  }

  /** The same node again, from the same files: its guard is still there. */
  async restartNode(name: NodeName): Promise<void> {
    this.#proxies.set(name, await this.proxy(name).killAndRestart());
  }

  #configuration(): NonNullable<ProxySetup['config']> {
    const shipped = parse(readFileSync(join(SHIPPED, 'node.yaml'), 'utf8')) as Record<string, Record<string, unknown>>;
    const { guard, shutdown, ...rest } = shipped;
    const unhurried = this.#setup.isUnhurried === true ? UNHURRIED : null;
    const actions = { out: [['sh', SCRIPT, 'out']], back: [['sh', SCRIPT, 'back']] };
    return {
      ...rest,
      shutdown: unhurried?.shutdown ?? shutdown!,
      admin: { address: '127.0.0.1', port: 9090 },
      upstream: { allow: ['203.0.113.0/24', '2001:db8:4::/64'] },
      guard: { ...guard, ...unhurried?.guard, ...this.#setup.guard, actions, check: ['sh', SCRIPT, 'check'] },
      ...(this.#setup.lists === undefined ? {} : { lists: this.#setup.lists }),
    };
  }

  /** Any page: the address of the node that asks for it. */
  async #serveOrigin(): Promise<void> {
    for (const address of Object.values(FLEET_ORIGIN)) {
      const server = await listenOn(this.network.machines.origin, { address, port: 80 });
      server.on('connection', (socket) => {
        socket.on('error', () => {});
        socket.on('end', () => socket.end());
        const body = socket.remoteAddress ?? '';
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        let waiting = '';
        socket.on('data', (piece: Buffer) => {
          const heads = (waiting + piece.toString('latin1')).split('\r\n\r\n');
          waiting = heads.pop() ?? '';
          socket.write(answer.repeat(heads.length));
        });
      });
      this.#ends.push(() => server.close());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#guards.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    for (const proxy of this.#proxies.values()) {
      proxy.signal('SIGKILL');
      await proxy.exited;
      proxy.forget();
    }
    for (const end of this.#ends) end();
    await this.network[Symbol.asyncDispose]();
  }
}
