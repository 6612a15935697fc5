/**
 * What a node remembers of a repository from one start to the next, as a value and as the text of `state.json` (store.ts): what a program reads of one that
 * an earlier or a later one has written. It must not touch a file.
 */
import { jsonAs, NUMBER, TEXT } from '../../../lib/json-shapes.ts';
import { field, listOf, mapping, recordOf, type Shape } from '../../../lib/shape.ts';
import type { Parsed } from '../../../lib/types.ts';
import { NO_NOTES } from '../version-notes.ts';
import type { VersionNotes } from '../version-notes.ts';
import type { MetadataFiles } from './trusted-metadata.ts';

/** A file in `files/`. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

/** A full payload, and the deltas that lead on from it: `deltas[0]` to version `version + 1`, and so on. */
export interface Chain {
  readonly version: number;
  readonly full: StoredFile;
  readonly deltas: readonly StoredFile[];
}

/** What is remembered of a log. */
export interface KeptHead {
  /** Of the file. */
  readonly sha256: string;
  /** The signed note. */
  readonly note: string;
  /** The newest version of the list when it was checked, and what was signed of its records. */
  readonly version: number;
  readonly digest: string | null;
}

/** A payload of names. */
export interface KeptNames {
  /** Of the version whose names they are (`nameOf`). */
  readonly id: string;
  readonly file: StoredFile;
}

/** What is remembered from one start to the next. */
export interface StoredState {
  /** Of the pinned root from which the metadata's root was reached. */
  readonly pinnedRoot: string;
  readonly metadata: MetadataFiles;
  /** When the publisher was last heard; milliseconds since the epoch. */
  readonly heardAt: number;
  /** How long nothing was heard since, as far as nodes ran (silence.ts); milliseconds. */
  readonly silentMs: number;
  /** The newest time that the publisher has signed; milliseconds since the epoch. */
  readonly signedAt: number;
  /** The newest that was signed by people: of a version that was in force. */
  readonly listSignedAt: number;
  readonly chains: readonly Chain[];
  readonly withdrawn: StoredFile | null;
  /** No two of the same version. */
  readonly names: readonly KeptNames[];
  /** The newest head of the publisher's log that was checked; null: none was. */
  readonly head: KeptHead | null;
  /** By name, those offered that the log was seen to have; no others are taken. Null: no log is asked for. */
  readonly logged: readonly string[] | null;
  /** Versions: in force last, and before that; null: none. What was signed of their records tells them from others of their number. */
  readonly current: number | null;
  readonly currentDigest: string | null;
  readonly previous: number | null;
  readonly previousDigest: string | null;
  /** Of versions by name (`nameOf`). */
  readonly notes: VersionNotes;
  /** When each version that waits was first seen, by name; milliseconds since the epoch. */
  readonly firstSeen: Readonly<Record<string, number>>;
}

/** As text. */
export interface WrittenState extends StoredState {
  readonly format: 2;
  readonly owner: string;
}

/** A store that nobody has written to. */
export function emptyState(pinnedRoot: string, root: string): StoredState {
  return {
    pinnedRoot,
    metadata: { root },
    heardAt: 0,
    silentMs: 0,
    signedAt: 0,
    listSignedAt: 0,
    chains: [],
    withdrawn: null,
    names: [],
    head: null,
    logged: null,
    current: null,
    currentDigest: null,
    previous: null,
    previousDigest: null,
    notes: NO_NOTES,
    firstSeen: {},
  };
}

/** All that it names. */
export function filesIn({ chains, withdrawn, names }: StoredState): readonly StoredFile[] {
  return [...chains.flatMap(filesOf), ...(withdrawn === null ? [] : [withdrawn]), ...names.map(({ file }) => file)];
}

export function filesOf({ full, deltas }: Chain): readonly StoredFile[] {
  return [full, ...deltas];
}

/** The newest version that a chain leads to. */
export function endOf({ version, deltas }: Chain): number {
  return version + deltas.length;
}

/** @returns a reason where it is none that any program writes. */
export function parsedState(text: string): Parsed<WrittenState> {
  return jsonAs(text, WRITTEN);
}

const SHA256 = field((value) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
    ? { ok: true, value }
    : { ok: false, reason: 'must be 64 hexadecimal digits' },
);
const FILE = mapping({ sha256: SHA256, bytes: NUMBER }).open();
/** What an earlier program did not write has a value here; what a later one adds stays unread. */
const WRITTEN: Shape<WrittenState> = mapping({
  format: field<2>((value) => (value === 2 ? { ok: true, value } : { ok: false, reason: 'must be 2' })),
  owner: TEXT,
  pinnedRoot: TEXT,
  metadata: mapping(
    { root: TEXT },
    { timestamp: TEXT, snapshot: TEXT, targets: TEXT, withdrawn: TEXT, log: TEXT },
  ).open(),
  heardAt: NUMBER,
  silentMs: NUMBER.prefault(0),
  signedAt: NUMBER,
  listSignedAt: NUMBER.prefault(0),
  chains: listOf(mapping({ version: NUMBER, full: FILE, deltas: listOf(FILE) }).open()),
  withdrawn: FILE.nullable(),
  names: listOf(mapping({ id: TEXT, file: FILE }).open()).prefault([]),
  head: mapping({ sha256: SHA256, note: TEXT, version: NUMBER, digest: TEXT.nullable() }).open().nullable(),
  logged: listOf(TEXT).nullable(),
  current: NUMBER.nullable(),
  currentDigest: TEXT.nullable(),
  previous: NUMBER.nullable(),
  previousDigest: TEXT.nullable(),
  notes: mapping({ held: TEXT.nullable(), accepted: TEXT.nullable(), pinned: TEXT.nullable() }).open(),
  firstSeen: recordOf(NUMBER),
}).open();
