/** A BIRD on a machine of a network, and its control program. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';
import type { Namespace } from './namespace.ts';

/** The core's, as a network that is no part of the ISP: it takes all that the edge tells. */
export const NEIGHBOUR = `
router id 198.51.100.18;
protocol device {}
protocol bgp edge { local 198.51.100.18 as 64501; neighbor 198.51.100.17 as 64500; ipv4 { import all; export none; }; }
protocol bgp edge6 { local 2001:db8:3::2 as 64501; neighbor 2001:db8:3::1 as 64500; ipv6 { import all; export none; }; }
`;

export class Bird implements AsyncDisposable {
  readonly #machine: Namespace;
  readonly #path: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  /** @param path of its files, each with an ending of its own. */
  static async start(machine: Namespace, path: string, configuration: string): Promise<Bird> {
    writeFileSync(`${path}.conf`, configuration);
    const bird = new Bird(machine, path);
    await eventually(`${path} answers`, async () => await bird.ctl('show', 'status').then(Boolean, () => false));
    return bird;
  }

  private constructor(machine: Namespace, path: string) {
    this.#machine = machine;
    this.#path = path;
    this.#child = machine.spawn('bird', '-f', '-c', `${path}.conf`, '-s', `${path}.ctl`, '-P', `${path}.pid`);
    this.#exited = once(this.#child, 'exit');
  }

  /** The words of birdc that reach it. */
  get birdc(): readonly string[] {
    return ['birdc', '-s', `${this.#path}.ctl`];
  }

  async ctl(...words: readonly string[]): Promise<string> {
    return await this.#machine.run(...this.birdc, ...words);
  }

  /** Throws where BIRD does not take it. */
  async configure(configuration: string): Promise<void> {
    writeFileSync(`${this.#path}.conf`, configuration);
    const told = await this.ctl('configure');
    if (!/Reconfigur/.test(told)) throw new Error(told);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}
