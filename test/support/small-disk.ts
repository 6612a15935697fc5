/**
 * A file system of its own at a folder, of a size, which a test fills or makes read-only: real answers of the system, ENOSPC and EROFS. Only what is started
 * under it sees it; this process reaches it by the mount namespace of its holder, which ends with the test run:
 *
 *   this process ─ pipe ─▶ unshare --mount cat ◀─ /proc/PID/ns/mnt ─ nsenter ─ the program under test, as often as it is started
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { errnoOf } from '../../src/lib/errors.ts';
import { describeWith, noteSkipped } from './programs.ts';
import { within } from './within.ts';

const PROGRAMS = ['unshare', 'nsenter', 'mount'];
const MOUNT = 'mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1" && echo made && exec cat >/dev/null';
const FILLER = 'filler';
/** Of a step of filling, until nothing more is taken. */
const STEPS = [64 * 1024, 4096, 1];

/** `describe` for root, who alone may mount, where these programs are too. */
export function describeWithSmallDisk(programs: readonly string[] = []): typeof describe | typeof describe.skip {
  if (process.getuid?.() === 0) return describeWith([...programs, ...PROGRAMS]);
  noteSkipped({ what: 'a disk that is full', why: 'for root alone' });
  return describe.skip;
}

export class SmallDisk implements AsyncDisposable {
  readonly folder: string;
  readonly #holder: ChildProcess;

  /** @param folder is there, and empty. */
  static async mount(folder: string, bytes: number): Promise<SmallDisk> {
    const words = ['--mount', '--propagation', 'private', 'sh', '-c', MOUNT, 'sh', folder, String(bytes)];
    const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    holder.stdin.on('error', () => {});
    const made = await within('a small disk', Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]));
    if (String(made[0]) !== 'made\n') throw new Error(`no file system is to be had: ${String(made[0])}`);
    return new SmallDisk(folder, holder);
  }

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
  }

  /** Words before a command that run it here, in its place. */
  get under(): readonly [string, ...string[]] {
    return ['sh', '-c', `exec nsenter --mount=/proc/${this.#holder.pid}/ns/mnt --wdns="$PWD" -- "$@"`, 'sh'];
  }

  /** A path in it, for this process. */
  path(name: string): string {
    return join(`/proc/${this.#holder.pid}/root`, this.folder, name);
  }

  /** Not a byte more. @param room bytes that are left all the same, in whole pages. */
  fill(room = 0): void {
    const file = openSync(this.path(FILLER), 'a');
    try {
      for (const step of STEPS) while (isTaken(file, step));
      if (room > 0) ftruncateSync(file, fstatSync(file).size - room);
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.path(FILLER));
  }

  setReadOnly(isReadOnly: boolean): void {
    const [program, ...words] = this.under;
    const remount = ['mount', '-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.folder];
    execFileSync(program, [...words, ...remount], { stdio: 'pipe' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const ended = once(this.#holder, 'exit');
    this.#holder.stdin!.end();
    await ended;
  }
}

function isTaken(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOSPC') return false;
    throw error;
  }
}
