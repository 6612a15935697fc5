/** Reading plain data of unknown shape (what YAML gives) without trusting it. It must not throw, whatever the shape. */
import { parsePrefix } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';

/** Returns the value under `key` of a mapping or list, undefined if there is none. */
export function at(value: unknown, key: string | number): unknown {
  return isContainer(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Returns the items of the list under `key`, none if there is no list. */
export function items(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

/** @returns a copy with another value at the path; mappings that are not there are made. */
export function changedAt(
  data: unknown,
  [first, ...rest]: readonly (string | number)[],
  change: (value: unknown) => unknown,
): unknown {
  if (first === undefined) return change(data);
  const inner = changedAt(at(data, first), rest, change);
  if (Array.isArray(data)) return data.map((one: unknown, i) => (i === first ? inner : one));
  const mapping = data ?? {};
  return isContainer(mapping) ? { ...mapping, [first]: inner } : data;
}

/** @returns null if it is no prefix: the schema says why. */
export function prefixOf(value: unknown): Prefix | null {
  const parsed = typeof value === 'string' ? parsePrefix(value) : null;
  return parsed?.ok === true ? parsed.value : null;
}

function isContainer(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
