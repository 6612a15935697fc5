/**
 * The options of `list import`, and their faults (lib/list-formats.ts knows what a format needs). It must not read a file.
 */
import { basename } from 'node:path';
import { FORMAT_TERMS, readerOptions, termFaults } from '../lib/list-formats.ts';
import type { ImportFrom, ReaderOptions, TermFault } from '../lib/list-formats.ts';
import type { SuffixPolicy } from '../lib/types.ts';
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

/** As the command line names them. */
const WORDS: Readonly<Record<TermFault['key'], string>> = {
  format: '--from',
  match: '--match',
  sample: '--sample',
  values: '--value',
  ignoreCase: '--ignore-case',
  column: '--column',
  separator: '--separator',
  subdomains: '--subdomains',
  sinks: '--sink',
};

/** @returns what the reader is told, or what is wrong with the command line. */
export function toldReader(file: string, options: ListImportOptions): ReaderOptions | string {
  const { from, value: values, sink: sinks } = options;
  const terms = { ...options, values, sinks, match: options.match ?? matchByName(file, from) };
  const [first] = termFaults(from, terms, (key) => WORDS[key]);
  if (first !== undefined) return `${WORDS[first.key]} ${first.message}`;
  return exceptionsFault(options) ?? readerOptions(terms);
}

/** squidGuard names its files for what they are. */
function matchByName(file: string, from: ImportFrom): string | undefined {
  const name = basename(file);
  return FORMAT_TERMS[from].matches.includes(name) ? name : undefined;
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
