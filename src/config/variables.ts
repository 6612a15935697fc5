/**
 * Variables in the values of a configuration: text from the environment, or from a credential of the service manager.
 *
 *   port: ${PORT}                        read as the number
 *   source: https://${HOST}/own.txt      a part of a text
 *   bearer: credential:own               no variable: the key itself takes a credential
 *   operator: ${credential:operator}     the text of a credential
 *   reason: "costs $${5}"                → costs ${5}
 *
 *   document ─▶ text in place of each ─▶ a number or a switch, where the schema refuses a text that is all of a value
 *
 * Keys are never looked at. A text is text: nothing of it is YAML. It must not put a value into a message.
 */
import type { Shape } from '../lib/shape.ts';
import type { Parsed } from '../lib/types.ts';
import { keyText, type KeyPath, type PendingDiagnostic } from './diagnostic.ts';
import type { ParsedDocument } from './document.ts';
import { changedAt } from './plain-data.ts';
import type { ConfigVariable } from './types.ts';

/** Takes a name without what stands around it: `PORT`, `credential:own`. */
export type VariableReader = (name: string) => Parsed<string>;

export interface SettledDocument extends ParsedDocument {
  readonly variables: readonly ConfigVariable[];
  /** The variables that have no value. */
  readonly unset: readonly PendingDiagnostic[];
  /** The document as it is written. */
  readonly written: unknown;
  readonly rest: SettledDocument | null;
  /** The variables of the value at a path, as they are written; empty: it has none. */
  readonly variablesAt: (path: KeyPath) => readonly string[];
}

const MARK = '${';
const VARIABLE = /\$\$\{|\$\{([^}]*)\}?/g;
const NAME = /^(?:[A-Za-z_]\w*|credential:[A-Za-z0-9_-][A-Za-z0-9._-]*)$/;
const SYNTAX = 'is no variable: write ${NAME} or ${credential:NAME}, and $${ for the characters themselves';

interface Found {
  readonly path: KeyPath;
  readonly written: readonly string[];
  /** The value is one variable and nothing else. */
  readonly isWhole: boolean;
}

interface Work {
  readonly read: VariableReader;
  readonly found: Found[];
  readonly variables: Map<string, string>;
  readonly faults: { readonly path: KeyPath; readonly message: string }[];
}

/** @returns the names of all variables in it, once each. */
export function variableNames(data: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const note: VariableReader = (name) => {
    names.add(name);
    return { ok: true, value: '' };
  };
  if (hasMark(data)) replaced(data, [], { read: note, found: [], variables: new Map(), faults: [] });
  return names;
}

/** @param shape decides what is text and what is a number. */
export function withVariables(document: ParsedDocument, shape: Shape<unknown>, read: VariableReader): SettledDocument {
  const work: Work = { read, found: [], variables: new Map(), faults: [] };
  const texts = hasMark(document.data) ? replaced(document.data, [], work) : document.data;
  const byPath = new Map(work.found.map((one) => [keyText(one.path), one]));
  return {
    ...document,
    data: retyped(texts, byPath, shape),
    written: document.data,
    variables: [...work.variables].map(([name, text]) => ({ written: `${MARK}${name}}`, text })),
    unset: work.faults.map(({ path, message }) => ({ position: document.locate(path), path, message })),
    rest: document.rest === null ? null : withVariables(document.rest, shape, read),
    variablesAt: (path) => byPath.get(keyText(path))?.written ?? [],
  };
}

/** Most documents have none, and are not copied. */
function hasMark(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MARK);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMark);
}

function replaced(value: unknown, path: KeyPath, work: Work): unknown {
  if (typeof value === 'string') return value.includes(MARK) ? textOf(value, path, work) : value;
  if (Array.isArray(value)) return value.map((one: unknown, i) => replaced(one, [...path, i], work));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, [...path, key], work)]));
}

function textOf(value: string, path: KeyPath, { read, found, variables, faults }: Work): string {
  const written: string[] = [];
  const text = value.replaceAll(VARIABLE, (all: string, name: string | undefined) => {
    if (name === undefined) return MARK;
    const given: Parsed<string> = NAME.test(name) && all.endsWith('}') ? read(name) : { ok: false, reason: SYNTAX };
    if (!given.ok) faults.push({ path, message: given.reason });
    if (!given.ok) return all;
    written.push(all);
    variables.set(name, given.value);
    return given.value;
  });
  if (written.length > 0) found.push({ path, written, isWhole: written[0] === value });
  return text;
}

/** `443` is a text to a name, and a number to a port: the schema says which. */
function retyped(data: unknown, found: ReadonlyMap<string, Found>, shape: Shape<unknown>): unknown {
  if (found.size === 0) return data;
  const read = shape.parse(data);
  const refused = read.ok
    ? []
    : read.faults.filter(({ kind, path }) => kind === 'value' && found.get(keyText(path))?.isWhole === true);
  return refused.reduce((changed, { path }) => changedAt(changed, path, typed), data);
}

function typed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}
