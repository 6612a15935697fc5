/**
 * The log: JSON lines on standard error, one stable `event` name a line, for the operator's log collector.
 *
 * What it must never hold is a URL, the host of a request or a client's address. Callers have no free-text message, only
 * an event and flat fields; and a value that looks like a URL or an address is replaced all the same, since error texts of
 * the system carry them ("connect ECONNREFUSED 192.0.2.1:80"). The one exception is the field `address`: our own listeners.
 */
import { isIP } from 'node:net';
import pino from 'pino';
import type { LogLevel } from '../config/types.ts';

export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  /** `event` in the form `list.loaded`. Never throws, never blocks. */
  event(level: LogLevel, event: string, fields?: LogFields): void;
  /** Before the process ends. */
  flush(): void;
}

const STANDARD_ERROR = 2;
/** Bytes kept while the reader of the log stands still; beyond that, lines are dropped: filtering goes on. */
const MAX_PENDING = 1024 * 1024;
const MAX_VALUE = 500;
const REDACTED = '[redacted]';

export function createLog(level: LogLevel, descriptor: number = STANDARD_ERROR): Log {
  const destination = pino.destination({ fd: descriptor, sync: false, maxLength: MAX_PENDING });
  // A full disk or a closed pipe must not take the filter down; there is nowhere left to say so.
  destination.on('error', () => {});
  const logger = pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  return {
    event: (level, event, fields = {}) => logger[level]({ ...safeFields(fields), event }),
    flush: () => flushQuietly(destination),
  };
}

function flushQuietly(destination: { flushSync(): void }): void {
  try {
    destination.flushSync();
  } catch {
    // The descriptor is gone or full: see the error handler above.
  }
}

function safeFields(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? safeText(name, value) : value]));
}

function safeText(name: string, value: string): string {
  const text = value.slice(0, MAX_VALUE);
  if (name === 'address') return text;
  return text
    .split(' ')
    .map((word) => (tellsWhere(word) ? REDACTED : word))
    .join(' ');
}

function tellsWhere(word: string): boolean {
  if (word.includes('://')) return true;
  const bare = word.replaceAll(/["'(),;[\]<>]/g, '');
  const lastColon = bare.lastIndexOf(':');
  return isIP(bare) !== 0 || (lastColon > 0 && isIP(bare.slice(0, lastColon)) !== 0);
}
