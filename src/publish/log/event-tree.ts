/**
 * The tree over the publisher's events. Leaf N is the event with `seq` N + 1. Hashes are kept in KEYS/state/log.hashes, which can be made
 * again from the events: nothing else may be written there, and a file that belongs to other events is refused.
 *
 *   events.jsonl ─▶ visit ─▶ Tree ─▶ log.hashes (appended) ─▶ heads.ts
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { naming } from '../../lib/errors.ts';
import { canonicalJson, openedLeafHash } from '../../list/transparency/leaf.ts';
import type { OpenedLeaf } from '../../list/transparency/leaf.ts';
import { HASH_BYTES, sameHash } from '../../list/transparency/merkle.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import type { LoggedEvent } from '../state/events.ts';
import { damaged } from '../state/state-file.ts';
import { Tree, hashesOf } from './tree.ts';

/** How an event is handed to whoever may check its leaf. */
export function openedLeaf(logged: LoggedEvent): OpenedLeaf {
  return {
    index: logged.seq - 1,
    salt: logged.salt,
    event: addedText(logged) ?? canonicalJson({ ...logged, salt: undefined }),
  };
}

/** What `canonicalJson` makes of the one kind of event that there may be a million of, made at once. @returns null if it is another. */
function addedText(event: LoggedEvent): string | null {
  if (event.kind !== 'added' || Object.keys(event).length !== ADDED_KEYS) return null;
  return `{"kind":"added","line":${JSON.stringify(event.line)},"seq":${event.seq},"time":${JSON.stringify(event.time)}}`;
}

/** seq, time, kind, line, salt. */
const ADDED_KEYS = 5;

export class EventTree implements Disposable {
  readonly tree: Tree;
  readonly #path: string;
  readonly #file: number;
  readonly #kept: number;

  constructor(folders: Folders) {
    this.#path = statePath(folders, 'log.hashes');
    this.#file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#kept = leavesOf(fstatSync(this.#file).size / HASH_BYTES);
    this.tree = new Tree((position) => this.#read(position), this.#kept);
  }

  /** Takes every event in its order; those that are in the tree cost nothing. Throws CleanfeedError `publisher_state`. */
  visit(event: LoggedEvent): void {
    if (event.seq < this.#kept) return;
    const leaf = openedLeafHash(openedLeaf(event));
    if (leaf === null) throw damaged(this.#path, `event ${event.seq} has no salt of 32 bytes`);
    if (event.seq === this.tree.size + 1) this.tree.append(leaf);
    else if (!sameHash(leaf, this.tree.hashOf({ start: event.seq - 1, end: event.seq })))
      throw damaged(this.#path, `it is not of these events (event ${event.seq}); remove it, it will be made again`);
  }

  /** Keeps what was appended; synced when it returns. */
  save(): void {
    const kept = hashesOf(this.#kept) * HASH_BYTES;
    const fresh = this.tree.fresh();
    try {
      ftruncateSync(this.#file, kept);
      for (let done = 0; done < fresh.length;)
        done += writeSync(this.#file, fresh, done, fresh.length - done, kept + done);
      fsyncSync(this.#file);
    } catch (error) {
      throw naming(this.#path, error);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #read(position: number): Buffer {
    const hash = Buffer.alloc(HASH_BYTES);
    if (readSync(this.#file, hash, 0, HASH_BYTES, position * HASH_BYTES) === HASH_BYTES) return hash;
    throw damaged(this.#path, 'it is cut off; remove it, it will be made again');
  }
}

/** Of how many leaves all hashes are among the first `hashes`: the rest was cut off. */
function leavesOf(hashes: number): number {
  let low = 0;
  let high = Math.ceil(hashes);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (hashesOf(middle) <= hashes) low = middle;
    else high = middle - 1;
  }
  return low;
}
