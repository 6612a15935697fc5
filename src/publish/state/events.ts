/**
 * The log of events (KEYS/state/events.jsonl), append-only: the truth from which everything else follows, one JSON object a line, each
 * with 32 random bytes (`salt`) that let it be proven later without showing any other (log/).
 *
 *   added added removed version │ withdrawn │ added version │ …
 *   └── one group, ends with `version` ──┘
 *
 * A group that is cut off (a crash, a full disk) was never published and is dropped before the next is written. It must not be edited: a
 * mistake is put right by a further event.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { isObject } from '../../list/transparency/leaf.ts';
import { naming } from '../../lib/errors.ts';
import { parsedJson } from '../../lib/json.ts';
import { AddedLines } from './event-line.ts';
import { damaged } from './state-file.ts';

/** `uid` of an entry: `seq` of the event that added it. `line`: its canonical text with attributes (entry-line.ts). */
export type PublisherEvent =
  | { readonly kind: 'added'; readonly line: string }
  | { readonly kind: 'removed'; readonly uid: number; readonly line: string }
  | { readonly kind: 'withdrawn'; readonly uid: number; readonly line: string }
  /** So many entries are about to be withdrawn at once, as somebody has asked for in so many words. */
  | { readonly kind: 'massWithdrawal'; readonly count: number }
  | {
      readonly kind: 'version';
      readonly version: number;
      /** Canonical form → recipient → SHA-256 of its set of records, in hex. */
      readonly digests: Digests;
      /** SHA-256 of the change set; null: none, keys were renewed. */
      readonly changeSet: string | null;
      /** Public halves of the keys that approved it. */
      readonly approvedBy: readonly string[];
    }
  | {
      readonly kind: 'recipient';
      readonly name: string;
      readonly change: 'added';
      readonly version: number;
      readonly digests: Digests;
    }
  | { readonly kind: 'recipient'; readonly name: string; readonly change: 'rekeyed' | 'revoked' }
  | { readonly kind: 'rotated'; readonly role: string }
  /** A version as a node is shown it, and nothing at all (log/event-leaves.ts). */
  | {
      readonly kind: 'published';
      readonly recipient: string;
      readonly version: number;
      readonly format: number;
      readonly form: number;
      readonly digest: string;
    }
  | { readonly kind: 'padding' }
  /** Somebody was given proof of what happened to these entries. */
  | { readonly kind: 'proved'; readonly uids: readonly number[]; readonly reason: string }
  /** Somebody was told what an id of a recipient stands for. */
  | { readonly kind: 'why'; readonly recipient: string; readonly id: string; readonly uid: number | null };

/** `FORMAT/FORM` → recipient → digest. */
export type Digests = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type LoggedEvent = PublisherEvent & {
  readonly seq: number;
  /** Whole seconds, ISO. */
  readonly time: string;
  /** 32 bytes, base64. */
  readonly salt: string;
};

const CHUNK = 1 << 20;
const NEWLINE = 0x0a;
const SALT_BYTES = 32;
/** Drawn at a time. */
const SALTS = 256;
/** Events that stand for nothing before the one that ends their group. */
const OF_A_GROUP: ReadonlySet<unknown> = new Set<PublisherEvent['kind']>([
  'added',
  'removed',
  'massWithdrawal',
  'published',
  'padding',
]);

export function eventsPath(folders: Folders): string {
  return statePath(folders, 'events.jsonl');
}

export class EventLog {
  readonly #path: string;
  /** Byte behind the last whole group. */
  #end = 0;
  /** Of the next event. */
  #next = 1;

  /** @param visit called with every event of whole groups. Throws CleanfeedError `publisher_state` where a line is damaged. */
  static open(path: string, visit: (event: LoggedEvent) => void): EventLog {
    const log = new EventLog(path);
    log.#end = endOfGroups(path);
    for (const event of readEvents(path, log.#end)) {
      visit(event);
      log.#next = event.seq + 1;
    }
    return log;
  }

  constructor(path: string) {
    this.#path = path;
  }

  get next(): number {
    return this.#next;
  }

  /** Appends, in place of what an interrupted command left; synced when it returns. @param time whole seconds, ISO. */
  append(events: Iterable<PublisherEvent>, time: string, visit: (event: LoggedEvent) => void): void {
    const file = openSync(this.#path, 'r+');
    const salts = new Salts();
    try {
      ftruncateSync(file, this.#end);
      let at = this.#end;
      let text = '';
      const flush = (): void => {
        const bytes = Buffer.from(text);
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, at + done);
        at += bytes.length;
        text = '';
      };
      for (const event of events) {
        const logged = { seq: this.#next, time, ...event, salt: salts.next() };
        text += `${JSON.stringify(logged)}\n`;
        this.#next += 1;
        if (text.length > CHUNK) flush();
        visit(logged);
      }
      flush();
      fsyncSync(file);
      this.#end = at;
    } catch (error) {
      throw naming(this.#path, error);
    } finally {
      closeSync(file);
    }
  }
}

/** Random bytes, drawn for many events at a time. */
class Salts {
  readonly #drawn = Buffer.alloc(SALTS * SALT_BYTES);
  #at = this.#drawn.length;

  /** Base64 of 32 bytes that nobody else gets. */
  next(): string {
    if (this.#at === this.#drawn.length) {
      randomFillSync(this.#drawn);
      this.#at = 0;
    }
    this.#at += SALT_BYTES;
    return this.#drawn.toString('base64', this.#at - SALT_BYTES, this.#at);
  }
}

/**
 * Every event of whole groups, in order. @param end byte behind the last of them. Throws CleanfeedError `publisher_state` where a line is damaged,
 * behind the last group too.
 */
export function* readEvents(path: string, end = endOfGroups(path)): Generator<LoggedEvent> {
  const added = new AddedLines();
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    let carried: Buffer = Buffer.alloc(0);
    let seq = 1;
    for (let at = 0; at < size;) {
      const chunk = readBetween(file, at, Math.min(at + CHUNK, size));
      const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
      const start = at - carried.length;
      at += chunk.length;
      let from = 0;
      for (let line = bytes.indexOf(NEWLINE); line !== -1; line = bytes.indexOf(NEWLINE, from)) {
        const event = added.read(bytes, from, line) ?? checkedEvent(jsonIn(bytes, from, line), seq, path);
        if (event.seq !== seq) throw damaged(path, `line ${seq} has another number; restore the file from a copy`);
        from = line + 1;
        seq += 1;
        if (start + from <= end) yield event;
      }
      carried = bytes.subarray(from);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Byte behind the last event that ends a group; 0: there is none. Read from the end, where it nearly always is: the events of a group need not be kept
 * until it is known to be whole.
 */
function endOfGroups(path: string): number {
  const file = openSync(path, 'r');
  try {
    let carried: Buffer = Buffer.alloc(0);
    for (let at = fstatSync(file).size; at > 0;) {
      const from = Math.max(0, at - CHUNK);
      const bytes = Buffer.concat([readBetween(file, from, at), carried]);
      // The line before it may have begun earlier.
      const first = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
      const found = lastEndIn(bytes, first);
      if (found !== null) return from + found;
      carried = bytes.subarray(0, first === 0 ? bytes.length : first);
      at = from;
    }
    return 0;
  } finally {
    closeSync(file);
  }
}

/** Of the lines from byte `first` on that are whole, behind the last that ends a group; null: none does. */
function lastEndIn(bytes: Buffer, first: number): number | null {
  for (let end = bytes.lastIndexOf(NEWLINE); end >= first;) {
    const start = end === 0 ? 0 : bytes.lastIndexOf(NEWLINE, end - 1) + 1;
    const event = jsonIn(bytes, start, end);
    if (isObject(event) && !OF_A_GROUP.has(event['kind'])) return end + 1;
    end = start - 1;
  }
  return null;
}

function readBetween(file: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
}

/** @returns null if it is none. */
function jsonIn(bytes: Buffer, from: number, to: number): unknown {
  return parsedJson(bytes.toString('utf8', from, to));
}

/** Only this program writes the file; what is checked is that it is whole and in order, and that its numbers are some: JSON reads `1e999` as infinite. */
function checkedEvent(value: unknown, seq: number, path: string): LoggedEvent {
  if (!isObject(value)) throw damaged(path, `line ${seq} is not JSON; restore the file from a copy`);
  const wrong = Object.entries(value).find(([, member]) => [member].flat().some(isNoWholeNumber));
  if (wrong !== undefined)
    throw damaged(path, `line ${seq}: ${wrong[0]}: must be a whole number; restore the file from a copy`);
  if (value['seq'] !== seq) throw damaged(path, `line ${seq} has another number; restore the file from a copy`);
  if (!isLogged(value)) throw damaged(path, `line ${seq} is no event of this release; restore the file from a copy`);
  return value;
}

function isNoWholeNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value);
}

/** What an event of each kind has, by `typeof`: of a million lines no more is asked, since only this program writes them. */
const FIELDS: { readonly [Kind in PublisherEvent['kind']]: Readonly<Record<string, string>> } = {
  added: { line: 'string' },
  removed: { uid: 'number', line: 'string' },
  withdrawn: { uid: 'number', line: 'string' },
  massWithdrawal: { count: 'number' },
  version: { version: 'number', digests: 'object', approvedBy: 'object' },
  recipient: { name: 'string', change: 'string' },
  rotated: { role: 'string' },
  published: { recipient: 'string', version: 'number', format: 'number', form: 'number', digest: 'string' },
  padding: {},
  proved: { uids: 'object', reason: 'string' },
  why: { recipient: 'string', id: 'string' },
};

function isLogged(event: Readonly<Record<string, unknown>>): event is LoggedEvent {
  const { kind, time, salt } = event;
  if (typeof kind !== 'string' || !isKind(kind) || typeof time !== 'string' || typeof salt !== 'string') return false;
  const fields = FIELDS[kind];
  for (const key in fields) if (typeof event[key] !== fields[key]) return false;
  return true;
}

function isKind(kind: string): kind is PublisherEvent['kind'] {
  return Object.hasOwn(FIELDS, kind);
}
