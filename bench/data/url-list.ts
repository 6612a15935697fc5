/**
 * The list every peer gets: seeded, so that two runs and two peers hold the same entries, with reserved names only
 * (`.example`, `.test`, `.invalid`, loopback addresses).
 *
 * An entry is one exact URL without a query and in lower case: the one shape that nginx, HAProxy, squidGuard and we can
 * all hold. Suspect hosts come first, so that they are there whatever the size of the list.
 */
import { seededInteger, seededRandom } from './seeded-random.ts';

export interface ListedUrl {
  readonly host: string;
  /** Begins with a slash. */
  readonly path: string;
}

export const SUSPECT_HOSTS = 2000;
const ENTRIES_PER_SUSPECT = 5;
const SEED = 2008;
const SUFFIXES = ['example', 'test', 'invalid'] as const;
const SYLLABLES = [
  'ba',
  'co',
  'di',
  'fu',
  'ga',
  'he',
  'ki',
  'lo',
  'mu',
  'ne',
  'po',
  'ra',
  'si',
  'to',
  'vu',
  'za',
] as const;
const FOLDERS = ['album', 'archive', 'board', 'files', 'gallery', 'images', 'media', 'posts', 'set', 'users'] as const;
const ENDINGS = ['.html', '.jpg', '.php', '', '/'] as const;

/** Host number `index` of the suspect scene: an address of its own on the loopback network, so no peer needs DNS. */
export function suspectHost(index: number): string {
  return `127.20.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
}

/** `size` different URLs: up to 5 for each suspect host, the rest spread over hosts with one to some dozen entries. */
export function urlList(size: number): ListedUrl[] {
  const random = seededRandom(SEED);
  const suspects = Math.min(size, SUSPECT_HOSTS * ENTRIES_PER_SUSPECT);
  const entries = Array.from({ length: suspects }, (_, at) => ({
    host: suspectHost(at % SUSPECT_HOSTS),
    path: path(random, at),
  }));
  let host = hostName(random);
  for (let at = suspects; at < size; at++) {
    if (random() < 0.15) host = hostName(random);
    entries.push({ host, path: path(random, at) });
  }
  return entries;
}

function hostName(random: () => number): string {
  const labels = random() < 0.5 ? [] : ['www'];
  labels.push(
    word(random, 3) + String(seededInteger(random, 100_000)),
    SUFFIXES[seededInteger(random, SUFFIXES.length)]!,
  );
  return labels.join('.');
}

/** The serial number makes every path different, whatever the seed gives. */
function path(random: () => number, serial: number): string {
  const folders = Array.from(
    { length: 1 + seededInteger(random, 3) },
    () => FOLDERS[seededInteger(random, FOLDERS.length)]!,
  );
  return `/${folders.join('/')}/${word(random, 2)}-${serial}${ENDINGS[seededInteger(random, ENDINGS.length)]!}`;
}

function word(random: () => number, syllables: number): string {
  return Array.from({ length: syllables }, () => SYLLABLES[seededInteger(random, SYLLABLES.length)]!).join('');
}
