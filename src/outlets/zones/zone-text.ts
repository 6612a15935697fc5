/**
 * A response policy zone as a master file (RFC 1035 §5; draft-vixie-dnsop-dns-rpz): header, one record or more for each rule in pieces, and last
 * the zone's NS: a file that was cut has none, which BIND and kzonecheck refuse and Knot warns of.
 *
 *   nxdomain    NAME CNAME .              pass    NAME CNAME rpz-passthru.
 *   nodata      NAME CNAME *.             below   *.NAME …
 *   addresses   NAME A …, NAME AAAA …     (a zone has no REFUSED)
 *
 * Pure. The same names give the same bytes, but for the serial. It must not decide what is blocked (policy-rules.ts).
 */
import type { RecordAnswer } from '../../config/resolver-types.ts';
import { policyRules } from './policy-rules.ts';
import type { SortedNames } from './sorted-names.ts';

export interface ZoneTerms {
  /** Without a final dot. */
  readonly name: string;
  readonly ttlSeconds: number;
  readonly answer: RecordAnswer;
}

/** What was written, counted by names. */
export interface ZoneCounts {
  /** Names and wildcards that are blocked. */
  blocked: number;
  /** That are excepted below a blocked one. */
  excepted: number;
}

/** How long a secondary keeps a zone whose primary is gone: filtering goes on for so long. */
const EXPIRE_SECONDS = 2_592_000;
const REFRESH_SECONDS = 60;
const RETRY_SECONDS = 30;
const SERIAL = /^@ SOA \S+ \S+ (\d{1,10}) /m;
const MAX_SERIAL = 0xff_ff_ff_ff;
/** More than any header. */
export const MAX_HEADER_BYTES = 1024;

const PIECE_BYTES = 256 * 1024;
/** A name with its wildcard and what stands behind it. */
const MAX_RECORD_BYTES = 512;
const SEPARATOR = 0;
const DOT = 0x2e;
const STAR = 0x2a;

export function zoneHeader({ name, ttlSeconds }: ZoneTerms, serial: number): string {
  const timers = [serial, REFRESH_SECONDS, RETRY_SECONDS, EXPIRE_SECONDS, ttlSeconds].join(' ');
  return [
    '; Written by cleanfeed and replaced as a whole. It names what is listed: as secret as the lists.',
    `$ORIGIN ${name}.`,
    `$TTL ${ttlSeconds}`,
    `@ SOA localhost. hostmaster.localhost. ${timers}`,
    '',
  ].join('\n');
}

/** Before all records. */
export const HEADER_LINES = 4;
/** Behind all records. */
export const ZONE_END = '@ NS localhost.\n';

/** @returns the serial of a file that begins so; null if there is none. */
export function serialIn(text: string): number | null {
  const serial = Number(SERIAL.exec(text)?.[1] ?? Number.NaN);
  return serial <= MAX_SERIAL ? serial : null;
}

/** All between header and end. A piece is overwritten when the next one is asked for. @param counts start at nothing. */
export function* zoneRecords(names: SortedNames, { answer }: ZoneTerms, counts: ZoneCounts): Generator<Buffer, void> {
  const out = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const blocking = recordsOf(answer);
  const passing = [Buffer.from(' CNAME rpz-passthru.\n', 'latin1')];
  const { bytes } = names;
  let length = 0;
  for (const { start, end, below, blocked } of policyRules(names)) {
    if (blocked) counts.blocked += 1;
    else counts.excepted += 1;
    for (const record of blocked ? blocking : passing) {
      if (length + MAX_RECORD_BYTES > out.length) {
        yield out.subarray(0, length);
        length = 0;
      }
      if (below) {
        out[length++] = STAR;
        out[length++] = DOT;
      }
      length = writeName(out, length, bytes, start, end);
      length += record.copy(out, length);
    }
  }
  if (length > 0) yield out.subarray(0, length);
}

function recordsOf(answer: RecordAnswer): readonly Buffer[] {
  return recordTexts(answer).map((text) => Buffer.from(` ${text}\n`, 'latin1'));
}

function recordTexts(answer: RecordAnswer): readonly string[] {
  switch (answer) {
    case 'nxdomain':
      return ['CNAME .'];
    case 'nodata':
      return ['CNAME *.'];
    default:
      return [...answer.a.map((one) => `A ${one}`), ...answer.aaaa.map((one) => `AAAA ${one}`)];
  }
}

/** The labels of a packed name from the last to the first. @returns where the text ends. */
function writeName(out: Buffer, to: number, bytes: Buffer, start: number, end: number): number {
  let at = to;
  let labelEnd = end - 1;
  for (let i = labelEnd - 1; i >= start - 1; i -= 1) {
    if (i >= start && bytes[i] !== SEPARATOR) continue;
    if (labelEnd !== end - 1) out[at++] = DOT;
    for (let from = i + 1; from < labelEnd; from += 1) out[at++] = bytes[from] ?? 0;
    labelEnd = i;
  }
  return at;
}
