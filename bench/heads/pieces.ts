/**
 * A head as pieces that are repeated, `[unit, times]` each: short to write down, and twice as long is twice the times. What
 * the search for slow heads changes, and what it saves (slowest.json).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A byte string (one char a byte), and how often it stands there. */
export type Piece = readonly [unit: string, times: number];

export interface SlowHead {
  /** What it is about: the search keeps the slowest of each. */
  readonly part: string;
  readonly side: 'request' | 'response';
  readonly pieces: readonly Piece[];
}

export const SLOWEST_FILE = join(import.meta.dirname, 'slowest.json');

export function bytesOf({ pieces }: SlowHead): Buffer {
  return Buffer.from(pieces.map(([unit, times]) => unit.repeat(times)).join(''), 'latin1');
}

/** Every repetition `factor` times as long; 1 stays 1. */
export function scaled(head: SlowHead, factor: number): SlowHead {
  return {
    ...head,
    pieces: head.pieces.map(([unit, times]) => [unit, times === 1 ? 1 : Math.max(1, Math.round(times * factor))]),
  };
}

/** What the search has found so far. */
export function slowestHeads(): readonly SlowHead[] {
  return JSON.parse(readFileSync(SLOWEST_FILE, 'utf8')) as readonly SlowHead[];
}
