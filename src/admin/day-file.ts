/**
 * What is kept of a day as text: steps and changes of lists, their times by the wall clock. Pure and total: a text that is not what
 * `encodeDay` makes gives null, whatever it is. It must hold nothing of a request (day.ts).
 */
import { objectOf, parsedJson } from '../lib/json.ts';
import { valuesFor } from '../lib/map-values.ts';
import { MAX_STEPS } from './day.ts';
import type { DayStep } from './day.ts';
import type { ListChange } from './list-changes.ts';
import { COLUMNS, COUNTED_IN } from './step.ts';
import type { Figures } from './step.ts';

export interface KeptDay {
  readonly steps: readonly DayStep[];
  readonly changes: readonly ListChange[];
}

const FORMAT = 'cleanfeed-day-1';
/** As many lists as may have come and gone in a process (workers/counter-slots.ts), with as many changes of each as are kept. */
const MAX_CHANGES = 64 * 20;
const MAX_LISTS = 64;
const MAX_NAME = 256;
/** Of versions before this one, which did not keep them. */
const NO_QUESTIONS = {
  questionsPassed: null,
  questionsSteered: null,
  questionsBlocked: null,
  questionsRefused: null,
  questionsErrors: null,
};

/** @param shift what is added to each time. */
export function encodeDay({ steps, changes }: KeptDay, shift: number): string {
  return `${JSON.stringify({
    format: FORMAT,
    steps: steps.map((step) => shifted(step, shift)),
    changes: changes.slice(-MAX_CHANGES).map((change) => shifted(change, shift)),
  })}\n`;
}

/** @param shift what was added to each time. @returns null if it is no such text. */
export function decodeDay(text: string, shift: number): KeptDay | null {
  const value = objectOf(parsedJson(text));
  if (value === null || value['format'] !== FORMAT) return null;
  const steps = listOf(value['steps'], MAX_STEPS, stepOf);
  const changes = listOf(value['changes'], MAX_CHANGES, changeOf);
  if (steps === null || changes === null) return null;
  return {
    steps: steps.map((step) => shifted(step, -shift)),
    changes: changes.map((change) => shifted(change, -shift)),
  };
}

function shifted<T extends { readonly at: number }>(each: T, by: number): T {
  return { ...each, at: each.at + by };
}

function listOf<T>(value: unknown, max: number, of: (each: unknown) => T | null): readonly T[] | null {
  if (!Array.isArray(value) || value.length > max) return null;
  const found: T[] = [];
  for (const each of value) {
    const one = of(each);
    if (one === null) return null;
    found.push(one);
  }
  return found;
}

function stepOf(value: unknown): DayStep | null {
  const step = objectOf(value);
  const figures = figuresOf(step?.['figures']);
  const hits = hitsOf(step?.['hits']);
  const at = step?.['at'];
  return isFigure(at) && figures !== null && hits !== null ? { at, figures, hits } : null;
}

function figuresOf(value: unknown): Figures | null {
  const record = objectOf(value);
  if (record === null) return null;
  const kept: Readonly<Record<string, unknown>> = { ...NO_QUESTIONS, ...record };
  if (!COLUMNS.every((column) => kept[column] === null || isFigure(kept[column]))) return null;
  return valuesFor(COLUMNS, (column) => (isFigure(kept[column]) ? kept[column] : null));
}

function hitsOf(value: unknown): Readonly<Record<string, number>> | null {
  const record = objectOf(value);
  if (record === null) return null;
  const found: [string, number][] = [];
  for (const [list, count] of Object.entries(record)) {
    if (!isName(list) || !isFigure(count) || count % COUNTED_IN !== 0 || found.length === MAX_LISTS) return null;
    found.push([list, count]);
  }
  return Object.fromEntries(found);
}

function changeOf(value: unknown): ListChange | null {
  const change = objectOf(value);
  if (change === null) return null;
  // Versions before this one did not keep the two.
  const { list, at, before, entries, added = null, removed = null, version } = change;
  if (!isName(list) || !isFigure(at) || !isFigure(entries)) return null;
  if (!(before === null || isFigure(before)) || !(version === null || isName(version))) return null;
  if (!(added === null || isFigure(added)) || !(removed === null || isFigure(removed))) return null;
  return { list, at, before, entries, added, removed, version };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME;
}

function isFigure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
