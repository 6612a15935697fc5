/**
 * The JSON Schema of a configuration, for editors: the forms of the schema that the program reads with, and the words
 * of config/default.yaml (key-notes.ts). Rules between keys are not in it. It must not have words of its own for a key.
 *
 * Draft-07: what yaml-language-server reads in every version.
 */
import { readFileSync } from 'node:fs';
import type { Form } from '../lib/shape.ts';
import { keyNotes, type KeyNote } from './key-notes.ts';
import { relaySchema } from './relay.ts';
import { schema } from './schema.ts';

type Notes = ReadonlyMap<string, KeyNote>;

const DRAFT = 'http://json-schema.org/draft-07/schema#';
const FILTER = readFileSync(new URL('../../config/default.yaml', import.meta.url), 'utf8');
const RELAY = readFileSync(new URL('../../config/relay.yaml', import.meta.url), 'utf8');

/** A text with a variable in it (variables.ts) may be anything. */
const VARIABLE: Form = {
  type: 'string',
  pattern: String.raw`^(?:[^$]|\$(?!\$?\{)|\$\$\{)*\$\{(?:[A-Za-z_]\w*|credential:[A-Za-z0-9_-][A-Za-z0-9._-]*)\}`,
};
const IS_VARIABLE: Form = { $ref: '#/definitions/variable' };

export type SchemaName = 'filter' | 'relay';

export function jsonSchema(name: SchemaName): Form {
  const [form, notes, title] =
    name === 'filter'
      ? [schema.form(), keyNotes(FILTER, '#   '), 'Configuration of Cleanfeed']
      : [relaySchema.form(), keyNotes(RELAY, '# '), 'Configuration of cleanfeed relay'];
  return { $schema: DRAFT, title, ...withNotes(form, '', notes), definitions: { variable: VARIABLE } };
}

/** The same form, and in it of each key what is said of it. */
function withNotes(form: Form, path: string, notes: Notes): Form {
  const { properties, items, anyOf, ...rest } = form;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: propertiesWith(properties, path, notes) }),
    ...(items === undefined ? {} : { items: described(orVariable(withNotes(items, `${path}[]`, notes)), null) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((one) => withNotes(one, path, notes)) }),
  };
}

function propertiesWith(properties: Readonly<Record<string, Form>>, under: string, notes: Notes): Form['properties'] {
  return Object.fromEntries(
    Object.entries(properties).map(([key, form]) => {
      const path = under === '' ? key : `${under}.${key}`;
      return [key, described(orVariable(withNotes(form, path, notes)), noteOf(path, notes))];
    }),
  );
}

/** Wherever one value may stand, a text with a variable may. */
function orVariable(form: Form): Form {
  if (!isOneValue(form)) return form;
  const { description, default: given, anyOf, ...one } = form;
  return {
    ...(description === undefined ? {} : { description }),
    ...(given === undefined ? {} : { default: given }),
    anyOf: [...(anyOf ?? [one]), IS_VARIABLE],
    ...(anyOf === undefined ? {} : one),
  };
}

function isOneValue({ type, enum: words, const: word, anyOf = [] }: Form): boolean {
  const isScalar = type === 'string' || type === 'number' || type === 'integer' || type === 'boolean';
  return isScalar || words !== undefined || word !== undefined || anyOf.some(isOneValue);
}

/** A list may say of its page what `page` says. */
function noteOf(path: string, notes: Notes): KeyNote | null {
  return notes.get(path) ?? notes.get(path.replace(/^lists\[\]\.(?=page\.)/, '')) ?? null;
}

/** The file's words first, then those of the kind of value, which are those of an error, too (`errorMessage`). */
function described(form: Form, note: KeyNote | null): Form {
  const { description: kind = kindOf(form), anyOf, ...rest } = form;
  const description = [note?.text ?? '', kind].filter((text) => text !== '').join('\n\n');
  const examples = note?.examples ?? [];
  const own =
    anyOf === undefined
      ? rest
      : { ...rest, anyOf: alternatives(anyOf).map((one) => withMessage(one, isMany(one) ? '' : kind)) };
  return {
    ...(description === '' ? {} : { description }),
    ...(anyOf === undefined ? withMessage(own, kind) : own),
    ...(examples.length === 0 ? {} : { examples }),
  };
}

/** One after the other, without alternatives in them. */
function alternatives(forms: readonly Form[]): readonly Form[] {
  return forms.flatMap((form) =>
    form.anyOf === undefined || form['type'] !== undefined ? [form] : alternatives(form.anyOf),
  );
}

function isMany({ type }: Form): boolean {
  return type === 'object' || type === 'array';
}

/** An editor would show the words of an alternative in place of those of the key. */
function withMessage(form: Form, errorMessage: string): Form {
  const { description: _description, ...rest } = form;
  return errorMessage === '' ? rest : { ...rest, errorMessage };
}

/** The words of a value that may be null as well. */
function kindOf({ anyOf = [] }: Form): string {
  return anyOf
    .map((one) => one.description ?? kindOf(one))
    .filter((text) => text !== '')
    .join(' ');
}
