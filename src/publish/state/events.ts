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
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { damaged } from './state-file.ts';

/** `uid` of an entry: `seq` of the event that added it. `line`: its canonical text with attributes (entry-line.ts). */
export type PublisherEvent =
  | { readonly kind: 'added'; readonly line: string }
  | { readonly kind: 'removed'; readonly uid: number; readonly line: string }
  | { readonly kind: 'withdrawn'; readonly uid: number; readonly line: string }
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
const SALT_BYTES = 32;
/** Events that stand for nothing before the `version` that ends their group. */
const OF_A_GROUP: ReadonlySet<PublisherEvent['kind']> = new Set(['added', 'removed', 'published', 'padding']);

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
    let group: LoggedEvent[] = [];
    for (const { event, end } of readAll(path)) {
      group.push(event);
      if (OF_A_GROUP.has(event.kind)) continue;
      for (const whole of group) visit(whole);
      group = [];
      log.#end = end;
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
        const logged = { seq: this.#next, time, ...event, salt: randomBytes(SALT_BYTES).toString('base64') };
        text += `${JSON.stringify(logged)}\n`;
        this.#next += 1;
        if (text.length > CHUNK) flush();
        visit(logged);
      }
      flush();
      fsyncSync(file);
      this.#end = at;
    } finally {
      closeSync(file);
    }
  }
}

/** Every event of whole groups, in order. */
export function* readEvents(path: string): Generator<LoggedEvent> {
  let group: LoggedEvent[] = [];
  for (const { event } of readAll(path)) {
    group.push(event);
    if (OF_A_GROUP.has(event.kind)) continue;
    yield* group;
    group = [];
  }
}

/** Every line that is whole; the last one may be cut off. */
function* readAll(path: string): Generator<{ readonly event: LoggedEvent; readonly end: number }> {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    let carried = Buffer.alloc(0);
    let expected = 1;
    for (let at = 0; at < size;) {
      const chunk = Buffer.alloc(Math.min(CHUNK, size - at));
      at += readSync(file, chunk, 0, chunk.length, at);
      const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
      let from = 0;
      for (let line = bytes.indexOf(0x0a); line !== -1; line = bytes.indexOf(0x0a, from)) {
        const event = parsed(bytes.toString('utf8', from, line), expected, path);
        from = line + 1;
        expected += 1;
        yield { event, end: at - bytes.length + from };
      }
      carried = bytes.subarray(from);
    }
  } finally {
    closeSync(file);
  }
}

/** Only this program writes the file; what is checked is that it is whole and in order. */
function parsed(line: string, seq: number, path: string): LoggedEvent {
  try {
    const event: LoggedEvent = JSON.parse(line);
    if (event.seq === seq) return event;
  } catch (cause) {
    throw damaged(path, `line ${seq} is not JSON; restore the file from a copy`, cause);
  }
  throw damaged(path, `line ${seq} has another number; restore the file from a copy`);
}
