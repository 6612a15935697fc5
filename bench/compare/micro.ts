/** One pair of the micro benches: a new process of each version, on one core, that measure in turns. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { PROXY_CORE } from '../load/cores.ts';
import { pinned } from '../load/processes.ts';
import { spread } from '../load/statistics.ts';
import type { Pair } from './ratio.ts';
import type { Version } from './versions.ts';

export type FromMicro = { readonly names: readonly string[] } | { readonly ns: readonly number[] };

const PROCESS = join(import.meta.dirname, 'micro-process.ts');
/** Each is A B B A: four rounds. */
const TURNS = 5;

/** Nanoseconds of each operation that both versions have, by name. */
export async function microPair(
  base: Version,
  now: Version,
  benches: readonly string[],
): Promise<ReadonlyMap<string, Pair>> {
  const processes = [new MicroProcess(base, benches), new MicroProcess(now, benches)] as const;
  try {
    const [baseNames, nowNames] = [await processes[0].names(), await processes[1].names()];
    for (let turn = 0; turn < TURNS; turn++) {
      for (const which of turn % 2 === 0 ? ([0, 1, 1, 0] as const) : ([1, 0, 0, 1] as const))
        await processes[which].round();
    }
    const common = baseNames.filter((name) => nowNames.includes(name));
    const figure = (one: MicroProcess, names: readonly string[], name: string): number =>
      one.median(names.indexOf(name));
    return new Map(
      common.map((name) => [
        name,
        { base: figure(processes[0], baseNames, name), now: figure(processes[1], nowNames, name) },
      ]),
    );
  } finally {
    for (const one of processes) one.end();
  }
}

class MicroProcess {
  readonly #child: ChildProcess;
  readonly #ready: Promise<FromMicro>;
  readonly #rounds: (readonly number[])[] = [];
  #answer = Promise.withResolvers<FromMicro>();

  constructor({ root, name, node }: Version, benches: readonly string[]) {
    const [program, ...args] = pinned([PROXY_CORE], [node, PROCESS, root, ...benches]);
    this.#child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (message: FromMicro) => this.#answer.resolve(message));
    this.#child.once('exit', (code, signal) =>
      this.#answer.reject(new Error(`the micro benches of ${name} ended with ${code ?? signal}`)),
    );
    // Told by whoever waits for an answer; nobody does at the end.
    this.#answer.promise.catch(() => {});
    this.#ready = this.#answer.promise;
  }

  async names(): Promise<readonly string[]> {
    const message = await this.#ready;
    if (!('names' in message)) throw new Error('the names were to come first');
    return message.names;
  }

  async round(): Promise<void> {
    this.#answer = Promise.withResolvers();
    this.#answer.promise.catch(() => {});
    this.#child.send('round');
    const message = await this.#answer.promise;
    if ('ns' in message) this.#rounds.push(message.ns);
  }

  median(index: number): number {
    return spread(this.#rounds.map((round) => round[index]!))!.median;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
