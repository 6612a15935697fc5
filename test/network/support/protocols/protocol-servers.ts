/**
 * Real servers of other protocols on the origin's machine, each dialogue at an address of its own, whose ports 80 and 443 lead to its server;
 * and its real client on the client's machine. It must not know whether a filter is in the path.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../../../support/eventually.ts';
import { OwnAuthority } from '../../../support/own-authority.ts';
import { Resources } from '../../../support/resources.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { load, type InlineNetwork } from '../inline-network.ts';
import type { Namespace } from '../namespace.ts';
import type { Dialogue, Server } from './protocol.ts';

export const WEB_PORTS = [80, 443] as const;
const FIRST_HOST = 20;
const DATA_LINES = 12_000;
/** A client that hangs ends by it, with status 124 … */
const CLIENT_BOUND = ['timeout', '90'];
/** … and a little before, what its connections are on each machine becomes part of what it said. */
const HANGS_AFTER_MS = 80_000;

export interface Outcome {
  readonly exit: number | null;
  /** All that it printed. */
  readonly said: string;
  readonly ms: number;
}

export interface PlacedDialogue extends Dialogue {
  readonly address: string;
  /** Of its server. */
  readonly folder: string;
}

export class ProtocolServers implements AsyncDisposable {
  /** By server, whose dialogues may not run at once. */
  readonly dialogues: readonly (readonly PlacedDialogue[])[];
  readonly #network: InlineNetwork;
  readonly #directory: TemporaryDirectory;
  readonly #resources = new Resources();

  static async start(network: InlineNetwork, servers: readonly Server[]): Promise<ProtocolServers> {
    const started = new ProtocolServers(network, servers);
    try {
      await started.#place();
      const starts = servers.map(async (server, index) => await started.#start(server, index));
      // None may come up behind the end of the others.
      await Promise.allSettled(starts);
      await Promise.all(starts);
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(network: InlineNetwork, servers: readonly Server[]) {
    this.#network = network;
    this.#directory = this.#resources.use(temporaryDirectory());
    // Servers that have a user of their own read there, too.
    chmodSync(this.#directory.path, 0o755);
    let host = FIRST_HOST;
    this.dialogues = servers.map(({ dialogues }, index) => {
      const folder = this.#directory.file(`server-${index}`);
      mkdirSync(folder);
      return dialogues.map((dialogue) => ({ ...dialogue, folder, address: `203.0.113.${host++}` }));
    });
  }

  /** Runs its client once. @param word of this run alone */
  async run({ client, address, folder }: PlacedDialogue, port: number, word: string): Promise<Outcome> {
    const cwd = mkdtempSync(this.#directory.file('client-'));
    const environment = { HOST: address, PORT: String(port), SERVER: folder, RUN: word };
    const begun = performance.now();
    const child = this.#bash(this.#network.machines.client, client, { cwd, environment, before: CLIENT_BOUND });
    let connections: Promise<string> | undefined;
    const hangs = setTimeout(() => void (connections = this.#connectionsOf(address)), HANGS_AFTER_MS);
    const [said, exit] = await ended(child);
    clearTimeout(hangs);
    return { exit, said: said + ((await connections) ?? ''), ms: performance.now() - begun };
  }

  async #connectionsOf(address: string): Promise<string> {
    const all = Object.entries(this.#network.machines).map(
      async ([name, machine]) => `${name}:\n${await machine.run('ss', '-Htnmoip', `src ${address} or dst ${address}`)}`,
    );
    return (await Promise.all(all)).join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.end();
  }

  /** Their addresses, what leads to their ports, and certificates for each of them. */
  async #place(): Promise<void> {
    const { origin } = this.#network.machines;
    const all = this.dialogues.flat();
    await origin.script(all.map(({ address }) => `ip address add ${address}/24 dev south`).join('\n'));
    const rules = all.map(({ address, port }) => `ip daddr ${address} tcp dport { 80, 443 } dnat to :${port}`);
    const chain = `type nat hook prerouting priority dstnat\n${rules.join('\n')}`;
    await load(origin, `table ip protocols {\nchain ports {\n${chain}\n}\n}\n`);
    mkdirSync(this.#directory.file('tls'));
    const authority = new OwnAuthority(this.#directory.file('tls'));
    authority.issue('server', all.map(({ address }) => `IP:${address}`).join(','));
    // Many servers ask who their client is: nobody there knows, and says so at once.
    writeFileSync(this.#directory.file('tls/resolv.conf'), 'nameserver 127.0.0.1\n');
    const lines = Array.from({ length: DATA_LINES }, (_, line) => `line ${line}, of the file\n`);
    writeFileSync(this.#directory.file('data.txt'), lines.join(''));
  }

  async #start({ prepare = '', run, dialogues }: Server, index: number): Promise<void> {
    const { origin } = this.#network.machines;
    const cwd = this.dialogues[index]![0]!.folder;
    const environment = { SERVER: cwd };
    const [said, exit] = await ended(this.#bash(origin, prepare, { cwd, environment }));
    if (exit !== 0) throw new Error(`the server of ${dialogues[0]!.name} could not be prepared: ${said}`);
    const own = 'mount --bind "$TLS/resolv.conf" /etc/resolv.conf';
    const child = this.#bash(origin, `${own}\n${run}`, { cwd, environment, before: ['unshare', '--mount'] });
    const over = ended(child);
    this.#resources.defer(async () => await endGroup(child, over));
    await eventually(`the server of ${dialogues[0]!.name} listens`, async () => {
      if (child.exitCode !== null) throw new Error(`the server of ${dialogues[0]!.name} ended: ${(await over)[0]}`);
      const listening = await origin.run('ss', '-Hltn');
      return dialogues.every(({ port }) => listening.includes(`:${port} `));
    });
  }

  #bash(machine: Namespace, script: string, { cwd, environment, before = [] }: BashSetup): ChildProcess {
    const words = [...machine.under, ...before, 'bash', '-euo', 'pipefail', '-c', script];
    const tls = this.#directory.file('tls');
    const env = {
      ...process.env,
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      HOME: cwd,
      LANG: 'C.UTF-8',
      TLS: tls,
      DATA: join(this.#directory.path, 'data.txt'),
      ...environment,
    };
    return spawn(words[0]!, words.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  }
}

interface BashSetup {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Words before the shell. */
  readonly before?: readonly string[];
}

async function ended(child: ChildProcess): Promise<readonly [said: string, exit: number | null]> {
  const [out, err, [exit]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')]);
  return [out + err, exit as number | null];
}

/** With whatever it has started. */
async function endGroup(child: ChildProcess, over: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGTERM');
  await over;
}
