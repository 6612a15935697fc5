/**
 * A cable between two machines of a network that has a round trip, as the way to a far origin has: what is sent arrives half of it later,
 * in order, and nothing is lost (test/support/programs/distance.c). The program ends with this process, however that ends.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { within } from '../../support/within.ts';
import type { Namespace } from './namespace.ts';

/** Programs without which there is none. */
export const DISTANCE_PROGRAMS = ['gcc'];

type End = readonly [machine: Namespace, device: string];

const SOURCE = join(import.meta.dirname, '..', '..', 'support', 'programs', 'distance.c');
/** Packets that wait to be read: as many as a burst of new connections sends. */
const QUEUE = 10_000;

export class Distance implements AsyncDisposable {
  readonly #link: ChildProcessWithoutNullStreams;

  /** @param roundTripMs milliseconds there and back. @throws where the program ends, or its devices do not come */
  static async between(one: End, other: End, roundTripMs: number): Promise<Distance> {
    using folder = temporaryDirectory();
    const program = folder.file('distance');
    await promisify(execFile)('gcc', ['-O1', '-o', program, SOURCE]);
    const ends = [one, other].flatMap(([machine, device]) => [`/proc/${machine.pid}/ns/net`, device]);
    const link = spawn(program, [...ends, oneWay(roundTripMs)], { stdio: 'pipe' });
    link.stdin.on('error', () => {});
    const distance = new Distance(link);
    try {
      await distance.#ready();
      for (const [machine, device] of [one, other])
        await machine.run('ip', 'link', 'set', 'dev', device, 'txqueuelen', String(QUEUE), 'up');
      return distance;
    } catch (error) {
      await distance[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(link: ChildProcessWithoutNullStreams) {
    this.#link = link;
  }

  /** What is under way keeps the time that it had. */
  async setRoundTrip(milliseconds: number): Promise<void> {
    this.#link.stdin.write(`${oneWay(milliseconds)}\n`);
    await this.#ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#link.exitCode !== null || this.#link.signalCode !== null) return;
    const ended = once(this.#link, 'exit');
    this.#link.stdin.end();
    await ended;
  }

  async #ready(): Promise<void> {
    const said = Promise.race([once(this.#link.stdout, 'data'), once(this.#link.stderr, 'data')]);
    const [words] = (await within('a link with a distance', said)) as [Buffer];
    if (String(words) !== 'ready\n') throw new Error(`no link with a distance is to be had: ${String(words)}`);
  }
}

/** In microseconds, as the program wants it. */
function oneWay(roundTripMs: number): string {
  return String(Math.round((roundTripMs * 1000) / 2));
}
