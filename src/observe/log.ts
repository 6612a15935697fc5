/**
 * The log: JSON lines on standard error, one stable `event` name a line, for the operator's log collector; lines for people where standard
 * error is a terminal (text-line.ts, `log.format`). Where it is the systemd journal, each line has its priority before it (sd-daemon(3)),
 * which the journal takes off.
 *
 * What it must never hold is a URL, the host of a request or a client's address. Callers have no free-text message, only
 * an event and flat fields; and a value that looks like a URL or an address is replaced all the same, since error texts of
 * the system carry them ("connect ECONNREFUSED 192.0.2.1:80"). The one exception is the field `address`: our own listeners.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { isIP } from 'node:net';
import { isatty } from 'node:tty';
import type { LogFormat, LogLevel, LogSettings } from '../config/log-types.ts';
import { DEADLINES } from '../lib/deadlines.ts';
import { isJournal } from '../lib/journal.ts';
import { redactedWords } from '../lib/redacted-words.ts';
import { socketHandle } from '../lib/socket-handle.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import { painter, wantsColour } from './colour.ts';
import { LineWriter } from './line-writer.ts';
import { sentenceOf } from './log-sentences.ts';
import { RepeatLimit } from './repeat-limit.ts';
import { textLine } from './text-line.ts';

export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  /** `event` in the form `list.loaded`; docs/operations.md has them all. Never throws, never blocks: beyond 1 MiB that nobody reads, lines are dropped. Repeats are bounded. */
  event(level: LogLevel, event: string, fields?: LogFields): void;
  /** Before the process ends: what is pending is written, but nobody waits long for a reader that stands still. */
  flush(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

const STANDARD_ERROR = 2;
/** A severity is an index into it. */
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** The priorities of syslog, as the journal reads them before a line. */
const PRIORITIES: Readonly<Record<LogLevel, string>> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' };
const MAX_VALUE = 500;

/** @param environment that of the process, which tells whether its standard error is the journal, and whether colour is wanted. */
export function createLog(
  { level, format }: LogSettings,
  descriptor: number = STANDARD_ERROR,
  environment: Environment = process.env,
  time = systemTime,
): Log {
  const { write, flush } = linesTo({ descriptor, format, environment, time });
  const least = LEVELS.indexOf(level);
  const limit = new RepeatLimit(time.now);
  let summary: Timer | null = null;
  const summarise = (): void => {
    summary?.cancel();
    summary = null;
    for (const { event, lines, severity } of limit.takeSuppressed())
      write(severity, { suppressedEvent: event, lines, event: 'log.suppressed' });
  };
  return {
    event: (level, event, fields = {}) => {
      const severity = LEVELS.indexOf(level);
      if (severity < least) return;
      if (limit.admits(event, JSON.stringify(fields), severity)) write(severity, { ...safeFields(fields), event });
      else summary ??= time.after(DEADLINES.log.summaryMs, summarise).unref();
    },
    flush: () => {
      summarise();
      flush();
    },
  };
}

interface Lines {
  readonly write: (severity: number, line: LogFields & { readonly event: string }) => void;
  readonly flush: () => void;
}

interface LinesTo {
  readonly descriptor: number;
  readonly format: LogFormat;
  readonly environment: Environment;
  readonly time: Time;
}

/** Each event as a line, in the form that whoever reads there wants. */
function linesTo({ descriptor, format, environment, time }: LinesTo): Lines {
  // Node makes standard error non-blocking when it is first looked at, where it is a pipe or a socket.
  if (descriptor === STANDARD_ERROR) void process.stderr.writable;
  const toJournal = isJournal(descriptor, environment);
  const isTerminal = isatty(descriptor);
  const own = isTerminal || isPipe(descriptor) ? ownOpening(descriptor) : null;
  const paint = painter(wantsColour(environment, isTerminal));
  const isText = isForPeople(format, descriptor);
  const lineOf = (at: LogLevel, event: string, fields: LogFields): string => {
    const now = new Date(time.wall());
    return isText ? textLine(now, at, event, fields, paint) : jsonLine(now, at, event, fields);
  };
  const writer = new LineWriter(
    own ?? descriptor,
    (lines, severity) => write(severity, { lines, event: 'log.dropped' }),
    own === null && descriptor === STANDARD_ERROR ? keepNonBlocking : undefined,
    time,
  );
  const write: Lines['write'] = (severity, { event, ...fields }) => {
    const at = LEVELS[severity] ?? 'error';
    const line = `${lineOf(at, event, fields)}\n`;
    writer.write(toJournal ? PRIORITIES[at] + line : line, severity);
  };
  return { write, flush: () => writer.flush() };
}

/** Whether lines are for people to read, `auto`: where the descriptor is a terminal. */
export function isForPeople(format: LogFormat, descriptor: number = STANDARD_ERROR): boolean {
  return format === 'text' || (format === 'auto' && isatty(descriptor));
}

function jsonLine(now: Date, level: LogLevel, event: string, fields: LogFields): string {
  const msg = sentenceOf(event, fields);
  return JSON.stringify({ level, time: now.toISOString(), pid: process.pid, msg, ...fields, event });
}

function isPipe(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFIFO();
  } catch {
    return false;
  }
}

/**
 * A terminal may be held (Ctrl-S), and the shell needs its descriptor blocking; a pipe may be shared with another instance (`… | logger`), which
 * makes it blocking when it ends, as Node does, and then a reader that stands still would hold this process. This is an opening of our own that never blocks.
 * @returns null where it cannot be had: the pipe is of another user, say.
 */
function ownOpening(descriptor: number): number | null {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}

/** Of standard error that cannot be opened anew, what Node has done at first (above): it has no public call for that. */
function keepNonBlocking(): void {
  const handle = socketHandle(process.stderr);
  if (handle !== null && 'setBlocking' in handle && typeof handle.setBlocking === 'function') handle.setBlocking(false);
}

/** @returns what may stand in the log. */
export function safeFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? safeText(name, value) : value]),
  );
}

function safeText(name: string, value: string): string {
  const text = value.slice(0, MAX_VALUE);
  if (name === 'address') return text;
  return redactedWords(text, tellsWhere);
}

function tellsWhere(word: string): boolean {
  if (word.includes('://')) return true;
  const bare = word.replaceAll(/["'(),;[\]<>]/g, '');
  const lastColon = bare.lastIndexOf(':');
  return isIP(bare) !== 0 || (lastColon > 0 && isIP(bare.slice(0, lastColon)) !== 0);
}
