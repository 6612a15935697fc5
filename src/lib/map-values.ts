/**
 * The same keys with other values: what `Object.fromEntries` makes, with the keys in its type.
 * It must not change the record that it is given.
 */
export function mapValues<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  to: (value: From, key: Key) => To,
): Record<Key, To> {
  // Object.keys and Object.fromEntries know no keys but strings.
  const keys = Object.keys(record) as Key[];
  return Object.fromEntries(keys.map((key) => [key, to(record[key], key)])) as Record<Key, To>;
}
