/**
 * The JSON Schema beside the program's own schema: what the one takes the other takes, and what the one refuses the other refuses. Documents are the
 * shipped ones, every text of the tests of `config` that is one, and for each key values of every kind, in bounds and beyond. What a pattern cannot say is
 * named in BEYOND_PATTERNS; there the JSON Schema takes more, never less.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { jsonSchema } from '../../src/config/json-schema.ts';
import { configKeys } from '../../src/config/load.ts';
import { at } from '../../src/config/plain-data.ts';
import { keyText } from '../../src/config/diagnostic.ts';
import { relayKeys, relaySchema } from '../../src/config/relay.ts';
import { schema } from '../../src/config/schema.ts';
import type { Form, Shape } from '../../src/lib/shape.ts';
import { share } from '../support/share.ts';
import { exampleDocument } from './example-document.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const filter = jsonSchema('filter');
const relay = jsonSchema('relay');
const ajv = new Ajv({ strict: false });
const filterTakes = ajv.compile(filter);
const relayTakes = ajv.compile(relay);

/** What the program refuses and no pattern says, by the words of its refusal. */
const BEYOND_PATTERNS: readonly RegExp[] = [
  // Several units, or parts of one: compared with the bounds one by one.
  /^must be from .* to .*, not '(?:\d+\.\d+[a-z]+|(?:[\d.]+[a-z]+){2,})'$/,
  /has bits set outside the prefix/,
  /^'444-443' is not a port or range/,
  /^must be a URL that starts with .*, not '(?:https?|mailto):/i,
  /^must be an IPv6 prefix like .*, not '::ffff:192/,
];

/** Of every kind, and of every kind of text that a key may want. */
const VALUES: readonly unknown[] = JSON.parse(`[
  null, true, false, -1, 0, 1, 2, 3, 5, 0.25, 1.5, 7, 64, 403, 451, 500, 65535, 65536, 1e6, 1e7, 1e9, 1e12, -0.001,
  "", " ", "x", "auto", "none", "block", "count", "0s", "1s", "5s", "10ms", "9ms", "30s", "60s", "61s", "1m", "5m", "1h", "1d", "7d", "8d", "400d",
  "3661d", "1.5h", "2h4m", "1m1m", "59m60s", "007s", "-1s", "1 s", "0B", "1B", "64B", "63B", "1KiB", "512MiB", "1024GiB", "1025GiB", "1TiB", "1.5KiB",
  "127.0.0.1", "::1", "::", "2001:db8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9", "::ffff:192.0.2.1", "010.0.0.1", "256.0.0.1",
  "fe80::1%eth0", "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "2001:db8::/32", "2001:db8::/129", "::ffff:192.0.2.0/120",
  "64:ff9b::/96", "64:ff9b::/95", "192.0.2.53:53", "192.0.2.53:0", "192.0.2.53:65536", "[2001:db8::53]:53", "[2001:db8::53", "443", "443-444",
  "444-443", "0-1", "1-65536", "host.example", "HOST.example.", "-host.example", "*.host.example", "host.example:3128", "192.0.2.1:3128",
  "[2001:db8::1]:3128", "_a.b-c", "https://isp.example/", "HTTP://isp.example", "mailto:a@isp.example", "ftp://isp.example/", "https:",
  "https://a b/", "/etc/x", "./own.txt", "credential:own", "credential:a/b", "credential:", "websocket", "name/1.0", "h2c", "HTTP/1.1", "hello",
  "nxdomain", "refused", "nodata", "fr", "pt-BR", "f", "10.0.0.0/8\\n# a comment\\n 2001:db8::/32 # b\\n\\n", "10.0.0.0/8\\nx",
  [], ["x"], [1, 2], [1, 65536], [1, 2, 3], ["10.0.0.0/8"], [null], [[]], [["x"]], [{}], {}, { "zzz": 1 }, { "a": ["192.0.2.1"] }, { "a": [] },
  { "a": null, "aaaa": ["::1"] }, { "a": ["::1"] }, { "a": ["192.0.2.1"], "b": 1 }, { "en": "x" }, { "en": null }, { "en": "" }, { "en": 1 },
  "witness.example/1+0123abcd+${'A'.repeat(44)}", "${'n'.repeat(63)}", "${'n'.repeat(64)}", "${'x'.repeat(101)}", "${'x'.repeat(5000)}"
]`) as readonly unknown[];

const base = exampleDocument();

describe.each([
  { name: 'filter', keys: configKeys(), shape: schema, takes: filterTakes, base },
  {
    name: 'relay',
    keys: relayKeys(),
    shape: relaySchema,
    takes: relayTakes,
    base: parse(readFileSync(join(ROOT, 'config/relay.yaml'), 'utf8')) as unknown,
  },
])('$name', ({ keys, shape, takes, base: document }) => {
  test('the document that keys are changed in is taken by both', () => {
    expect({ own: faultsOf(shape, document), other: takes(document) }).toEqual({ own: [], other: true });
  });

  test.each(keys)('%s: values of every kind', (key) => {
    const few = withSectionOf(document, key);
    const differing = share(VALUES, 4, keys.indexOf(key)).flatMap((value) =>
      differenceAt(shape, takes, withValue(few, key, value)),
    );
    expect(differing).toEqual([]);
  });

  test.each(keys)('%s: an unknown key beside it, and no key at all', (key) => {
    const beside = key.replace(/\w+$/, 'zzz');
    expect(takes(withValue(document, beside, 1))).toBe(false);
    expect(differenceAt(shape, takes, withValue(document, key, undefined))).toEqual([]);
  });
});

/** A source is a text in the document, and a mapping for its own keys. */
const keyed = (key: string): unknown =>
  key.startsWith('lists[].source.') ? withValue(base, 'lists[].source.format', 'hosts') : base;

test('wherever one value may stand, a text with a variable may, and elsewhere none', () => {
  const lists = new Set(
    configKeys().filter((key) =>
      configKeys().some((other) => /^[.[]/.test(other.replace(key, '')) && other.startsWith(key)),
    ),
  );
  const plain = configKeys().filter((key) => !lists.has(key) && !Array.isArray(valueAt(base, key)));
  expect(plain.length).toBeGreaterThan(150);
  expect(plain.filter((key) => !filterTakes(withValue(keyed(key), key, 'a ${NAME}')))).toEqual(MAPPINGS_AND_LISTS);
  expect(plain.filter((key) => !filterTakes(withValue(keyed(key), key, '${credential:a.b}')))).toEqual(
    MAPPINGS_AND_LISTS,
  );
  expect(
    ['$${PORT}', '${PORT', '${a b}', '$PORT'].filter((text) => filterTakes(withValue(base, 'admin.port', text))),
  ).toEqual([]);
});

describe('whole documents', () => {
  test.each(
    readdirSync(join(ROOT, 'config'), { recursive: true, encoding: 'utf8' }).filter((name) => isConfiguration(name)),
  )('config/%s', (name) => {
    const document: unknown = parse(readFileSync(join(ROOT, 'config', name), 'utf8'));
    const [shape, takes] = name === 'relay.yaml' ? [relaySchema, relayTakes] : [schema, filterTakes];
    expect({ own: faultsOf(shape, document), other: takes(document) }).toEqual({ own: [], other: true });
  });

  const documents = documentsOfTests();

  test('those of the tests of config are found, sound and broken', () => {
    const sound = documents.filter((document) => schema.parse(document).ok).length;
    expect({ sound: sound > 50, broken: documents.length - sound > 50 }).toEqual({ sound: true, broken: true });
  });

  test('of them both say the same', () => {
    expect(documents.flatMap((document) => differenceAt(schema, filterTakes, document))).toEqual([]);
  });
});

describe('what editors show', () => {
  const described = new Map(keysOf(filter, ''));

  test('each key of the configuration, with its words', () => {
    expect([...described.keys()].filter((key) => !/\.a{1,4}$/.test(key)).toSorted()).toEqual(
      configKeys()
        .filter((key) => !/\.a{1,4}$/.test(key))
        .toSorted(),
    );
    const silent = [...described].filter(([, { description = '' }]) => description === '').map(([key]) => key);
    // What stands at the key above says it of both.
    expect(silent).toEqual(SILENT);
  });

  test('units, range, default and examples', () => {
    expect(described.get('limits.headerBytes')).toMatchObject({
      description:
        'of a request head; 64B to 16MiB\n\nMust be from 64B to 16MiB, like 512B, 64KiB or 16MiB; a plain number is bytes.',
      default: '64KiB',
    });
    // An editor shows the words of the alternative that fits in place of the key's own.
    expect(described.get('lists[].interval')?.anyOf).toEqual(
      [{ type: 'null' }, { type: 'number' }, { type: 'string' }, { $ref: '#/definitions/variable' }].map((one) =>
        expect.objectContaining({ ...one, errorMessage: expect.stringMatching(/^Must be from 10s to 7d/) as unknown }),
      ),
    );
    expect(JSON.stringify(described.get('lists[].interval')).match(/"description"/g)).toHaveLength(1);
    expect(described.get('lists[].ifPublisherGone.after')).toMatchObject({ default: '30d', examples: ['30d'] });
    expect(described.get('resolver.front.inFlight')).toMatchObject({
      anyOf: [{ minimum: 64, maximum: 32_768 }, { $ref: '#/definitions/variable' }],
      default: 16_384,
    });
    expect(described.get('lists')).toMatchObject({
      maxItems: 32,
      description: expect.stringMatching(/^Lists of addresses/) as unknown,
    });
  });
});

/** Those that are no single value, and those whose neighbours are missing in the document. */
const MAPPINGS_AND_LISTS: readonly string[] = [
  'listeners[].lists',
  'listeners[].addresses',
  'listeners[].ports',
  'listeners[].resolver',
  'listeners[].upstream',
  'lists[].source.values',
  'lists[].source.sinks',
  'lists[].mirrors',
  'lists[].witnesses',
  'lists[].page.tipLine.name',
  'lists[].page.tipLine.url',
  'lists[].page.help[].name',
  'lists[].page.help[].url',
  'languages.use',
  'guard.check',
];

const SILENT: readonly string[] = [
  'resolver.answers.block.a',
  'resolver.answers.block.aaaa',
  'resolver.answers.steer.a',
  'resolver.answers.steer.aaaa',
  'resolver.zones[].answer.a',
  'resolver.zones[].answer.aaaa',
];

function isConfiguration(name: string): boolean {
  return name.endsWith('.yaml') && !name.startsWith('languages');
}

/** @returns what is wrong with the comparison, if anything is. */
function differenceAt(
  shape: Shape<unknown>,
  takes: (document: unknown) => boolean,
  document: unknown,
): readonly string[] {
  const own = faultsOf(shape, document);
  const other = takes(document);
  if ((own.length === 0) === other) return [];
  if (!other)
    return [
      `only the JSON Schema refuses: ${JSON.stringify(document).slice(0, 100)} ${ajv.errorsText(filterTakes.errors)}`,
    ];
  return own.every((fault) => BEYOND_PATTERNS.some((known) => known.test(fault.slice(fault.indexOf(': ') + 2))))
    ? []
    : own.map((fault) => `only the program refuses: ${fault}`);
}

function faultsOf(shape: Shape<unknown>, document: unknown): readonly string[] {
  const read = shape.parse(document);
  if (read.ok) return [];
  return read.faults.map((fault) => `${keyText(fault.path)}: ${fault.kind === 'value' ? fault.reason : fault.kind}`);
}

/** Without the sections that need not be there: so many questions take minutes with all of them. */
function withSectionOf(document: unknown, key: string): unknown {
  const needed = new Set([key.split(/[.[]/)[0], 'source', 'publish']);
  return Object.fromEntries(Object.entries(document as object).filter(([name]) => needed.has(name)));
}

function valueAt(document: unknown, key: string): unknown {
  const steps = key.split(/\.|(?=\[\])/);
  return steps.reduce((value: unknown, step) => at(value, step === '[]' ? 0 : step), document);
}

/** A copy with the value at the key, of lists in their first item. @param value undefined: without the key. */
function withValue(document: unknown, key: string, value: unknown): unknown {
  const copy = structuredClone(document);
  const steps = key.split(/\.|(?=\[\])/).map((step) => (step === '[]' ? 0 : step));
  let at = copy as Record<string | number, unknown>;
  for (const [i, step] of steps.slice(0, -1).entries()) {
    const next = at[step];
    if (typeof next !== 'object' || next === null) at[step] = steps[i + 1] === 0 ? [] : {};
    at = at[step] as Record<string | number, unknown>;
  }
  const last = steps.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

/** Every literal of the tests beside this one that is a mapping of YAML. */
function documentsOfTests(): readonly unknown[] {
  const files = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.test.ts') && !name.startsWith('variables'),
  );
  const literals = files.flatMap((name) => literalsOf(readFileSync(join(import.meta.dirname, name), 'utf8')));
  return literals.flatMap(([, plain, template]) => {
    const text = (plain ?? template ?? '').replaceAll('\\n', '\n').replaceAll(/\\(.)/g, '$1');
    const document = parsed(text);
    const isKnown =
      typeof document === 'object' &&
      document !== null &&
      Object.keys(document).some((key) => configKeys().includes(key));
    return isKnown ? [document] : [];
  });
}

function literalsOf(source: string): readonly RegExpExecArray[] {
  return Array.from(source.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\$]|\\.)*)`/g));
}

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return null;
  }
}

function keysOf(form: Form, under: string): readonly (readonly [string, Form])[] {
  const own = Object.entries(form.properties ?? {}).flatMap(([key, one]) => {
    const path = under === '' ? key : `${under}.${key}`;
    return [[path, one] as const].concat(keysOf(one, path));
  });
  const items = form.items === undefined ? [] : keysOf(form.items, `${under}[]`);
  return [...own, ...items, ...(form.anyOf ?? []).flatMap((one) => keysOf(one, under))];
}
