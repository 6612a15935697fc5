/**
 * The options of `list import`: which of them a format needs, and which mean nothing to it. A format that has to be told what its lines mean is
 * not guessed: the same line is a host to one tool and a domain to another. It must not read a file.
 */
import { isIP } from 'node:net';
import { basename } from 'node:path';
import type { SuffixPolicy } from '../lib/types.ts';
import { IMPORT_FORMATS } from '../list/import/formats.ts';
import type { ImportFrom } from '../list/import/format-names.ts';
import type { ImportFormat } from '../list/import/formats.ts';
import { isName } from '../list/import/words.ts';
import type { ReaderOptions } from '../list/import/reader-options.ts';
import { isCalendarDay } from './calendar-day.ts';

export interface ListImportOptions {
  readonly from: ImportFrom;
  readonly output: string;
  readonly match?: string;
  readonly sample?: string;
  readonly value?: readonly string[];
  readonly ignoreCase?: true;
  readonly column?: string;
  readonly separator?: string;
  readonly subdomains?: true;
  readonly sink?: readonly string[];
  readonly dns?: true;
  readonly steer?: true;
  readonly allow?: string;
  readonly expires?: string;
  readonly exceptions: boolean;
  readonly suffixes: SuffixPolicy;
  readonly protected?: string;
  readonly canaries?: string;
  readonly strict?: true;
  readonly json?: true;
  readonly all?: true;
}

const TAB = '\t';

/** @returns what the reader is told, or what is wrong with the command line. */
export function readerOptions(file: string, options: ListImportOptions): ReaderOptions | string {
  const format: ImportFormat = IMPORT_FORMATS[options.from];
  const match = options.match ?? matchByName(file, format);
  return (
    unwanted(options, format) ??
    missing(match, options, format) ?? {
      match: match ?? '',
      sample: options.sample ?? '',
      values: new Set(options.value),
      ignoreCase: options.ignoreCase === true,
      column: options.column ?? '',
      separator: options.separator === 'tab' ? TAB : (options.separator ?? ','),
      subdomains: options.subdomains === true,
      sinks: new Set(options.sink?.map((sink) => sink.toLowerCase().replace(/\.$/, ''))),
    }
  );
}

/** squidGuard names its files for what they are. */
function matchByName(file: string, { matches }: ImportFormat): string | undefined {
  const name = basename(file);
  return matches.includes(name) ? name : undefined;
}

/** An option that another format takes: whoever gives it means something that would not happen. */
function unwanted(options: ListImportOptions, format: ImportFormat): string | null {
  const takes: readonly (readonly [string, unknown, boolean])[] = [
    ['--match', options.match, format.matches.length > 0],
    ['--sample', options.sample, format.samples.length > 0],
    ['--value', options.value, format.samples.length > 0],
    ['--ignore-case', options.ignoreCase, format.samples.length > 0],
    ['--column', options.column, format.hasColumns],
    ['--separator', options.separator, format.hasColumns],
    ['--subdomains', options.subdomains, format.takesSubdomains],
    ['--sink', options.sink, format.takesSinks],
  ];
  const found = takes.find(([, given, isTaken]) => given !== undefined && !isTaken);
  return found === undefined ? null : `${found[0]} means nothing with --from ${options.from}`;
}

function missing(match: string | undefined, options: ListImportOptions, format: ImportFormat): string | null {
  const { from, sample, column, separator, sink } = options;
  if (format.matches.length > 0 && (match === undefined || !format.matches.includes(match)))
    return `--from ${from} needs --match with one of ${format.matches.join(', ')}: the file does not say what its lines mean`;
  if (format.samples.length > 0 && (sample === undefined || !format.samples.includes(sample)))
    return `--from ${from} needs --sample with one of ${format.samples.join(', ')}: what the lines are compared with`;
  if (format.hasColumns && column === undefined)
    return `--from ${from} needs --column: the number of the column that has the addresses, or its name in the first row`;
  if (column !== undefined && /^-\d+$/.test(column)) return '--column counts from 1, the first column';
  if (separator !== undefined && separator !== 'tab' && !/^[^"\r\n]$/.test(separator))
    return '--separator takes one character, or tab; no quote, which encloses cells';
  const odd = sink?.find((address) => !isSink(address));
  if (odd !== undefined)
    return `--sink takes an address or a name that refused names are sent to, like 192.0.2.80; '${odd}' is none`;
  return exceptionsFault(options);
}

function exceptionsFault({ allow, expires, exceptions }: ListImportOptions): string | null {
  if (allow !== undefined && !exceptions)
    return '--allow and --no-exceptions exclude each other: the exceptions are written, or ignored';
  if ((allow === undefined) !== (expires === undefined))
    return '--allow and --expires go together: an entry of an allow list says until when it holds';
  if (expires === undefined) return null;
  if (!expires.startsWith('20') || !isCalendarDay(expires)) return '--expires takes a day like 2027-03-31';
  return expires < new Date().toISOString().slice(0, expires.length)
    ? `--expires: ${expires} is over, and none of the exceptions would hold`
    : null;
}

/** A name ends with a label that has a letter in it: of digits alone it is an address that is misspelt. */
function isSink(text: string): boolean {
  return isIP(text) !== 0 || (isName(text) && /[a-z][^.]*\.?$/i.test(text));
}
