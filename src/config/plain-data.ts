/** Reading plain data of unknown shape (what YAML gives) without trusting it. */

/** Returns the value under `key` of a mapping or list, undefined if there is none. */
export function at(value: unknown, key: string | number): unknown {
  return isContainer(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Returns the items of the list under `key`, none if there is no list. */
export function items(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

function isContainer(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
