/**
 * The keys the schema knows, for messages about unknown ones and for the test that `config/default.yaml` documents each.
 * It must not check values.
 */
import { nearest } from '../lib/nearest.ts';
import { ListOf, Mapping, Wrapped } from '../lib/shape.ts';
import type { Shape } from '../lib/shape.ts';
import type { KeyPath } from './diagnostic.ts';
import { presentName } from './former-keys.ts';

/** Of YAML 1.1. */
const MERGE = '<<';

/** Every key, `listeners[].name` style, mappings before what they hold. */
export function schemaKeys(schema: Shape<unknown>, under = ''): string[] {
  const shape = unwrapped(schema);
  if (shape instanceof ListOf) return schemaKeys(shape.element, `${under}[]`);
  if (!(shape instanceof Mapping)) return [];
  return Object.entries(shape.shapes).flatMap(([key, value]) => {
    const path = under === '' ? key : `${under}.${key}`;
    return [path].concat(schemaKeys(value, path));
  });
}

/** What to tell about a key that is not known at `path`. */
export function unknownKey(schema: Shape<unknown>, path: KeyPath, key: string): string {
  if (key === MERGE) return "mappings are not merged ('<<'); write the keys themselves";
  const present = presentName(path, key);
  if (present !== null) return `unknown key; its name is '${present}' now`;
  const siblings = Object.keys(keysAt(schema, path));
  const near = nearest(key, siblings);
  if (near !== null) return `unknown key; did you mean '${near}'?`;
  const [elsewhere] = schemaKeys(schema)
    .filter((known) => known.split('.').at(-1) === key)
    .sort((a, b) => a.length - b.length);
  if (elsewhere !== undefined) return `unknown key here; there is '${elsewhere}'`;
  return `unknown key; known here: ${siblings.join(', ')}`;
}

function keysAt(schema: Shape<unknown>, path: KeyPath): Readonly<Record<string, Shape<unknown>>> {
  const shape = unwrapped(schema);
  const [first, ...rest] = path;
  if (shape instanceof ListOf) return keysAt(shape.element, rest);
  if (!(shape instanceof Mapping)) return {};
  if (first === undefined) return shape.shapes;
  const next = Object.entries(shape.shapes).find(([key]) => key === first)?.[1];
  return next === undefined ? {} : keysAt(next, rest);
}

/** Without the wrappers of defaults and null. */
function unwrapped(shape: Shape<unknown>): Shape<unknown> {
  return shape instanceof Wrapped ? unwrapped(shape.inner) : shape;
}
