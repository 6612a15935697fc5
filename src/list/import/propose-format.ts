/**
 * The format of a list that somebody has the URL of: the beginning is read in each, and the one that carries over most
 * lines is proposed, with what it makes of them. A person decides: a line is a host to one tool, and a domain to
 * another. It must not be asked where nobody looks at what it proposes.
 */
import type { Conversion } from '../../config/list-types.ts';
import { readerOptions } from '../../lib/list-formats.ts';
import type { ImportFrom, ReaderTerms } from '../../lib/list-formats.ts';
import { UNGUARDED } from '../sanity/guarded.ts';
import { isCutOff } from '../text/lines.ts';
import { compileText } from '../text/compile.ts';
import { convertedList } from './converted-list.ts';

export interface Proposal {
  readonly format: ImportFrom;
  readonly terms: ReaderTerms;
  /** Entries of the sample, as they are written here, each with the line that it came of. */
  readonly samples: readonly { readonly line: string; readonly entry: string }[];
  /** Lines of the sample with an entry, and those that list something and have none. */
  readonly carried: number;
  readonly left: number;
}

const SAMPLE_BYTES = 256 * 1024;
const SAMPLES = 10;
/** An entry with a last day counts all the same. */
const ANY_DAY = 0;
const NEWLINE = 0x0a;

/** Ways to read a list that its lines alone can tell. Of two that carry over the same the first covers less. */
const CANDIDATES: readonly { readonly format: ImportFrom; readonly terms: ReaderTerms }[] = [
  { format: 'hosts', terms: {} },
  { format: 'domains', terms: {} },
  { format: 'domains', terms: { subdomains: true } },
  { format: 'csv', terms: { column: '1', separator: 'tab' } },
  { format: 'csv', terms: { column: '1' } },
  { format: 'csv', terms: { column: '2' } },
  { format: 'csv', terms: { column: '3' } },
  { format: 'adblock', terms: { match: 'dns' } },
  { format: 'adblock', terms: { match: 'url' } },
  { format: 'dnsmasq', terms: {} },
  { format: 'unbound', terms: {} },
  { format: 'rpz', terms: {} },
  { format: 'squid', terms: { match: 'dstdomain' } },
];

/** @returns true: the beginning has entries of ours and no line that is none. */
export function isOurs(bytes: Uint8Array): boolean {
  const { stats } = compileText(sampleOf(bytes), { list: 0, action: 'block', today: ANY_DAY });
  return stats.badLines === 0 && stats.entries > 0;
}

/** @returns null: no format carries over more than half of what the list has. */
export function proposeFormat(bytes: Uint8Array): Proposal | null {
  const sample = sampleOf(bytes);
  let best: Proposal | null = null;
  for (const candidate of CANDIDATES) {
    const read = readAs(sample, candidate);
    if (best === null || share(read) > share(best)) best = read;
  }
  return best !== null && share(best) > 0.5 ? best : null;
}

function share({ carried, left }: Proposal): number {
  return carried === 0 ? 0 : carried / (carried + left);
}

function readAs(sample: Uint8Array, { format, terms }: (typeof CANDIDATES)[number]): Proposal {
  const reader = readerOptions(terms);
  const conversion: Conversion = {
    from: format,
    reader,
    ignoresExceptions: true,
    isWhole: true,
    dns: false,
    steer: false,
  };
  const rules = { action: 'block', suffixes: 'warn', guarded: UNGUARDED } as const;
  const { bytes, numbers, notCarried, refusal } = convertedList(sample, conversion, rules);
  if (refusal !== null) return { format, terms, samples: [], carried: 0, left: 1 };
  const source = linesIn(sample);
  const entries = linesIn(bytes).slice(1);
  const samples = entries
    .slice(0, SAMPLES)
    .map((entry, i) => ({ line: source[(numbers[i + 1] ?? 1) - 1] ?? '', entry }));
  // What is of a browser alone, or of a machine, says nothing against the format.
  const left = notCarried.reduce((sum, each) => sum + (HARMLESS.has(each.reason) ? 0 : each.count), 0);
  return { format, terms, samples, carried: new Set(numbers.subarray(1)).size, left };
}

const HARMLESS: ReadonlySet<string> = new Set([
  'cosmetic',
  'conditions',
  'own_machine',
  'exception',
  'exception_inexact',
  'prefix',
  'separator',
  'public_suffix',
]);

/** The first whole lines. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= SAMPLE_BYTES) return isCutOff(bytes) ? Buffer.concat([bytes, Buffer.of(NEWLINE)]) : bytes;
  const cut = bytes.subarray(0, SAMPLE_BYTES);
  return cut.subarray(0, cut.lastIndexOf(NEWLINE) + 1);
}

function linesIn(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes)
    .toString('latin1')
    .split(/\r?\n/)
    .filter((_, i, lines) => i < lines.length - 1);
}
