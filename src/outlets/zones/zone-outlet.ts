/**
 * One zone of the configuration as an outlet: whenever names in force change its file is written, and if the file changed its engine is told.
 *
 *   names ─▶ zone-job.ts ─▶ the same: nothing ─┐
 *                        └▶ another ───────────┴▶ first time, or another: notify ─ failed ─▶ again after a while, until it does
 *
 * Where the file cannot be written it stays as it was, and the engine goes on with it. It must not read a list by itself.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ZoneConfig } from '../../config/resolver-types.ts';
import { DEADLINES, type Deadlines } from '../../lib/deadlines.ts';
import type { EndedProgram, ProgramBounds } from '../../lib/run-program.ts';
import { writingReason } from '../../lib/errors.ts';
import { systemTime, type Time, type Timer } from '../../lib/time.ts';
import { isYoung } from '../../lib/young-file.ts';
import type { ListNames } from '../../list/names/list-names.ts';
import type { ZoneStatus } from '../../observe/control-view.ts';
import type { Log } from '../../observe/log.ts';
import type { Outlet } from '../outlet.ts';
import { SKIP_REASONS } from './unfit-names.ts';
import { PERMISSIONS, ZONE_MODE, type WrittenZone, type ZoneJob } from './zone-file.ts';
import { ZoneError } from './zone-job.ts';
import { namesWritten } from './written-names.ts';

export interface ZoneOutletOptions {
  readonly config: ZoneConfig;
  readonly ttlSeconds: number;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** UTC days since 1970-01-01. */
  readonly today: () => number;
  /** Public suffixes, one a line. */
  readonly suffixes: string;
  /** Hosts that a list must not cover. */
  readonly guarded: (list: string) => Promise<readonly string[]>;
  readonly write: (job: ZoneJob) => Promise<WrittenZone>;
  /** Takes out what is removed, and adds nothing. @returns null if there is no file of the zone. */
  readonly remove: (job: ZoneJob) => Promise<WrittenZone | null>;
  /** Runs a program, without a shell; it never rejects. */
  readonly run: (argv: readonly string[], bounds: ProgramBounds) => Promise<Pick<EndedProgram, 'fault'>>;
  readonly time?: Time;
  readonly deadlines?: Deadlines['zones'];
}

const NONE_SKIPPED = Object.fromEntries(SKIP_REASONS.map((reason) => [reason, 0]));
/** Characters; nobody reads them. */
const MAX_OUTPUT = 64 * 1024;

export class ZoneOutlet implements Outlet {
  readonly name: string;
  readonly lists: readonly string[];
  readonly exceptions: readonly string[];
  readonly #options: ZoneOutletOptions;
  readonly #time: Time;
  readonly #deadlines: Deadlines['zones'];
  #written: WrittenZone | null = null;
  #writtenAt: number | null = null;
  readonly #failures = { write: 0, notify: 0, altered: 0 };
  #alteredToldAt = -Infinity;
  /** What the engine has is not what the file has, as far as anybody knows. */
  #isUntold = true;
  /** As the file was left; null: it is not there; undefined: it was so young that nobody can tell an edit by that. */
  #left: string | null | undefined = null;
  #telling: Promise<void> | null = null;
  #retry: Timer | null = null;
  #lastFault: string | null = null;
  #isClosed = false;

  constructor(options: ZoneOutletOptions) {
    const { name, lists, allow } = options.config;
    this.#options = options;
    this.#time = options.time ?? systemTime;
    this.#deadlines = options.deadlines ?? DEADLINES.zones;
    this.name = `zone:${name}`;
    this.lists = [...lists, ...allow];
    this.exceptions = allow;
  }

  get isUntold(): boolean {
    return this.#lastFault !== null;
  }

  /** @throws what kept it from being written: it is to be told again. */
  async update(names: readonly ListNames[]): Promise<void> {
    await this.#replace(async () => await this.#write(names, this.#options.write));
  }

  /** A file that is not whole stays as it is: what it says of exceptions is not known either. @throws as `update`. */
  async takeOut(names: readonly ListNames[]): Promise<void> {
    await this.#replace(async () => await this.#write(names, this.#options.remove));
  }

  async writtenNames(): Promise<Uint8Array | null> {
    return await namesWritten(this.#options.config);
  }

  async #replace(write: () => Promise<WrittenZone | null>): Promise<void> {
    const before = this.#time.now();
    const written = await write();
    const { log, now } = this.#options;
    const { traits, isYoung } = await look(this.#options.config.file, now());
    // What nobody here has written is known by its traits only.
    this.#left = isYoung && written !== null ? undefined : traits;
    if (written === null) return;
    const { changed, blocked, excepted, skipped, bytes, serial } = written;
    this.#written = written;
    if (changed || this.#writtenAt === null) this.#writtenAt = now();
    if (changed) {
      this.#isUntold = true;
      const milliseconds = Math.round(this.#time.now() - before);
      log.event('info', 'zone.written', {
        zone: this.#options.config.name,
        blocked,
        excepted,
        skipped: Object.values(skipped).reduce((sum, count) => sum + count, 0),
        bytes,
        serial,
        milliseconds,
      });
    }
    await this.#tell();
  }

  status(): ZoneStatus {
    const { config } = this.#options;
    const { blocked = 0, skipped = NONE_SKIPPED } = this.#written ?? {};
    return { name: config.name, names: blocked, skipped, writtenAt: this.#writtenAt, failures: { ...this.#failures } };
  }

  /** A file that somebody has cut, edited or removed is written again: a zone that was cut between two lines is a zone all the same. */
  async stands(): Promise<boolean> {
    const { config, log, now } = this.#options;
    const { traits, isYoung } = await look(config.file, now());
    if (traits === this.#left) return true;
    // A backup that sets times, say, or that puts back the same file.
    if (this.#written !== null && (await isOf(config.file, this.#written))) {
      this.#left = isYoung ? undefined : traits;
      return true;
    }
    this.#failures.altered += 1;
    if (now() >= this.#alteredToldAt + this.#deadlines.alteredMs) {
      this.#alteredToldAt = now();
      log.event('error', 'zone.not_as_written', { zone: config.name });
    }
    return false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    await this.#telling;
  }

  async #write<Written>(names: readonly ListNames[], write: (job: ZoneJob) => Promise<Written>): Promise<Written> {
    const { config, ttlSeconds, now, today, suffixes, guarded, log } = this.#options;
    try {
      const lists = await Promise.all(
        names.map(async (each) => ({ names: each, guarded: each.action === 'allow' ? [] : await guarded(each.list) })),
      );
      return await write({
        terms: { name: config.name, ttlSeconds, answer: config.answer },
        file: config.file,
        lists,
        today: today(),
        now: Math.floor(now() / 1000),
        suffixes,
      });
    } catch (error) {
      this.#failures.write += 1;
      if (error instanceof ZoneError)
        log.event('error', 'zone.write_failed', {
          zone: config.name,
          code: error.code,
          reason: writingReason(error.errno),
        });
      throw error;
    }
  }

  /** One at a time: what changed while the engine was being told is told again. */
  async #tell(): Promise<void> {
    await this.#telling;
    if (!this.#isUntold || this.#isClosed) return;
    this.#telling = this.#notify();
    await this.#telling;
    this.#telling = null;
  }

  async #notify(): Promise<void> {
    const { config, run, log } = this.#options;
    const { notifyMs, retryMs } = this.#deadlines;
    this.#retry?.cancel();
    this.#retry = null;
    this.#isUntold = false;
    if (config.notify.length === 0) return;
    const { fault } = await run(config.notify, { timeoutMs: notifyMs, maxOutput: MAX_OUTPUT });
    if (fault !== null) {
      this.#isUntold = true;
      this.#failures.notify += 1;
      if (fault !== this.#lastFault) log.event('error', 'zone.notify_failed', { zone: config.name, reason: fault });
      if (!this.#isClosed) this.#retry = this.#time.after(retryMs, () => void this.#tell()).unref();
    }
    this.#lastFault = fault;
  }
}

interface Look {
  /** Which file it is, its length and when it was changed; null: it is not there. */
  readonly traits: string | null;
  /** Another edit may leave the traits as they are. */
  readonly isYoung: boolean;
}

async function look(path: string, now: number): Promise<Look> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return { traits: null, isYoung: false };
  const { ino, size, mtimeMs } = stats;
  return { traits: `${ino} ${size} ${mtimeMs}`, isYoung: isYoung(mtimeMs, now) };
}

/** Whether it is the file that was written, by its mode, its size and its digest; read in pieces, since a zone may have a hundred megabytes. */
async function isOf(path: string, { bytes, digest }: WrittenZone): Promise<boolean> {
  try {
    const { size, mode } = await stat(path);
    if (size !== bytes || (mode & PERMISSIONS) !== ZONE_MODE) return false;
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path, { end: bytes })) hash.update(piece);
    return hash.digest('hex') === digest;
  } catch {
    return false;
  }
}
