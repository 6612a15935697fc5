/**
 * Files of ranges that are never steered: one prefix a line, `#` begins a comment; `!prefix` in a file of the operator's takes back one that is
 * shipped (config/routes/shared-ranges.txt). A line that is neither is a fault of the whole file: half of the ranges is worse than those of before.
 *
 * Pure: text in, ranges or a fault out. It must not read a file.
 */
import { formatPrefix, parsePrefix } from '../../lib/prefix.ts';
import type { Parsed, Prefix } from '../../lib/types.ts';

export interface Ranges {
  readonly prefixes: readonly Prefix[];
  /** As `formatPrefix` writes them. */
  readonly takenBack: ReadonlySet<string>;
}

const MAX_LINES = 100_000;

/** @param name of the file, for the fault. */
export function readRanges(text: string, name: string): Parsed<Ranges> {
  const prefixes: Prefix[] = [];
  const takenBack = new Set<string>();
  const lines = text.split('\n', MAX_LINES + 1);
  if (lines.length > MAX_LINES) return { ok: false, reason: `${name}: more than ${MAX_LINES} lines` };
  for (const [i, line] of lines.entries()) {
    const written = (line.split('#', 1)[0] ?? '').trim();
    if (written === '') continue;
    const isTakenBack = written.startsWith('!');
    const prefix = parsePrefix(isTakenBack ? written.slice(1) : written);
    if (!prefix.ok) return { ok: false, reason: `${name}, line ${i + 1}: ${prefix.reason}` };
    if (isTakenBack) takenBack.add(formatPrefix(prefix.value));
    else prefixes.push(prefix.value);
  }
  return { ok: true, value: { prefixes, takenBack } };
}
