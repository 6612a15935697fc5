/**
 * Rules between the keys of one list that say where it comes from: which keys a source has, and what it needs. They read the plain data of
 * the file, as all rules between keys do (cross-checks.ts). They must not open what a key names.
 */
import { fileURLToPath } from 'node:url';
import type { KeyPath } from './diagnostic.ts';
import { foreignFaults, sourcePlace } from './foreign-source.ts';
import type { ListFault } from './foreign-source.ts';
import { at, items } from './plain-data.ts';
import { parseDuration, shown } from './quantities.ts';
import type { Violation } from './violation.ts';

export const TUF_PREFIX = 'tuf+';

export function isTufSource(source: string): boolean {
  return /^tuf\+(?:https|file):/i.test(source);
}

export function listSources(data: unknown): Violation[] {
  return items(data, 'lists').flatMap((list, i) => sourceViolations(list, ['lists', i]));
}

/** @param list what has a `source` and the keys that go with it, at `path`. */
export function sourceViolations(list: unknown, path: KeyPath): Violation[] {
  return [...sources(list), ...foreignFaults(list), ...keysOfSource(list), ...authFaults(list)].map(
    ({ key, message }) => ({
      path: [...path, ...key],
      message,
    }),
  );
}

function sources(list: unknown): ListFault[] {
  return [sourcePlace(list), ...mirrorsOf(list)].flatMap(({ key, value }) => {
    const message = typeof value === 'string' ? sourceFault(value) : null;
    return message === null ? [] : [{ key, message }];
  });
}

function mirrorsOf(list: unknown): { readonly key: KeyPath; readonly value: unknown }[] {
  return items(list, 'mirrors').map((value, i) => ({ key: ['mirrors', i], value }));
}

function sourceFault(source: string): string | null {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined) return pathFault(source);
  if (scheme === 'http') return 'a list over plain http could be modified in transit; use https';
  if (scheme === 'https') return httpsFault(source);
  if (scheme === 'tuf+https' || scheme === 'tuf+file') return sourceFault(source.slice(TUF_PREFIX.length));
  if (scheme !== 'file')
    return `a list comes from a path, a file:, https:, tuf+https: or tuf+file: URL, not from '${shown(scheme)}:'`;
  return isFileUrl(source)
    ? null
    : `'${shown(source)}' is not a file: URL of this machine (like file:///etc/cleanfeed/own.txt)`;
}

/** A URL without its scheme would be a path; the fault of a file that is not there names the path, and with it a token. */
function pathFault(path: string): string | null {
  if (/^\/\/[^/]*@/.test(path)) return 'a URL begins with https://, and contains no user name or password';
  // A host's name, or a name and a value.
  return /^[^./?][^/?]*\.[^/?]+\/[^?]*\?.|\?[^?]*=/.test(path)
    ? "is a path with the query of a URL; a URL begins with https://, and a file with '?' in its name is file:///… with %3F"
    : null;
}

function httpsFault(source: string): string | null {
  if (!URL.canParse(source)) return `'${shown(source)}' is not a URL to fetch a list from`;
  const { username, password } = new URL(source);
  return username === '' && password === ''
    ? null
    : `'${shown(source)}' contains a user name or password, which is not supported; remove it`;
}

/** What concerns a server says nothing of a file, and whoever wrote it meant something else. */
const KEYS_OF_SOURCES: readonly {
  readonly keys: readonly string[];
  readonly source: RegExp;
  readonly words: string;
}[] = [
  { keys: ['ca', 'proxy', 'auth'], source: /^(?:tuf\+)?https:/i, words: 'a source over https' },
  {
    keys: ['root', 'identity', 'namesIdentity', 'mirrors', 'delay', 'ifPublisherGone', 'witnesses'],
    source: /^tuf\+/i,
    words: 'a tuf+https: or tuf+file: source',
  },
];

function keysOfSource(list: unknown): ListFault[] {
  const { value: source } = sourcePlace(list);
  if (typeof source !== 'string') return [];
  return [...foreignKeys(list, source), ...(isTufSource(source) ? tufFaults(list) : [])];
}

/** Of a source that is none, which is a fault by itself, nobody knows what it was to be. */
function foreignKeys(list: unknown, source: string): ListFault[] {
  if (sources(list).length > 0) return [];
  const all = [source, ...mirrorsOf(list).map(({ value }) => value)].filter((one) => typeof one === 'string');
  return KEYS_OF_SOURCES.filter((rule) => !all.some((one) => rule.source.test(one))).flatMap(({ keys, words }) =>
    keys.filter((key) => hasKey(list, key)).map((key) => ({ key: [key], message: `belongs to ${words}` })),
  );
}

function tufFaults(list: unknown): ListFault[] {
  const missing = ['root', 'identity'].filter((key) => !hasKey(list, key));
  return [
    ...missing.map((key) => ({ key: ['source'], message: `a protected list needs ${key}` })),
    ...mirrorsOf(list)
      .filter(({ value }) => typeof value === 'string' && !isTufSource(value) && sourceFault(value) === null)
      .map(({ key }) => ({ key, message: 'a mirror is a tuf+https: or tuf+file: URL' })),
    ...goneFaults(list),
    ...leaveOutFaults(list),
  ];
}

/** Of a protected list nobody can take an entry out but its publisher. */
function leaveOutFaults(list: unknown): ListFault[] {
  if (at(at(list, 'gate'), 'protectedEntries') !== 'leaveOut') return [];
  return [
    {
      key: ['gate', 'protectedEntries'],
      message: 'leaveOut is for text lists: entries of a protected list are used or refused together',
    },
  ];
}

/** One answer may be missed. */
const INTERVALS = 2;

/** The list would be dropped, or only counted, between two questions. */
function goneFaults(list: unknown): ListFault[] {
  const after = parseDuration(at(at(list, 'ifPublisherGone'), 'after'));
  const interval = parseDuration(at(list, 'interval'));
  if (!after.ok || !interval.ok || after.value >= INTERVALS * interval.value) return [];
  const message = 'is shorter than two of `interval`: the publisher would count as gone between two questions';
  return [{ key: ['ifPublisherGone', 'after'], message }];
}

function authFaults(list: unknown): ListFault[] {
  const auth = at(list, 'auth');
  return AUTH_RULES.filter(({ key, goesWith, isPair }) => hasKey(auth, key) && hasKey(auth, goesWith) !== isPair).map(
    ({ key, goesWith, isPair }) => ({
      key: ['auth', key],
      message: isPair ? `needs ${goesWith}` : `cannot be combined with ${goesWith}`,
    }),
  );
}

const AUTH_RULES = [
  { key: 'basic', goesWith: 'bearer', isPair: false },
  { key: 'clientCertificate', goesWith: 'clientKey', isPair: true },
  { key: 'clientKey', goesWith: 'clientCertificate', isPair: true },
] as const;

function hasKey(data: unknown, key: string): boolean {
  return (at(data, key) ?? null) !== null;
}

function isFileUrl(source: string): boolean {
  try {
    return fileURLToPath(source) !== '';
  } catch {
    return false;
  }
}
