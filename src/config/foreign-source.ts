/**
 * A source that is a mapping: the list of another tool, with what its reader has to be told.
 *
 *   source: { url: https://lists.example/hosts, format: hosts }
 *   source: { file: ./blocked.acl, format: squid, match: dstdomain }
 *
 * It must not open what it names.
 */
import { IMPORT_NAMES, readerOptions, termFaults } from '../lib/list-formats.ts';
import type { ImportFrom, ReaderTerms } from '../lib/list-formats.ts';
import type { KeyPath } from './diagnostic.ts';
import type { Conversion } from './list-types.ts';
import { at } from './plain-data.ts';

/** A fault of one list. */
export interface ListFault {
  /** The way from the list to the key. */
  readonly key: KeyPath;
  readonly message: string;
}

/** The mapping, as the schema gives it. */
export type ForeignSource = {
  readonly [K in keyof ReaderTerms]-?: NonNullable<ReaderTerms[K]> | null;
} & {
  readonly url: string | null;
  readonly file: string | null;
  readonly format: ImportFrom;
  readonly exceptions: 'respect' | 'ignore';
  readonly dns: boolean;
  readonly steer: boolean;
};

/** The place that a list comes from, in whichever form, and the key that says so. @param list plain data. */
export function sourcePlace(list: unknown): { readonly key: KeyPath; readonly value: unknown } {
  const source = at(list, 'source');
  if (!isForeign(source)) return { key: ['source'], value: source };
  const key = isGiven(source, 'url') ? 'url' : 'file';
  return { key: ['source', key], value: at(source, key) };
}

export function placeOf(source: string | ForeignSource): string {
  return typeof source === 'string' ? source : (source.url ?? source.file ?? '');
}

/** @param list plain data. */
export function foreignFaults(list: unknown): ListFault[] {
  const source = at(list, 'source');
  if (!isForeign(source)) return [];
  return [...placeFaults(source), ...readerFaults(source), ...useFaults(list)].map(({ key, message }) => ({
    key: ['source', ...key],
    message,
  }));
}

function placeFaults(source: unknown): ListFault[] {
  const [hasUrl, hasFile] = [isGiven(source, 'url'), isGiven(source, 'file')];
  if (hasUrl && hasFile) return [{ key: ['file'], message: 'cannot be combined with url: a list has one source' }];
  if (!hasUrl && !hasFile) return [{ key: [], message: 'needs url (https://…), or file (a path)' }];
  const url = at(source, 'url');
  if (typeof url === 'string' && !/^https?:/i.test(url))
    return [{ key: ['url'], message: 'must begin with https://; a path is written as file' }];
  const file = at(source, 'file');
  return typeof file === 'string' && /^(?:https?|tuf\+\w+):/i.test(file)
    ? [{ key: ['file'], message: 'is a URL; write it as url (of a protected list as the source itself)' }]
    : [];
}

function readerFaults(source: unknown): ListFault[] {
  const format = IMPORT_NAMES.find((name) => name === at(source, 'format'));
  if (format === undefined) return [];
  return termFaults(format, termsIn(source), (key) => key).map(({ key, message }) => ({ key: [key], message }));
}

function useFaults(list: unknown): ListFault[] {
  if (at(list, 'action') !== 'allow') return [];
  return [
    {
      key: ['format'],
      message:
        "is for lists that block or count: an entry of an allow list says until when it holds; 'cleanfeed list import' writes one",
    },
  ];
}

/** A value of another kind than the schema asks for is not said. */
function termsIn(source: unknown): ReaderTerms {
  const text = (key: string): string | undefined => textOf(at(source, key));
  const texts = (key: string): readonly string[] | undefined => {
    const value = at(source, key);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
  };
  const flag = (key: string): boolean | undefined => (at(source, key) === true ? true : undefined);
  return {
    match: text('match'),
    sample: text('sample'),
    values: texts('values'),
    ignoreCase: flag('ignoreCase'),
    column: text('column'),
    separator: text('separator'),
    subdomains: flag('subdomains'),
    sinks: texts('sinks'),
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return `${value}`;
  return typeof value === 'string' ? value : undefined;
}

/** @returns undefined: it is a list of ours. */
export function conversionOf(source: string | ForeignSource): Conversion | undefined {
  if (typeof source === 'string') return undefined;
  const { format: from, exceptions, dns, steer } = source;
  const reader = readerOptions(termsIn(source));
  return { from, reader, ignoresExceptions: exceptions === 'ignore', isWhole: source.url !== null, dns, steer };
}

function isForeign(source: unknown): boolean {
  return typeof source === 'object' && source !== null && !Array.isArray(source);
}

function isGiven(source: unknown, key: string): boolean {
  return (at(source, key) ?? null) !== null;
}
