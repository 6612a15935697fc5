/**
 * The one text of an entry: what events name it by, and what its record is made of. Reading it again gives the same entry, so two
 * lines of a list that say the same have the same text. It must not keep what is for people only (`reason`, comments).
 */
import { foldText } from '../url/fold.ts';
import type { Entry } from '../match/entry.ts';
import { parseLine } from '../list/text/grammar.ts';
import { dayText, hostText } from '../list/text/host-text.ts';

/**
 * The canonical text; null: it would not be read as the same entry, and the entry cannot be published.
 * @param read the line that the entry was read from: where it is canonical, nothing is read again.
 */
export function entryLine(entry: Entry, read = ''): string | null {
  const line = [addressText(entry), ...attributes(entry)].join(' ');
  if (line === read) return line;
  const again = entryOfLine(line);
  return again !== null && isSame(again, entry) ? line : null;
}

/** @param id of the entry. @returns null if the line holds none. */
export function entryOfLine(line: string, id = 0n): Entry | null {
  const outcome = parseLine({ number: 0, start: 0, text: line, error: null }, { list: 0, action: 'block' });
  return outcome.kind === 'entry' ? { ...outcome.entry, id } : null;
}

/** @param address as people write it: names in their own script too. @returns null if it is none. */
export function entryOfAddress(address: string): Entry | null {
  return entryOfLine(Buffer.from(address).toString('latin1'));
}

/** Without attributes, as `withdraw` is told it. */
export function addressText({ host, subdomains, port, path }: Entry): string {
  const authority = `${subdomains ? '*.' : ''}${hostText(host)}${port === 0 ? '' : `:${port}`}`;
  switch (path.kind) {
    case 'host':
      return authority;
    case 'directory':
      return `http://${authority}${path.path}*`;
    case 'page':
      return `http://${authority}${path.path}?*`;
    case 'url':
      return `http://${authority}${withoutStar(path.query === null ? path.path : `${path.path}?${path.query}`)}`;
  }
}

/** The same of a canonical line, which has attributes behind a space, and no space in its address. */
export function addressOf(line: string): string {
  const space = line.indexOf(' ');
  return space === -1 ? line : line.slice(0, space);
}

function attributes({ dns, steer, count, test, fold, expires }: Entry): readonly string[] {
  return [
    ...(dns ? ['dns'] : []),
    ...(steer ? ['steer'] : []),
    ...(count ? ['count'] : []),
    ...(test ? ['test'] : []),
    ...(fold === 0 ? [] : [`fold=${foldText(fold)}`]),
    ...(expires === 0 ? [] : [`expires=${dayText(expires)}`]),
  ];
}

/** `*` at the end of an address is a pattern unless it is escaped. */
function withoutStar(target: string): string {
  return /[/?]\*$/.test(target) ? `${target.slice(0, -1)}%2A` : target;
}

function isSame(a: Entry, b: Entry): boolean {
  return (
    a.host === b.host &&
    a.subdomains === b.subdomains &&
    a.port === b.port &&
    a.fold === b.fold &&
    a.expires === b.expires &&
    a.dns === b.dns &&
    a.steer === b.steer &&
    a.count === b.count &&
    a.test === b.test &&
    isSamePath(a.path, b.path)
  );
}

function isSamePath(a: Entry['path'], b: Entry['path']): boolean {
  if (a.kind === 'host' || b.kind === 'host') return a.kind === b.kind;
  if (a.kind !== b.kind || a.path !== b.path) return false;
  return a.kind !== 'url' || b.kind !== 'url' || a.query === b.query;
}
