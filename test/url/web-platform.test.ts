/**
 * Hosts against the web platform tests: WHATWG `toascii` and Unicode's IdnaTestV2. Every departure is listed by case in
 * idna-departures.json, under one of four reasons; a case that begins or ceases to differ fails here.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { canonicalHost } from '../../src/url/host.ts';

interface Case {
  readonly input: string;
  /** Null: not a host. */
  readonly output: string | null;
}

/** docs/canonical-form.md: H8, H8, H10, H6. Each says what we make of the case instead. */
const REASONS: Readonly<Record<string, (given: Case) => string | null>> = {
  'empty labels fold': ({ output }) => folded(output),
  'nothing but dots': () => null,
  'too long for DNS': () => null,
  'forbidden before normalisation': () => null,
};

type Departures = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
const DEPARTURES = JSON.parse(readFileSync(new URL('./idna-departures.json', import.meta.url), 'utf8')) as Departures;

describe.each([
  { name: 'toascii.json', cases: toAscii() },
  { name: 'idna-test-v2.jsonl', cases: idnaTestV2() },
])('$name', ({ name, cases }) => {
  const listed = Object.entries(DEPARTURES[name] ?? {});

  test('agrees but for the cases that are listed', () => {
    expect(cases.length).toBeGreaterThan(80);
    const differing = cases.filter(({ input, output }) => ours(input) !== output).map(({ input }) => input);
    expect(new Set(differing)).toEqual(new Set(listed.flatMap(([, inputs]) => inputs)));
  });

  test('each listed case departs for its reason', () => {
    const byInput = new Map(cases.map((given) => [given.input, given]));
    for (const [reason, inputs] of listed) {
      for (const input of inputs) {
        const given = byInput.get(input)!;
        expect({ input, reason, ours: ours(input), isSo: isSo(reason, given) }).toEqual({
          input,
          reason,
          ours: REASONS[reason]!(given),
          isSo: true,
        });
      }
    }
  });
});

test('every departure has a known reason', () => {
  expect(new Set(Object.values(DEPARTURES).flatMap((groups) => Object.keys(groups)))).toEqual(
    new Set(Object.keys(REASONS)),
  );
});

function vectors(file: string): string {
  return readFileSync(new URL(`./vectors/${file}`, import.meta.url), 'utf8');
}

function toAscii(): readonly Case[] {
  // Strings between the cases are remarks.
  return (JSON.parse(vectors('toascii.json')) as (string | Case)[]).filter((item) => typeof item !== 'string');
}

function idnaTestV2(): readonly Case[] {
  const lines = vectors('idna-test-v2.jsonl').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [input, output] = JSON.parse(line) as [string, string | null];
      return { input, output };
    });
}

function ours(input: string): string | null {
  return canonicalHost(Buffer.from(input, 'utf8').toString('latin1'));
}

function isSo(reason: string, { input, output }: Case): boolean {
  const name = folded(output);
  if (reason === 'nothing but dots') return name === '';
  if (reason === 'too long for DNS') return name.length > 253 || name.split('.').some((label) => label.length > 63);
  // `<` with U+0338 is one letter in another normal form; on the wire it is a `<`.
  if (reason === 'forbidden before normalisation') return /[<>]/.test(input);
  return name !== output;
}

function folded(output: string | null): string {
  return (output ?? '')
    .split('.')
    .filter((label) => label !== '')
    .join('.');
}
