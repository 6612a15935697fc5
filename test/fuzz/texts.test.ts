/**
 * Texts that come whole, as files or as bodies: whatever stands in them gives a value, words that say what is wrong, or a typed error. Readers
 * of streams, and of what is worth a search, are fuzz targets.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parsedQuestion } from '../../src/admin/explain-request.ts';
import { ListError } from '../../src/list/list-error.ts';
import { haveSameKeys, isMetadata, rootVersion } from '../../src/list/source/tuf/trusted-metadata.ts';
import { readObject } from '../../src/list/transparency/leaf.ts';

const ROOT = readFileSync(join(import.meta.dirname, '..', 'publish', 'vectors', 'root.json'), 'utf8');

/** Sound text with some of it cut out, doubled, or replaced. */
function changed(sound: string): fc.Arbitrary<string> {
  const piece = fc.constantFrom('', '{', '}', '[', ']', '"', ':', ',', 'null', '1e999', '-1', '"__proto__"', '\\u0000');
  return fc
    .array(fc.tuple(fc.nat(sound.length), fc.nat(40), piece), { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce((text, [at, length, by]) => text.slice(0, at) + by + text.slice(at + length), sound),
    );
}

/** A JSON object with one of its values, at any depth, replaced by another. */
function misfit(sound: string): fc.Arbitrary<string> {
  const places = [...placesOf(JSON.parse(sound))];
  return fc
    .tuple(fc.constantFrom(...places), fc.jsonValue())
    .map(([path, value]) => JSON.stringify(withValue(JSON.parse(sound), path, value)));
}

function* placesOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* placesOf(inner, [...path, key]);
}

function withValue(data: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner = Object.entries(data as object).map(([name, one]): [string, unknown] => [
    name,
    name === key ? withValue(one, rest, value) : one,
  ]);
  return Array.isArray(data) ? inner.map(([, one]) => one) : Object.fromEntries(inner);
}

describe('metadata of a repository', () => {
  test('sound metadata is read', () => {
    expect(rootVersion(ROOT)).toBe(1);
    expect(haveSameKeys(ROOT, ROOT)).toBe(true);
    expect(isMetadata(ROOT)).toBe(true);
  });

  test.each([
    ['with text that does not belong there', changed(ROOT)],
    ['with a value of another kind', misfit(ROOT)],
    ['of any JSON', fc.json()],
    ['of any text', fc.string()],
  ])('%s: read, or refused by an error of the list', (_, texts) => {
    let refused = 0;
    fc.assert(
      fc.property(texts, (text) => {
        isMetadata(text);
        try {
          expect(rootVersion(text)).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof ListError)) throw error;
          refused += 1;
        }
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe('a question to explain', () => {
  const question = fc.record(
    {
      url: fc.oneof(fc.string(), fc.jsonValue()),
      listener: fc.oneof(fc.string(), fc.jsonValue()),
      client: fc.oneof(fc.string(), fc.jsonValue()),
      dns: fc.oneof(fc.boolean(), fc.jsonValue()),
      more: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  const sound = fc.record({ url: fc.string(), client: fc.option(fc.string()), dns: fc.boolean() });

  test('is one, or words say what it would be', () => {
    let asked = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.oneof(question, sound).map((one) => JSON.stringify(one)),
          fc.json(),
          fc.string(),
        ),
        (body) => {
          const read = parsedQuestion(body);
          if (typeof read === 'string') return expect(read).toMatch(/^[a-z ,]+ (?:is|has) /i);
          asked += 1;
          expect({ ...read, url: typeof read.url, dns: typeof read.dns }).toEqual({
            url: 'string',
            listener: read.listener === null ? null : expect.any(String),
            client: read.client === null ? null : expect.any(String),
            dns: 'boolean',
          });
          expect(read.url).not.toBe('');
        },
      ),
      { numRuns: 2000 },
    );
    expect(asked).toBeGreaterThan(50);
  });
});

test('an object is read from its text, or there is none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      const read = readObject(text);
      if (read !== null) expect(read).toEqual(JSON.parse(text));
    }),
  );
});
