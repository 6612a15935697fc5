/**
 * Records with known keys: what `Object.fromEntries` makes, with the keys in its type. The second signature of each function is
 * what its body is checked by: Object.fromEntries knows no keys but strings. They must not change what they are given.
 */

/** The same keys with other values. */
export function mapValues<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  to: (value: From, key: Key) => To,
): Record<Key, To>;
export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  to: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value, key)]));
}

/** A value for each of the keys. */
export function valuesFor<Key extends string, Value>(keys: readonly Key[], of: (key: Key) => Value): Record<Key, Value>;
export function valuesFor<Value>(keys: readonly string[], of: (key: string) => Value): Record<string, Value> {
  return Object.fromEntries(keys.map((key) => [key, of(key)]));
}
