/**
 * Heads of the log: signed once the events are written, kept (KEYS/state/heads.jsonl), and made into one file for each recipient, which
 * proves that the head extends those of the last weeks and contains the version that this recipient is given. What witnesses send back
 * (signed notes in KEYS/state/cosignatures/) is added where it is of the same head. It must never sign a head that does not extend the last.
 *
 *   events ─▶ EventTree ─▶ size, root ─▶ signed note ─▶ heads.jsonl ─▶ log/SIZE.head of each recipient, REPO/log.head for witnesses
 *                                          ▲ cosignatures
 */
import { open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NUMBER, TEXT } from '../../lib/json-shapes.ts';
import { parsedJson } from '../../lib/json.ts';
import { mapping } from '../../lib/shape.ts';
import { errnoOf, naming } from '../../lib/errors.ts';
import { headFileBytes, subtreeName } from '../../list/transparency/head-file.ts';
import type { OpenedLeaf } from '../../list/transparency/leaf.ts';
import { consistencySubtrees, inclusionSubtrees, sameHash } from '../../list/transparency/merkle.ts';
import type { Hash, Subtree } from '../../list/transparency/merkle.ts';
import {
  checkpointText,
  isSignedBy,
  readCheckpoint,
  readNote,
  signatureLine,
  signatureText,
} from '../../list/transparency/signed-note.ts';
import type { NoteKey } from '../../list/transparency/signed-note.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { LoggedEvent } from '../state/events.ts';
import { damaged } from '../state/state-file.ts';
import { EventTree, openedLeaf } from './event-tree.ts';

const MS_PER_DAY = 86_400_000;
/** Nodes that were away for no longer than this, and saw one of so many heads, find a proof. */
const PROVED_DAYS = 31;
const PROVED_HEADS = 128;
/** A note has 16 signatures at most, of which one is the log's. */
const MAX_COSIGNATURES = 15;

const keptSchema = mapping({ time: NUMBER, note: TEXT });

interface KeptHead {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly size: number;
  readonly root: Hash;
  readonly origin: string;
  readonly note: string;
}

/** A head, as it is handed out. */
export interface Head {
  readonly size: number;
  readonly note: string;
  /** The file with these leaves opened, or with none. */
  fileWith(leaves: readonly OpenedLeaf[]): Buffer;
}

export class Heads implements Disposable {
  readonly #folders: Folders;
  readonly #events: EventTree;
  /** By recipient: of its newest version, one for each form. */
  readonly #published = new Map<string, readonly (LoggedEvent & { readonly kind: 'published' })[]>();

  constructor(folders: Folders) {
    this.#folders = folders;
    this.#events = new EventTree(folders);
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  /** Takes every event, in order. */
  visit(event: LoggedEvent): void {
    this.#events.visit(event);
    if (event.kind !== 'published') return;
    const before = this.#published.get(event.recipient) ?? [];
    this.#published.set(event.recipient, [...before.filter(({ version }) => version === event.version), event]);
  }

  /** What a recipient's file opens. */
  leavesOf(recipient: string): readonly OpenedLeaf[] {
    return (this.#published.get(recipient) ?? []).map(openedLeaf);
  }

  /** Of all events so far; signed unless it is the last one still, with this key. @param now milliseconds since the epoch. */
  async current(signer: SigningKey, now: number): Promise<Head> {
    this.#events.save();
    const kept = await readHeads(this.#folders);
    const last = kept.at(-1);
    const { tree } = this.#events;
    for (const { size, root } of kept.slice(-1))
      if (size > tree.size || !sameHash(tree.root(size), root))
        throw damaged(
          headsPath(this.#folders),
          'its last head is not one of these events; restore state/events.jsonl from a copy',
        );
    const key = logKeyOf(last, signer.hex);
    const note = last?.size === tree.size && isNoteOf(last.note, key) ? last.note : this.#sign(key, signer);
    if (last?.note !== note) await keepHead(this.#folders, { time: now, note });
    const earlier = kept.filter(({ time, size }) => time > now - PROVED_DAYS * MS_PER_DAY || size === last?.size);
    const proved = earlier.slice(-PROVED_HEADS).flatMap(({ size }) => consistencySubtrees(size, tree.size));
    return this.#head(await withCosignatures(this.#folders, note), proved);
  }

  #sign(key: NoteKey, signer: SigningKey): string {
    const { tree } = this.#events;
    const text = checkpointText({ origin: key.name, size: tree.size, root: tree.root() });
    return `${text}\n${signatureLine(text, key, (bytes) => Buffer.from(signer.sign(bytes), 'hex'), 0)}`;
  }

  #head(note: string, proved: readonly Subtree[]): Head {
    const { tree } = this.#events;
    const { size } = tree;
    return {
      size,
      note,
      fileWith: (leaves) => {
        const subtrees = [...proved, ...leaves.flatMap(({ index }) => inclusionSubtrees(index, size))];
        const hashes = new Map(subtrees.map((subtree) => [subtreeName(subtree), tree.hashOf(subtree)]));
        return headFileBytes({ noteText: note, hashes, leaves });
      },
    };
  }
}

/** Every head that was ever signed, oldest first. A line that was cut off is none: its head was not handed out. */
export async function readHeads(folders: Folders): Promise<readonly KeptHead[]> {
  const path = headsPath(folders);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, at) => {
    const kept = keptSchema.parse(parsedJson(line));
    const note = kept.ok ? readNote(kept.value.note) : null;
    const checkpoint = note === null ? null : readCheckpoint(note.text);
    if (!kept.ok || checkpoint === null) throw damaged(path, `line ${at + 1} is no head; restore the file from a copy`);
    const { time, note: noteText } = kept.value;
    const { size, root, origin } = checkpoint;
    return { time, note: noteText, size, root, origin };
  });
}

async function keepHead(folders: Folders, head: { readonly time: number; readonly note: string }): Promise<void> {
  const file = await open(headsPath(folders), 'a+', 0o600);
  try {
    const text = await file.readFile('utf8');
    // Behind the last whole line.
    await file.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
    await file.appendFile(`${JSON.stringify(head)}\n`);
    await file.sync();
  } catch (error) {
    throw naming(headsPath(folders), error);
  } finally {
    await file.close();
  }
}

/** The note with what witnesses have signed of it. */
async function withCosignatures(folders: Folders, noteText: string): Promise<string> {
  const folder = statePath(folders, 'cosignatures');
  const files = await readdir(folder).catch((): string[] => []);
  const own = readNote(noteText);
  const lines = new Set<string>();
  for (const file of files.sort()) {
    const note = readNote(await readFile(join(folder, file), 'utf8'));
    if (note === null || own === null || note.text !== own.text) continue;
    for (const signature of note.signatures) lines.add(signatureText(signature));
  }
  const added = [...lines].filter((line) => !noteText.includes(line)).slice(0, MAX_COSIGNATURES);
  return noteText + added.join('');
}

function isNoteOf(noteText: string, key: NoteKey): boolean {
  const note = readNote(noteText);
  return note !== null && isSignedBy(note, key);
}

function headsPath(folders: Folders): string {
  return statePath(folders, 'heads.jsonl');
}

/** A log keeps its name when its key is replaced. @param last its last head; @param hex the key that signs now. */
export function logKeyOf(last: Pick<KeptHead, 'origin'> | undefined, hex: string): NoteKey {
  return { name: last?.origin ?? `cleanfeed/${hex.slice(0, 16)}`, kind: 'log', key: Buffer.from(hex, 'hex') };
}
