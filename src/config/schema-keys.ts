/**
 * The keys the schema knows, for messages about unknown ones and for the test that `config/default.yaml` documents each.
 * It must not check values.
 */
import { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import type { KeyPath } from './diagnostic.ts';

type SchemaType = z.core.$ZodType;

/** Every key, `listeners[].name` style, mappings before what they hold. */
export function schemaKeys(schema: SchemaType, under = ''): string[] {
  const type = unwrapped(schema);
  if (type instanceof z.ZodArray) return schemaKeys(type.element, `${under}[]`);
  if (!(type instanceof z.ZodObject)) return [];
  return Object.entries(type.shape).flatMap(([key, value]) => {
    const path = under === '' ? key : `${under}.${key}`;
    return [path].concat(schemaKeys(value, path));
  });
}

/** What to tell about a key that is not known at `path`. */
export function unknownKey(schema: SchemaType, path: KeyPath, key: string): string {
  const siblings = Object.keys(shapeAt(schema, path));
  const near = nearest(key, siblings);
  if (near !== null) return `unknown key; did you mean '${near}'?`;
  const [elsewhere] = schemaKeys(schema)
    .filter((known) => known.split('.').at(-1) === key)
    .sort((a, b) => a.length - b.length);
  if (elsewhere !== undefined) return `unknown key here; there is '${elsewhere}'`;
  return `unknown key; known here: ${siblings.join(', ')}`;
}

function shapeAt(schema: SchemaType, path: KeyPath): Readonly<Record<string, SchemaType>> {
  const type = unwrapped(schema);
  const [first, ...rest] = path;
  if (type instanceof z.ZodArray) return shapeAt(type.element, rest);
  if (!(type instanceof z.ZodObject)) return {};
  if (first === undefined) return type.shape;
  const next = Object.entries(type.shape).find(([key]) => key === first)?.[1];
  return next === undefined ? {} : shapeAt(next, rest);
}

/** Without the wrappers of defaults, null and absence. */
function unwrapped(schema: SchemaType): SchemaType {
  const isWrapper =
    schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}
