/**
 * The kinds of values that JSON holds, as shapes, and what is wrong with a text of JSON in words. Whoever reads what another process or an
 * earlier run has written reads it so: from here on the type says what is there. It must not quote a value, which may be secret.
 */
import { field, type Shape, type ShapeFault } from './shape.ts';
import type { Parsed } from './types.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export const TEXT: Shape<string> = field((value) =>
  typeof value === 'string' ? { ok: true, value } : { ok: false, reason: 'must be a text' },
);

export const NUMBER: Shape<number> = field((value) =>
  typeof value === 'number' && Number.isFinite(value) ? { ok: true, value } : { ok: false, reason: 'must be a number' },
);

export const FLAG: Shape<boolean> = field((value) =>
  typeof value === 'boolean' ? { ok: true, value } : { ok: false, reason: 'must be true or false' },
);

/** Anything that JSON can hold. */
export const ANYTHING: Shape<Json> = field((value) =>
  isJson(value) ? { ok: true, value } : { ok: false, reason: 'must be a value of JSON' },
);

export function wordOf<const Word extends string>(words: readonly Word[]): Shape<Word> {
  return field((value) => {
    const found = words.find((word) => word === value);
    return found === undefined
      ? { ok: false, reason: `must be one of ${words.join(', ')}` }
      : { ok: true, value: found };
  });
}

/** @returns why not, with the key that is at fault: `lists.0.name: must be a text`. */
export function jsonAs<T>(text: string, shape: Shape<T>): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  return valueAs(json, shape);
}

/** The same of what was parsed before. @param under the way to it, where it is part of something larger. */
export function valueAs<T>(value: unknown, shape: Shape<T>, under: readonly string[] = []): Parsed<T> {
  const read = shape.parse(value);
  return read.ok ? read : { ok: false, reason: read.faults.slice(0, 1).map(faultText(under)).join() };
}

/** All that is wrong with it, each with its key; empty: nothing is. */
export function faultsIn(value: unknown, shape: Shape<unknown>, under: readonly string[] = []): readonly string[] {
  const read = shape.parse(value);
  return read.ok ? [] : read.faults.map(faultText(under));
}

/** With the key that it concerns. */
function faultText(under: readonly string[]): (fault: ShapeFault) => string {
  return (fault) => {
    const key = [...under, ...fault.path].join('.');
    return key === '' ? wordsOf(fault) : `${key}: ${wordsOf(fault)}`;
  };
}

function wordsOf(fault: ShapeFault): string {
  switch (fault.kind) {
    case 'value':
      return fault.reason;
    case 'type':
      return `must be ${fault.expected}`;
    case 'too-short':
      return `must have at least ${fault.bound}`;
    case 'too-long':
      return `must have at most ${fault.bound}`;
    case 'unknown':
      return `has unknown keys: ${fault.keys.map((key) => JSON.stringify(key)).join(', ')}`;
  }
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'object' && Object.values(value).every(isJson);
}
