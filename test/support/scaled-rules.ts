/**
 * The shipped rules with their times made short, so that a test sees an alert fire that takes an hour: expressions, thresholds and words
 * stay. What is a time is every `for:`, every range (`[5m]`), every `offset`, and a comparison with 86400 or 3600 seconds.
 *
 *   for: 1m → 5s, 10m → 10s, never less or more: one scrape that a busy machine misses is no fault
 *   [5m] → [30s], [10m] → [1m], never more than [90s]; [1d] → [3m]      offset 1h → 30s      > 86400, > 3600 → > 30
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { RULES } from './prometheus.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const SHORTEST_HOLD = 5;
const LONGEST = { hold: 10, range: 90, dayRange: 180, offset: 30, literal: 30 };
const DIVISOR = { hold: 60, range: 10, offset: 60 };

export function scaledRules(directory: TemporaryDirectory): readonly string[] {
  return ['rules.yml', 'alerts.yml'].map((name) => {
    const path = directory.file(name);
    writeFileSync(path, scaled(readFileSync(`${RULES}${name}`, 'utf8')));
    return path;
  });
}

/** Of one file of rules. Comments stay as they are. */
export function scaled(text: string): string {
  return text
    .replace(/(?<=^\s+for: )(\d+)([smhd])$/gm, (_, count: string, unit: string) => hold(seconds(count, unit)))
    .replace(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => `[${range(seconds(count, unit))}]`)
    .replace(/(?<=\boffset )(\d+)([smhd])/g, (_, count: string, unit: string) => offset(seconds(count, unit)))
    .replace(/(?<=> )(?:86400|3600)\b/g, String(LONGEST.literal));
}

function seconds(count: string, unit: string): number {
  return Number(count) * (SECONDS[unit] ?? 1);
}

function hold(time: number): string {
  return `${Math.max(SHORTEST_HOLD, Math.min(LONGEST.hold, Math.round(time / DIVISOR.hold)))}s`;
}

function range(time: number): string {
  if (time >= SECONDS['d']!) return `${LONGEST.dayRange}s`;
  return `${Math.min(LONGEST.range, Math.round(time / DIVISOR.range))}s`;
}

function offset(time: number): string {
  return `${Math.min(LONGEST.offset, Math.round(time / DIVISOR.offset))}s`;
}
