/**
 * A compiled list on disk: one segment with its key behind a header, usable as the source of any list of any configuration.
 *
 *   magic 8 B │ version │ length │ checksum │ figures │ … 128 B │ segment, as it will lie in memory
 *
 * Who holds the file has its key and can test any address against it, millions a second: every registrable name in minutes.
 * It shows no text, and hides hosts from nobody who has it; hence mode 0600. Nothing in it
 * is trusted: length and checksum first, then every index that a search would follow (docs/list-format.md has the bytes).
 */
import { runSync, restingBetween } from '../../lib/steps.ts';
import type { Rest, Steps } from '../../lib/steps.ts';
import { segmentFaultSteps, segmentFigureSteps } from '../../match/segment-records.ts';
import { sha256Steps } from '../digest.ts';
import { foreignFormat } from '../text/lines.ts';
import { type ListError, listError, type ListReason } from '../list-error.ts';
import { segmentEnds, withEnds } from '../ends.ts';
import { segmentStats } from '../stats.ts';
import type { ListStats } from '../stats.ts';

/** What is known of a compiled list besides its segment. */
export interface CompiledListHeader {
  /** The grammar it was held to. Only `allow` differs: each entry has a reason and an expiry. */
  readonly grammar: 'block' | 'allow';
  /** Of the text it came from. */
  readonly lines: number;
  /** Entries that had expired when it was compiled; they are not in it. */
  readonly expired: number;
  /** Entries that cover a public suffix: nobody can count them without the text, so the compiler's word is taken for it. */
  readonly publicSuffixes: number;
  /** Line of the first of them in that text; 0: there is none. */
  readonly firstPublicSuffix: number;
}

export interface CompiledListFile extends CompiledListHeader {
  /** A view into the file's bytes, at a multiple of 8. */
  readonly segment: Uint8Array;
}

/** Bump it with any change of this header or of match/segment-layout.ts: older programs must refuse the file. */
export const COMPILED_LIST_VERSION = 4;

/** The first byte occurs at the start of no UTF-8 text, so no text list is taken for one of these. */
export const COMPILED_MAGIC = Uint8Array.of(0x89, 0x43, 0x46, 0x4c, 0x49, 0x53, 0x54, 0x0a);
const HEADER_BYTES = 128;
const AT = {
  version: 8,
  length: 16,
  checksum: 24,
  grammar: 56,
  lines: 60,
  expired: 64,
  publicSuffixes: 68,
  firstPublicSuffix: 72,
} as const;
const CHECKSUM_BYTES = 32;
const GRAMMARS = ['block', 'allow'] as const;

function hasMagic(bytes: Uint8Array): boolean {
  return COMPILED_MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Also one whose first bytes are damaged: a header has NUL bytes, and no text in UTF-8 that is a list has one. */
export function looksCompiled(bytes: Uint8Array): boolean {
  return hasMagic(bytes) || (bytes.subarray(0, HEADER_BYTES).includes(0) && foreignFormat(bytes) === null);
}

/** 48 bits of its checksum. */
export function compiledContent(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset + AT.checksum, CHECKSUM_BYTES).readUIntBE(0, 6);
}

/** The whole file. */
export function encodeCompiledList(segment: Uint8Array, header: CompiledListHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + segment.length);
  const view = new DataView(bytes.buffer);
  bytes.set(COMPILED_MAGIC);
  view.setUint32(AT.version, COMPILED_LIST_VERSION, true);
  view.setBigUint64(AT.length, BigInt(bytes.length), true);
  view.setUint32(AT.grammar, GRAMMARS.indexOf(header.grammar), true);
  view.setUint32(AT.lines, header.lines, true);
  view.setUint32(AT.expired, header.expired, true);
  view.setUint32(AT.publicSuffixes, header.publicSuffixes, true);
  view.setUint32(AT.firstPublicSuffix, header.firstPublicSuffix, true);
  bytes.set(segment, HEADER_BYTES);
  bytes.set(runSync(checksum(bytes)), AT.checksum);
  return bytes;
}

/**
 * Opens a file that `looksCompiled`, in steps with a rest between them.
 * @throws ListError `unsupported` (another version), `truncated`, `corrupt`.
 */
export async function openCompiledList(given: Uint8Array, rest: Rest): Promise<CompiledListFile> {
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice();
  const header = readHeader(bytes);
  const digest = await restingBetween(checksum(bytes), rest);
  if (!digest.equals(bytes.subarray(AT.checksum, AT.checksum + CHECKSUM_BYTES)))
    throw damaged('its checksum does not match');
  const segment = bytes.subarray(HEADER_BYTES);
  const fault = await restingBetween(segmentFaultSteps(segment), rest);
  if (fault !== null) throw damaged(fault);
  return { ...header, segment };
}

/** As of a text list. @param today UTC days since 1970-01-01. */
export async function compiledListStats(
  { segment, lines, expired, publicSuffixes }: CompiledListFile,
  today: number,
  rest: Rest,
): Promise<ListStats & { readonly hosts: number }> {
  const stats = segmentStats(await restingBetween(segmentFigureSteps(segment, today), rest));
  const ends = await segmentEnds(segment, stats, today, rest);
  return withEnds({ ...stats, lines, publicSuffixes, expired: expired + stats.expired }, ends);
}

function readHeader(bytes: Uint8Array): CompiledListHeader {
  if (!hasMagic(bytes)) throw damaged('its first bytes are neither those of a compiled list nor text');
  if (bytes.length < HEADER_BYTES) throw truncated(`it ends within its header, after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const version = view.getUint32(AT.version, true);
  if (version !== COMPILED_LIST_VERSION)
    throw refused(
      'unsupported',
      `it has version ${version}, this program reads version ${COMPILED_LIST_VERSION}; compile the list again`,
    );
  const length = view.getBigUint64(AT.length, true);
  if (length > bytes.length) throw truncated(`it should have ${length} bytes and has ${bytes.length}`);
  if (length < bytes.length) throw damaged(`it should have ${length} bytes and has ${bytes.length}`);
  const grammar = GRAMMARS[view.getUint32(AT.grammar, true)];
  if (grammar === undefined) throw damaged('its header is');
  return {
    grammar,
    lines: view.getUint32(AT.lines, true),
    expired: view.getUint32(AT.expired, true),
    publicSuffixes: view.getUint32(AT.publicSuffixes, true),
    firstPublicSuffix: view.getUint32(AT.firstPublicSuffix, true),
  };
}

/** SHA-256 over everything but the checksum itself. */
function checksum(bytes: Uint8Array): Steps<Buffer> {
  return sha256Steps([bytes.subarray(0, AT.checksum), bytes.subarray(AT.checksum + CHECKSUM_BYTES)]);
}

function truncated(why: string): ListError {
  return refused('truncated', why);
}

function damaged(why: string): ListError {
  return refused('corrupt', why);
}

function refused(code: ListReason, why: string): ListError {
  return listError(code, `not a usable compiled list: ${why}`);
}
