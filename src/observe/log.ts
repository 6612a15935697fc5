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
import { LineWriter } from './line-writer.ts';
import { RepeatLimit } from './repeat-limit.ts';

export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  /** `event` in the form `list.loaded`; docs/operations.md has them all. Never throws, never blocks: beyond 1 MiB that nobody reads, lines are dropped. Repeats are bounded. */
  event(level: LogLevel, event: string, fields?: LogFields): void;
  /** Before the process ends: what is pending is written, but nobody waits long for a reader that stands still. */
  flush(): void;
}

const STANDARD_ERROR = 2;
/** How long after the first line held back the number of all of them is logged. */
const SUMMARY_MS = 60_000;
const MAX_VALUE = 500;
const REDACTED = '[redacted]';

export function createLog(level: LogLevel, descriptor: number = STANDARD_ERROR): Log {
  // Node makes standard error non-blocking when it is first looked at, where it is a pipe or a socket.
  if (descriptor === STANDARD_ERROR) void process.stderr.writable;
  const writer = new LineWriter(descriptor, (lines) => logger.warn({ lines, event: 'log.lost' }));
  const logger = pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    writer,
  );
  const limit = new RepeatLimit(() => performance.now());
  let summary: NodeJS.Timeout | null = null;
  const summarise = (): void => {
    if (summary !== null) clearTimeout(summary);
    summary = null;
    for (const [of, suppressed] of limit.takeSuppressed()) logger.warn({ of, suppressed, event: 'log.suppressed' });
  };
  return {
    event: (level, event, fields = {}) => {
      if (!logger.isLevelEnabled(level)) return;
      if (limit.admits(event, JSON.stringify(fields))) logger[level]({ ...safeFields(fields), event });
      else summary ??= setTimeout(summarise, SUMMARY_MS).unref();
    },
    flush: () => {
      summarise();
      writer.flush();
    },
  };
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
