/**
 * One machine of a network: a network namespace of its own, without a name, held by a process that ends with the test run.
 *
 *   this process ─ pipe ─▶ unshare --net cat      the namespace lives as long as anything is in it: the holder, programs
 *                                                 that were started in it, sockets that this process has opened in it
 *
 * The pipe closes however the run ends, and the guardian kills what bears the run's mark: nothing is left, no file either.
 * Sockets of this process in it: sockets.ts.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { within } from '../../support/within.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export class Namespace implements AsyncDisposable {
  readonly name: string;
  readonly #holder: ChildProcess;

  /** @param name for messages only. */
  static async create(name: string): Promise<Namespace> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo made && exec cat >/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    holder.stdin.on('error', () => {});
    const made = await within(`namespace ${name}`, Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]));
    if (String(made[0]) !== 'made\n') throw new Error(`no network namespace is to be had: ${String(made[0])}`);
    return new Namespace(name, holder);
  }

  private constructor(name: string, holder: ChildProcess) {
    this.name = name;
    this.#holder = holder;
  }

  get pid(): number {
    return this.#holder.pid!;
  }

  /** Words before a command that run it here. */
  get under(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--'];
  }

  /** @returns what it printed; throws with its complaints where it fails. */
  async run(...words: readonly string[]): Promise<string> {
    const [program = '', ...rest] = [...this.under, ...words];
    return (await run(program, rest, { maxBuffer: MAX_OUTPUT_BYTES })).stdout;
  }

  /** Commands of a shell; the first that fails ends them. */
  async script(commands: string): Promise<string> {
    return await this.run('sh', '-eu', '-c', commands);
  }

  spawn(...words: readonly string[]): ChildProcessWithoutNullStreams {
    const [program = '', ...rest] = [...this.under, ...words];
    return spawn(program, rest, { stdio: 'pipe' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const ended = once(this.#holder, 'exit');
    this.#holder.stdin!.end();
    await ended;
  }
}

/** A cable between two machines, by the names of the interfaces at its ends. */
export async function cable(
  [one, oneName]: readonly [Namespace, string],
  [other, otherName]: readonly [Namespace, string],
): Promise<void> {
  const ends = ['name', oneName, 'netns', String(one.pid), 'type', 'veth', 'peer', 'name', otherName, 'netns'];
  await run('ip', ['link', 'add', ...ends, String(other.pid)]);
  await Promise.all([
    one.run('ip', 'link', 'set', 'dev', oneName, 'up'),
    other.run('ip', 'link', 'set', 'dev', otherName, 'up'),
  ]);
}
