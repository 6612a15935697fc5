/**
 * What plain data (of YAML, of JSON) has to look like, and what is made of it: every fault at once, each with its path; the type of
 * the result follows from the shape. Every command that reads a configuration loads this, so that it is small: the library that was here
 * before (zod) took 100 ms of CPU to load, and 50 more to make the schema (docs/dependencies.md).
 *
 *   field(read)   a value that a function reads         mapping({ … })   keys that are known, no others: open() lets others stay
 *   nullable()    null as well                          listOf(shape)    a list, with bounds
 *   prefault(x)   x where there is no value             recordOf(shape)  a mapping with any keys
 *
 * `form()` says the same as JSON Schema, for editors; a field's own part of it comes with its reader.
 *
 * A shape must not throw, whatever it is given, and must not word what only its user can name (schema-faults.ts of `config`).
 */
import { valuesFor } from './map-values.ts';
import type { Parsed } from './types.ts';

/** The way to a value: keys and list indexes. */
type ShapePath = (string | number)[];

/** `path`: of the value; of `unknown`, of the mapping that has the keys. */
export type ShapeFault =
  | { readonly kind: 'value'; readonly path: ShapePath; readonly reason: string }
  | { readonly kind: 'type'; readonly path: ShapePath; readonly expected: 'a list' | 'a mapping' }
  | { readonly kind: 'too-short' | 'too-long'; readonly path: ShapePath; readonly bound: number }
  | { readonly kind: 'unknown'; readonly path: ShapePath; readonly keys: readonly string[] };

export type Shaped<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly ShapeFault[] };

/** The keywords of JSON Schema (draft-07) that say what may be written. */
export interface Form {
  readonly properties?: Readonly<Record<string, Form>> | undefined;
  readonly items?: Form;
  readonly anyOf?: readonly Form[];
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

export type Reader<T> = (value: unknown) => Parsed<T>;

/** What a shape makes of data that fits. */
export type Output<S> = S extends Shape<infer T> ? T : never;

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Outputs<S extends Shapes> = { [K in keyof S]: Output<S[K]> };

export abstract class Shape<T> {
  /** Appends what is wrong. @returns what is made of the value; where something was appended, nothing of use. */
  abstract read(value: unknown, faults: ShapeFault[]): unknown;

  abstract form(): Form;

  parse(value: unknown): Shaped<T> {
    const faults: ShapeFault[] = [];
    const made = this.read(value, faults);
    // oxlint-disable-next-line typescript/consistent-type-assertions -- each `read` makes what its shape says: that is all that the type stands for
    return faults.length === 0 ? { ok: true, value: made as T } : { ok: false, faults };
  }

  nullable(): Shape<T | null> {
    return new Wrapped<T | null>(
      this,
      (value, faults) => (value === null ? null : this.read(value, faults)),
      () => ({ anyOf: [{ type: 'null' }, this.form()] }),
    );
  }

  /** @param given is read as if it stood in the data. */
  prefault(given: unknown): Shape<T> {
    return new Wrapped<T>(
      this,
      (value, faults) => this.read(value === undefined ? given : value, faults),
      () => ({ ...this.form(), default: given }),
    );
  }
}

/** A value that is missing is a fault, unless the shape gives a default. @param form of what the reader takes. */
export function field<T>(reader: Reader<T>, form: () => Form = anything): Shape<T> {
  return new Field<T>(reader, form);
}

class Field<T> extends Shape<T> {
  readonly #reader: Reader<T>;
  readonly #form: () => Form;

  constructor(reader: Reader<T>, form: () => Form) {
    super();
    this.#reader = reader;
    this.#form = form;
  }

  override form(): Form {
    return this.#form();
  }

  override read(value: unknown, faults: ShapeFault[]): unknown {
    const parsed: Parsed<T> = value === undefined ? { ok: false, reason: 'is required' } : this.#reader(value);
    if (parsed.ok) return parsed.value;
    faults.push({ kind: 'value', path: [], reason: parsed.reason });
    return undefined;
  }
}

/** A shape around another one, of the same keys. */
export class Wrapped<T> extends Shape<T> {
  readonly inner: Shape<unknown>;
  readonly #read: Shape<T>['read'];
  readonly #form: () => Form;

  constructor(inner: Shape<unknown>, read: Shape<T>['read'], form: () => Form) {
    super();
    this.inner = inner;
    this.#read = read;
    this.#form = form;
  }

  override form(): Form {
    return this.#form();
  }

  override read(value: unknown, faults: ShapeFault[]): unknown {
    return this.#read(value, faults);
  }
}

/** `change` comes first: what is given may have a second form, `other`. */
export function changed<T>(change: (value: unknown) => unknown, shape: Shape<T>, other: Form): Shape<T> {
  return new Wrapped<T>(
    shape,
    (value, faults) => shape.read(change(value), faults),
    () => ({ anyOf: [shape.form(), other] }),
  );
}

/** A value in two forms: what is no mapping is read by the first shape. */
export function eitherForm<T, U>(plain: Shape<T>, keyed: Shape<U>): Shape<T | U> {
  return new Wrapped<T | U>(
    keyed,
    (value, faults) => (isMapping(value) ? keyed : plain).read(value, faults),
    () => ({ anyOf: [plain.form(), keyed.form()] }),
  );
}

/** @param optional keys that may be missing, and then are in the result. */
export function mapping<S extends Shapes>(required: S): Mapping<Outputs<S>>;
export function mapping<S extends Shapes, O extends Shapes>(
  required: S,
  optional: O,
): Mapping<Outputs<S> & Partial<Outputs<O>>>;
export function mapping(required: Shapes, optional: Shapes = {}): Mapping<unknown> {
  return new Mapping({ ...required, ...optional }, new Set(Object.keys(optional)));
}

/** The same of each of these keys. */
export function eachOf<K extends string, T>(keys: readonly K[], shape: Shape<T>): Mapping<Record<K, T>> {
  return new Mapping(valuesFor(keys, () => shape));
}

export class Mapping<T> extends Shape<T> {
  readonly shapes: Shapes;
  readonly #optional: ReadonlySet<string>;
  readonly #isOpen: boolean;

  constructor(shapes: Shapes, optional: ReadonlySet<string> = new Set(), isOpen = false) {
    super();
    this.shapes = shapes;
    this.#optional = optional;
    this.#isOpen = isOpen;
  }

  /** Of what another release may have written: keys that are not known stay as they are. */
  open(): Mapping<T> {
    return new Mapping(this.shapes, this.#optional, true);
  }

  override form(): Form {
    const shapes = Object.entries(this.shapes);
    const isRequired = ([key, shape]: readonly [string, Shape<unknown>]): boolean =>
      !this.#optional.has(key) && !shape.parse(undefined).ok;
    return {
      type: 'object',
      properties: Object.fromEntries(shapes.map(([key, shape]) => [key, shape.form()])),
      required: shapes.filter(isRequired).map(([key]) => key),
      additionalProperties: this.#isOpen,
    };
  }

  override read(value: unknown, faults: ShapeFault[]): unknown {
    if (!isMapping(value)) return notA('a mapping', faults);
    const made: Record<string, unknown> = this.#isOpen ? { ...value } : {};
    for (const [key, shape] of Object.entries(this.shapes)) {
      const given = Object.hasOwn(value, key) ? value[key] : undefined;
      if (given !== undefined || !this.#optional.has(key)) made[key] = readAt(key, shape, given, faults);
    }
    if (this.#isOpen) return made;
    const keys = Object.keys(value).filter((key) => !Object.hasOwn(this.shapes, key));
    if (keys.length > 0) faults.push({ kind: 'unknown', path: [], keys });
    return made;
  }
}

export function listOf<T>(shape: Shape<T>): ListOf<T> {
  return new ListOf<T>(shape, 0, Infinity);
}

export class ListOf<T> extends Shape<readonly T[]> {
  readonly element: Shape<T>;
  readonly #least: number;
  readonly #most: number;

  constructor(element: Shape<T>, least: number, most: number) {
    super();
    this.element = element;
    this.#least = least;
    this.#most = most;
  }

  min(least: number): ListOf<T> {
    return new ListOf(this.element, least, this.#most);
  }

  max(most: number): ListOf<T> {
    return new ListOf(this.element, this.#least, most);
  }

  override form(): Form {
    return {
      type: 'array',
      items: this.element.form(),
      ...(this.#least === 0 ? {} : { minItems: this.#least }),
      ...(this.#most === Infinity ? {} : { maxItems: this.#most }),
    };
  }

  override read(value: unknown, faults: ShapeFault[]): unknown {
    if (!Array.isArray(value)) return notA('a list', faults);
    const made = value.map((one: unknown, i) => readAt(i, this.element, one, faults));
    if (made.length < this.#least) faults.push({ kind: 'too-short', path: [], bound: this.#least });
    if (made.length > this.#most) faults.push({ kind: 'too-long', path: [], bound: this.#most });
    return made;
  }
}

export function recordOf<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return new RecordOf<T>(shape);
}

class RecordOf<T> extends Shape<Record<string, T>> {
  readonly #shape: Shape<T>;

  constructor(shape: Shape<T>) {
    super();
    this.#shape = shape;
  }

  override form(): Form {
    return { type: 'object', additionalProperties: this.#shape.form() };
  }

  override read(value: unknown, faults: ShapeFault[]): unknown {
    if (!isMapping(value)) return notA('a mapping', faults);
    // Of own properties, whatever the key: `__proto__` is a key like any other.
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readAt(key, this.#shape, one, faults)]));
  }
}

/** Faults below get their path piece by piece: data that fits costs no path. */
function readAt(key: string | number, shape: Shape<unknown>, value: unknown, faults: ShapeFault[]): unknown {
  const before = faults.length;
  const made = shape.read(value, faults);
  for (let i = before; i < faults.length; i += 1) faults[i]?.path.unshift(key);
  return made;
}

function anything(): Form {
  return {};
}

function notA(expected: 'a list' | 'a mapping', faults: ShapeFault[]): undefined {
  faults.push({ kind: 'type', path: [], expected });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
