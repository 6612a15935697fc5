/** Reading plain data of unknown shape (what YAML gives) without trusting it. */

/** What is under `key` of a mapping or list; undefined where there is none. */
export function at(value: unknown, key: string | number): unknown {
  return isContainer(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The items of the list under `key`; none where there is no list. */
export function items(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

function isContainer(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
