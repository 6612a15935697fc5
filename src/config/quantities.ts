/**
 * Durations, sizes and port ranges as an operator writes them. Pure text in, number out; every reader says what would
 * have been right. It must not know which key it reads.
 */
import type { Parsed } from '../lib/types.ts';
import { redactedValue } from './redact.ts';
import type { PortRange } from './types.ts';

const MILLISECONDS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const BYTES = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);
/** Characters that are looked at: a value may be as long as the file. */
const MAX_SHOWN = 8192;
/** Characters of a duration: what is longer is within nobody's bounds. */
const MAX_DURATION = 100;
/** Characters of what is quoted; of a longer text the last are dots. */
const MAX_QUOTED = 60;
const DOTS = '...';

/**
 * Milliseconds, of any size. `30s`, `500ms`, `2h4m`: each unit once, the largest first. A plain number is seconds, and may be
 * negative: the caller has bounds.
 */
export function parseDuration(value: unknown): Parsed<number> {
  if (typeof value === 'number' && !Number.isNaN(value)) return { ok: true, value: Math.round(value * 1000) };
  if (typeof value !== 'string') return wrong(`must be a duration like 30s, 5m or 2h4m, not ${describe(value)}`);
  const parts = value.length > MAX_DURATION ? [] : [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const unreadable = parts.length === 0 || parts.map(([part]) => part).join('') !== value;
  if (unreadable) return wrong(`'${shown(value)}' is not a duration like 500ms, 30s, 5m or 2h4m`);
  const units = parts.map(([, , unit]) => amount('1', unit, MILLISECONDS));
  // Whoever writes `1m1m` or `5m1h` has most likely meant another unit.
  if (units.some((unit, i) => i > 0 && unit >= (units[i - 1] ?? 0)))
    return wrong(`'${shown(value)}' is not a duration like 500ms, 30s, 5m or 2h4m: each unit once, the largest first`);
  return { ok: true, value: Math.round(parts.reduce((sum, [, count], i) => sum + Number(count) * (units[i] ?? 0), 0)) };
}

/** Bytes, of any size. `64KiB`, `16MiB`; a plain number is bytes, and may be negative: the caller has bounds. */
export function parseSize(value: unknown): Parsed<number> {
  if (typeof value === 'number')
    return Number.isInteger(value) ? { ok: true, value } : wrong(`must be a whole number of bytes, not ${value}`);
  if (typeof value !== 'string') return wrong(`must be a size like 64KiB or 16MiB, not ${describe(value)}`);
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(value);
  if (match === null) return wrong(`'${shown(value)}' is not a size like 512B, 64KiB or 16MiB`);
  return { ok: true, value: amount(match[1], match[2], BYTES) };
}

/** `443`, `8000-8999`. */
export function parsePortRange(value: unknown): Parsed<PortRange> {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  );
  if (match === null) return wrong(`must be a port like 443 or a range like 8000-8999, not ${describe(value)}`);
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (from < 1 || to > 65_535 || from > to) return wrong(`'${match[0]}' is not a port or range within 1 to 65535`);
  return { ok: true, value: { from, to } };
}

/** What a value is, in the words of a configuration's author. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return `'${shown(value)}'`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

/** One line of bounded length, without what may be a secret: what is quoted comes from a file. */
export function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const line = redactedValue(text.slice(0, MAX_SHOWN)).replaceAll(/[\u0000-\u001f\u007f]/g, '?');
  return line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED - DOTS.length)}${DOTS}` : line;
}

/** Both come from an expression that has matched: the unit is one of the table's. */
function amount(count: string | undefined, unit: string | undefined, units: ReadonlyMap<string, number>): number {
  return Number(count) * (units.get(unit ?? '') ?? Number.NaN);
}

function wrong(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
