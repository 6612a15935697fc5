/** Reads what was written as JSON and may have been changed since. Every function is total. It must not throw. */
import { objectOf } from '../lib/json.ts';

/** @returns null if it is no object, or one of its values is not what it should be: `of` gives null for such a value. */
export function mapped<T>(value: unknown, of: (value: unknown) => T | null): Readonly<Record<string, T>> | null {
  const object = objectOf(value);
  if (object === null) return null;
  const found: [string, T][] = [];
  for (const [key, inner] of Object.entries(object)) {
    const result = of(inner);
    if (result === null) return null;
    found.push([key, result]);
  }
  return Object.fromEntries(found);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** @returns null if it is none, or less than nothing. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 ? value : null;
}

/** Of a day in UTC, `YYYY-MM-DD`. */
export function isDay(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
}
