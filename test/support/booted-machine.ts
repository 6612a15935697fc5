/**
 * A Debian with systemd as process 1, for what only such a machine can show: the same programs as here, a file system that
 * is thrown away, a network of its own. It takes root, and a kernel that lets root mount.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe } from '@jest/globals';
import { eventually } from './eventually.ts';
import { programPath } from './program-path.ts';
import { noteSkipped } from './programs.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

const BOOT = join(import.meta.dirname, 'boot-overlay.sh');
const NEEDED = ['systemd-nspawn', 'nsenter', 'unshare', 'setpriv', 'git', 'npm', 'sudo', 'sysctl', 'curl'];
/** HOME as a login shell of root has it; nothing of the test runner. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
};
/** Far beyond what anything takes. */
const BOUND_SECONDS = 600;

export interface Said {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
}

/**
 * `describe` where such a machine can be had; in CI as root it must be.
 * @param programs that it needs beside.
 */
export function describeOnBootedMachine(programs: readonly string[] = []): typeof describe | typeof describe.skip {
  const why = whyNot([...NEEDED, ...programs]);
  if (why === null || (process.env['CI'] === 'true' && process.getuid?.() === 0)) return describe;
  noteSkipped({
    what: 'a booted machine',
    why: `none can be booted here: ${why}`,
    programs: missingOf([...NEEDED, ...programs]),
  });
  return describe.skip;
}

function missingOf(needed: readonly string[]): readonly string[] {
  return needed.filter((name) => programPath(name) === null);
}

function whyNot(needed: readonly string[]): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  const missing = missingOf(needed);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  try {
    execFileSync('unshare', ['--mount', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'pipe',
    });
    return null;
  } catch {
    return 'root may not mount';
  }
}

/** `compose` fills a folder whose content is laid over the root of the machine. */
export async function bootMachine(compose: (folder: string) => void): Promise<BootedMachine> {
  const directory = temporaryDirectory();
  mkdirSync(directory.file('files'));
  mkdirSync(directory.file('scratch'));
  compose(directory.file('files'));
  // Should the tests be killed, the machine goes with them.
  const command = [
    '--pdeathsig',
    'KILL',
    '--',
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'bash',
    BOOT,
    directory.file('scratch'),
    directory.file('files'),
  ];
  const machine = new BootedMachine(
    directory,
    spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT }),
  );
  try {
    await machine.up();
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

export class BootedMachine implements AsyncDisposable {
  readonly #directory: TemporaryDirectory;
  readonly #nspawn: ChildProcess;
  readonly #ended: Promise<unknown>;
  #console = '';
  #leader = 0;

  constructor(directory: TemporaryDirectory, nspawn: ChildProcess) {
    this.#directory = directory;
    this.#nspawn = nspawn;
    this.#ended = once(nspawn, 'exit');
    for (const stream of [nspawn.stdout!, nspawn.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#console += chunk.toString();
      });
  }

  async up(): Promise<void> {
    const hasEnded = (): boolean => this.#nspawn.exitCode !== null || this.#nspawn.signalCode !== null;
    const isUp = async (): Promise<boolean> => {
      this.#leader = childOf(this.#nspawn.pid!, 'systemd');
      return this.#leader > 0 && /^(?:running|degraded)/.test((await this.run('systemctl is-system-running')).output);
    };
    await eventually('the machine is up', async () => hasEnded() || (await isUp()));
    if (hasEnded()) throw new Error(`no machine: ${this.#console}`);
  }

  /** Commands as root's login shell takes them, the first that fails ends them. */
  async run(commands: string, { cwd = '/root' } = {}): Promise<Said> {
    const shell = [
      '-t',
      String(this.#leader),
      '-a',
      '--',
      'timeout',
      String(BOUND_SECONDS),
      'bash',
      '-e',
      '-c',
      `exec 2>&1; cd ${cwd}; ${commands}`,
    ];
    const child = spawn('nsenter', shell, { stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return { code: child.exitCode, output };
  }

  /** What they print; they must succeed. */
  async ask(commands: string): Promise<string> {
    const { code, output } = await this.run(commands);
    if (code !== 0) throw new Error(`${commands}: ${code}: ${output}`);
    return output.trim();
  }

  /** Waits for a condition that the shell can ask. */
  async until(condition: string): Promise<void> {
    await this.ask(
      `bash -c 'until eval "$1"; do sleep 0.1; done' bash '${condition.replaceAll("'", String.raw`'\''`)}'`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing of it is kept: with its process 1 all of it ends, and then nspawn and the mounts.
    if (this.#leader > 0 && childOf(this.#nspawn.pid!, 'systemd') === this.#leader)
      process.kill(this.#leader, 'SIGKILL');
    else this.#nspawn.kill('SIGKILL');
    await this.#ended;
    this.#directory[Symbol.dispose]();
  }
}

/** 0: none of that name. */
function childOf(pid: number, name: string): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
    return children.find((child) => readFileSync(`/proc/${child}/comm`, 'latin1').trim() === name) ?? 0;
  } catch {
    return 0;
  }
}
