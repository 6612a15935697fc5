/**
 * Formats of other tools' lists: their names, what a reader has to be told of a file beside its format, and what is wrong
 * with what it is told. The configuration and the command line ask the same of it, each in its own words.
 * It must not load a reader (list/import/formats.ts does).
 */
import { isIP } from 'node:net';

interface FormatTerms {
  /** Kinds of file; empty: there is one. */
  readonly matches: readonly string[];
  /** Things that the tool compares. */
  readonly samples: readonly string[];
  /** It is a table. */
  readonly hasColumns: boolean;
  /** Names of it may stand for their subdomains, which the file does not say. */
  readonly takesSubdomains: boolean;
  /** Names are refused by an address. */
  readonly takesSinks: boolean;
}

const PLAIN: FormatTerms = {
  matches: [],
  samples: [],
  hasColumns: false,
  takesSubdomains: false,
  takesSinks: false,
};

const ADBLOCK_MATCHES = ['dns', 'url'] as const;
export const HAPROXY_MATCHES = ['str', 'beg', 'end', 'dom', 'sub', 'dir', 'reg', 'ip'] as const;
export const HAPROXY_SAMPLES = ['host', 'hdr', 'base'] as const;
export const SQUID_TYPES = ['dstdomain', 'dst', 'dstdom_regex', 'url_regex', 'urlpath_regex'] as const;
export const SQUIDGUARD_FILES = ['domains', 'urls', 'expressions'] as const;

export const IMPORT_NAMES = [
  'hosts',
  'domains',
  'adblock',
  'rpz',
  'dnsmasq',
  'unbound',
  'squid',
  'squidguard',
  'haproxy',
  'csv',
] as const;

export type ImportFrom = (typeof IMPORT_NAMES)[number];

export const FORMAT_TERMS: Readonly<Record<ImportFrom, FormatTerms>> = {
  hosts: { ...PLAIN, takesSinks: true },
  domains: { ...PLAIN, takesSubdomains: true },
  adblock: { ...PLAIN, matches: ADBLOCK_MATCHES, takesSinks: true },
  rpz: { ...PLAIN, takesSinks: true },
  dnsmasq: { ...PLAIN, takesSinks: true },
  unbound: { ...PLAIN, takesSinks: true },
  squid: { ...PLAIN, matches: SQUID_TYPES },
  squidguard: { ...PLAIN, matches: SQUIDGUARD_FILES },
  haproxy: { ...PLAIN, matches: HAPROXY_MATCHES, samples: HAPROXY_SAMPLES },
  csv: { ...PLAIN, hasColumns: true, takesSubdomains: true },
};

/** All that a reader is told about its file beside the format. */
export interface ReaderOptions {
  /** Kind of the file, one of the format's own; empty where it has none. */
  readonly match: string;
  /** The thing that the tool compares (HAProxy). */
  readonly sample: string;
  /** Values of a map that refuse; empty: the file is no map. */
  readonly values: ReadonlySet<string>;
  readonly ignoreCase: boolean;
  /** Number (from 1) or name of a table's column. */
  readonly column: string;
  readonly separator: string;
  /** Names stand for their subdomains too, says whoever names the file. */
  readonly subdomains: boolean;
  /** Addresses and names that refused names are sent to, in small letters. */
  readonly sinks: ReadonlySet<string>;
}

/** The same as somebody has written it; undefined: not said. */
export interface ReaderTerms {
  readonly match?: string | undefined;
  readonly sample?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly ignoreCase?: boolean | undefined;
  readonly column?: string | undefined;
  readonly separator?: string | undefined;
  readonly subdomains?: boolean | undefined;
  readonly sinks?: readonly string[] | undefined;
}

export interface TermFault {
  readonly key: keyof ReaderTerms | 'format';
  /** Follows the name of the key. */
  readonly message: string;
}

/** Names by which whoever writes the terms knows them: `--match` and `--from`, or `match` and `format`. */
export type TermName = (key: TermFault['key']) => string;

const TAB = '\t';

export function readerOptions(terms: ReaderTerms): ReaderOptions {
  const { match = '', sample = '', values = [], column = '', separator = ',', sinks = [] } = terms;
  return {
    match,
    sample,
    values: new Set(values),
    ignoreCase: terms.ignoreCase === true,
    column,
    separator: separator === 'tab' ? TAB : separator,
    subdomains: terms.subdomains === true,
    sinks: new Set(sinks.map((sink) => sink.toLowerCase().replace(/\.$/, ''))),
  };
}

/** No format is guessed that has to be told: the same line is a host to one tool and a domain to another. */
export function termFaults(from: ImportFrom, terms: ReaderTerms, nameOf: TermName): TermFault[] {
  return [...foreignTerms(from, terms, nameOf), ...missingTerms(from, terms, nameOf), ...oddTerms(terms)];
}

/** Terms that another format takes: whoever writes one means something that would not happen. */
function foreignTerms(from: ImportFrom, terms: ReaderTerms, nameOf: TermName): TermFault[] {
  const { matches, samples, hasColumns, takesSubdomains, takesSinks } = FORMAT_TERMS[from];
  const takes: Readonly<Record<keyof ReaderTerms, boolean>> = {
    match: matches.length > 0,
    sample: samples.length > 0,
    values: samples.length > 0,
    ignoreCase: samples.length > 0,
    column: hasColumns,
    separator: hasColumns,
    subdomains: takesSubdomains,
    sinks: takesSinks,
  };
  return TERM_KEYS.filter((key) => terms[key] !== undefined && !takes[key]).map((key) => ({
    key,
    message: `means nothing with ${nameOf('format')} ${from}`,
  }));
}

const TERM_KEYS = ['match', 'sample', 'values', 'ignoreCase', 'column', 'separator', 'subdomains', 'sinks'] as const;

function missingTerms(from: ImportFrom, { match, sample, column }: ReaderTerms, nameOf: TermName): TermFault[] {
  const { matches, samples, hasColumns } = FORMAT_TERMS[from];
  const lacks = (key: 'match' | 'sample' | 'column', what: string): TermFault => ({
    key: 'format',
    message: `${from} needs ${nameOf(key)}${what}`,
  });
  const faults: TermFault[] = [];
  if (matches.length > 0 && (match === undefined || !matches.includes(match)))
    faults.push(lacks('match', ` with one of ${matches.join(', ')}: the file does not say what its lines mean`));
  if (samples.length > 0 && (sample === undefined || !samples.includes(sample)))
    faults.push(lacks('sample', ` with one of ${samples.join(', ')}: what the lines are compared with`));
  if (hasColumns && column === undefined)
    faults.push(lacks('column', ': the number of the column that has the addresses, or its name in the first row'));
  return faults;
}

function oddTerms({ column, separator, sinks = [] }: ReaderTerms): TermFault[] {
  const faults: TermFault[] = [];
  if (column !== undefined && /^-\d+$/.test(column))
    faults.push({ key: 'column', message: 'counts from 1, the first column' });
  if (separator !== undefined && separator !== 'tab' && !/^[^"\r\n]$/.test(separator))
    faults.push({ key: 'separator', message: 'takes one character, or tab; no quote, which encloses cells' });
  const odd = sinks.find((address) => !isSink(address));
  if (odd !== undefined)
    faults.push({
      key: 'sinks',
      message: `takes an address or a name that refused names are sent to, like 192.0.2.80; '${odd}' is none`,
    });
  return faults;
}

/** A name ends with a label that has a letter in it: of digits alone it is an address that is misspelt. */
function isSink(text: string): boolean {
  return isIP(text) !== 0 || /^(?:[\w-]+\.)*[\w-]*[a-z][\w-]*\.?$/i.test(text);
}
