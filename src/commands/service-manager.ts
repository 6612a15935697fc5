/**
 * What the service manager is told (sd_notify(3)): that we are ready, reloading, stopping, alive, and how it stands.
 *
 *   READY=1   RELOADING=1 MONOTONIC_USEC=…   STOPPING=1   WATCHDOG=1   STATUS=serving, generation 7; own: 1234 entries, 3 min old
 *
 * Datagrams through the native edge, or where that is missing the program `systemd-notify` (a process each, which
 * needs NotifyAccess=all). Without NOTIFY_SOCKET all of it does nothing. It must never hold up or end what it speaks for.
 * What could not be sent is sent later: a READY that is lost would leave the unit activating for ever.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DEADLINES } from '../lib/deadlines.ts';
import { errnoOf } from '../lib/errors.ts';
import type { Native } from '../lib/native.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';

type Environment = Record<string, string | undefined>;

export interface InstanceState {
  /** The status in one line. */
  readonly status: string;
  /** No worker answers and none can be ended: the watchdog is fed no more, so that the service manager starts a new process. */
  readonly isUnrecoverable: boolean;
}

export interface ServiceManagerOptions {
  /** NOTIFY_SOCKET and the watchdog's variables are taken out of it: no child is to speak for us. */
  readonly environment: Environment;
  readonly pid: number;
  readonly native: Native | null;
  readonly log: Log;
  readonly time?: Time;
}

/** Messages that wait; more has not happened since the last that was sent. */
const MAX_UNSENT = 8;

export class ServiceManager {
  readonly #socket: string | null;
  readonly #watchdogMs: number | null;
  readonly #options: ServiceManagerOptions;
  readonly #time: Time;
  /** Messages go out one after the other, the oldest first. */
  #unsent: (readonly string[])[] = [];
  #isSending = false;
  #again: Timer | null = null;
  #againMs: number = DEADLINES.manager.againMs;
  #hasFailed = false;
  /** It is set once: a reload that ends later does not make the service ready again. */
  #isStopping = false;

  constructor(options: ServiceManagerOptions) {
    const { environment, pid } = options;
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdog, WATCHDOG_PID: watched } = environment;
    for (const key of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[key];
    this.#options = options;
    this.#time = options.time ?? systemTime;
    this.#socket = socket === undefined || socket === '' ? null : socket;
    const isForUs = watched === undefined || watched === String(pid);
    this.#watchdogMs = isForUs && /^\d{4,15}$/.test(watchdog ?? '') ? Number(watchdog) / 1000 : null;
  }

  /** From now on status and watchdog are kept up by what `look` tells. */
  watch(look: () => InstanceState): void {
    if (this.#socket === null) return;
    const tell = (): void => {
      const { status, isUnrecoverable } = look();
      this.#say(`STATUS=${status}`, ...(!isUnrecoverable && this.#watchdogMs !== null ? ['WATCHDOG=1'] : []));
    };
    tell();
    const everyMs = Math.min(DEADLINES.manager.statusMs, (this.#watchdogMs ?? Infinity) / 2);
    this.#time.every(everyMs, tell).unref();
  }

  ready(status: string): void {
    if (!this.#isStopping) this.#say('READY=1', `STATUS=${status}`);
  }

  /** `ready` ends it. */
  reloading(): void {
    if (!this.#isStopping)
      this.#say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, 'STATUS=reloading');
  }

  /** It may take that long: a TimeoutStopSec= that is shorter than the configuration does not cut it off. */
  stopping(withinMs: number): void {
    this.#isStopping = true;
    this.#say(
      'STOPPING=1',
      `EXTEND_TIMEOUT_USEC=${(withinMs + DEADLINES.manager.stopGraceMs) * 1000}`,
      'STATUS=stopping: open requests and tunnels finish',
    );
  }

  #say(...assignments: string[]): void {
    if (this.#socket === null) return;
    this.#unsent.push(assignments);
    void this.#sendAll(this.#socket);
  }

  async #sendAll(socket: string): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
        await this.#send(socket, next);
        this.#unsent.shift();
        this.#againMs = DEADLINES.manager.againMs;
      }
    } catch (error) {
      this.#logFailure(error);
      // How it stood has been overtaken; what it has become has not.
      this.#unsent = this.#unsent
        .filter((message, i, all) => i === all.length - 1 || message[0]?.startsWith('STATUS=') !== true)
        .slice(-MAX_UNSENT);
      this.#sendAgain(socket);
    } finally {
      this.#isSending = false;
    }
  }

  #sendAgain(socket: string): void {
    if (this.#again !== null) return;
    const again = (): void => {
      this.#again = null;
      void this.#sendAll(socket);
    };
    this.#again = this.#time.after(this.#againMs, again).unref();
    this.#againMs = Math.min(this.#againMs * 2, DEADLINES.manager.statusMs);
  }

  async #send(socket: string, assignments: readonly string[]): Promise<void> {
    const { native, environment } = this.#options;
    if (native === null)
      await promisify(execFile)('systemd-notify', assignments, {
        env: { ...environment, NOTIFY_SOCKET: socket },
        timeout: DEADLINES.manager.sayMs,
      });
    else native.sendDatagram(socket, assignments.join('\n'));
  }

  #logFailure(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.log.event('warn', 'sd_notify.failed', {
      reason: error instanceof Error && errnoOf(error) === 'UNKNOWN' ? error.message : errnoOf(error),
    });
  }
}
