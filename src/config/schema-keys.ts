/**
 * The keys the schema knows, for messages about unknown ones and for the test that `config/default.yaml` documents each.
 */
import type { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import type { KeyPath } from './fault.ts';

type SchemaType = z.core.$ZodType;

/** Every key, `listeners[].name` style, mappings before what they hold. */
export function schemaKeys(schema: SchemaType, under = ''): string[] {
  const type = unwrapped(schema);
  if (type._zod.def.type === 'array') return schemaKeys((type as z.core.$ZodArray)._zod.def.element, `${under}[]`);
  if (type._zod.def.type !== 'object') return [];
  return Object.entries((type as z.core.$ZodObject)._zod.def.shape).flatMap(([key, value]) => {
    const path = under === '' ? key : `${under}.${key}`;
    return [path, ...schemaKeys(value, path)];
  });
}

/** What to tell about a key that is not known at `path`. */
export function unknownKey(schema: SchemaType, path: KeyPath, key: string): string {
  const siblings = Object.keys(shapeAt(schema, path) ?? {});
  const near = nearest(key, siblings);
  if (near !== null) return `unknown key; did you mean '${near}'?`;
  const elsewhere = schemaKeys(schema).find((known) => known.split('.').at(-1) === key);
  if (elsewhere !== undefined) return `unknown key here; there is '${elsewhere}'`;
  return `unknown key; known here: ${siblings.join(', ')}`;
}

function shapeAt(schema: SchemaType, path: KeyPath): Readonly<Record<string, SchemaType>> | null {
  const type = unwrapped(schema);
  const [first, ...rest] = path;
  if (type._zod.def.type === 'array') return shapeAt((type as z.core.$ZodArray)._zod.def.element, rest);
  if (type._zod.def.type !== 'object') return null;
  const shape = (type as z.core.$ZodObject)._zod.def.shape;
  if (first === undefined) return shape;
  const next = Object.hasOwn(shape, first) ? shape[String(first)] : undefined;
  return next === undefined ? null : shapeAt(next, rest);
}

/** Without the wrappers of defaults, null and absence. */
function unwrapped(schema: SchemaType): SchemaType {
  const def = schema._zod.def;
  return 'innerType' in def ? unwrapped(def.innerType as SchemaType) : schema;
}

