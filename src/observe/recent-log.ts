/**
 * The last lines of the log, in memory, for whoever asks for a support bundle: bounded, and without what is only of use while one looks on (debug). It passes every
 * line on. It must not keep a line back.
 */
import type { LogLevel } from '../config/log-types.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { safeFields, type Log, type LogFields } from './log.ts';

const MAX_LINES = 500;
const MAX_LINE = 4096;

export class RecentLog implements Log {
  readonly #log: Log;
  readonly #time: Pick<Time, 'wall'>;
  readonly #lines: string[] = [];

  constructor(log: Log, time: Pick<Time, 'wall'> = systemTime) {
    this.#log = log;
    this.#time = time;
  }

  /** The earliest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  event(level: LogLevel, event: string, fields: LogFields = {}): void {
    this.#log.event(level, event, fields);
    if (level === 'debug') return;
    const time = new Date(this.#time.wall()).toISOString();
    this.#lines.push(JSON.stringify({ level, time, ...safeFields(fields), event }).slice(0, MAX_LINE));
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  flush(): void {
    this.#log.flush();
  }
}
