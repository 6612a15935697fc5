/**
 * Losses of another tool's list on its way here, in one line for people: by reason, with the line where each comes
 * first. It must not quote a line.
 */
import { counted } from './terminal.ts';

interface NotCarried {
  readonly kind: string;
  readonly reason: string;
  readonly count: number;
  readonly line: number;
}

/** @returns null: it loses nothing, or is no such list. */
export function notCarriedLine(name: string, notCarried: readonly NotCarried[] | null | undefined): string | null {
  const words = [
    ofKind(notCarried ?? [], 'left', 'not carried over'),
    ofKind(notCarried ?? [], 'narrower', 'covers less here'),
  ].filter((part) => part !== null);
  return words.length === 0 ? null : `list ${name}: ${words.join('; ')} (docs/migration.md has the reasons)`;
}

function ofKind(notCarried: readonly NotCarried[], kind: string, words: string): string | null {
  const found = notCarried.filter((each) => each.kind === kind);
  if (found.length === 0) return null;
  const sum = found.reduce((total, { count }) => total + count, 0);
  const reasons = found.map(({ reason, count, line }) => `${reason} ${count} (first: line ${line})`).join(', ');
  return `${counted(sum, 'part of a line', 'parts of lines')} ${words}: ${reasons}`;
}
