/** Patterns of numbers within bounds, and of durations and sizes, beside the numbers themselves. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseDuration, parseSize } from '../../src/config/quantities.ts';
import { durationForm, sizeForm } from '../../src/config/value-forms.ts';
import type { Form } from '../../src/lib/shape.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

const bounds = fc
  .tuple(fc.nat(2_000_000), fc.nat(2_000_000))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe('a whole number of one unit is taken within bounds and nowhere else', () => {
  test('durations', () => {
    const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd');
    fc.assert(
      fc.property(bounds, unit, fc.nat(3_000_000), (between, name, any) => {
        // Near a bound more often than not.
        for (const count of [
          any,
          ...between.flatMap((bound) => [-1, 0, 1].map((by) => Math.floor(bound / UNITS[name]) + by)),
        ]) {
          if (count < 0) continue;
          const parsed = parseDuration(`${count}${name}`);
          const isWithin = parsed.ok && parsed.value >= between[0] && parsed.value <= between[1];
          expect([count, name, takes(durationForm(...between), `${count}${name}`)]).toEqual([count, name, isWithin]);
        }
      }),
    );
  });

  test('sizes', () => {
    const unit = fc.constantFrom('B', 'KiB', 'MiB', 'GiB');
    fc.assert(
      fc.property(bounds, unit, fc.nat(3_000_000), (between, name, any) => {
        for (const count of [
          any,
          ...between.flatMap((bound) => [-1, 0, 1].map((by) => Math.floor(bound / SIZES[name]) + by)),
        ]) {
          if (count < 0) continue;
          const parsed = parseSize(`${count}${name}`);
          const isWithin = parsed.ok && parsed.value >= between[0] && parsed.value <= between[1];
          expect([count, name, takes(sizeForm(...between), `${count}${name}`)]).toEqual([count, name, isWithin]);
        }
      }),
    );
  });
});

test('what the program takes of several units and parts of one is taken', () => {
  const part = fc
    .tuple(fc.nat(100), fc.option(fc.nat(99), { nil: null }))
    .map(([whole, rest]) => (rest === null ? `${whole}` : `${whole}.${rest}`));
  const durations = fc
    .tuple(
      ...['d', 'h', 'm', 's', 'ms'].map((unit) =>
        fc.option(
          part.map((count) => `${count}${unit}`),
          { nil: '' },
        ),
      ),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(durations, (text) => {
      const parsed = parseDuration(text);
      if (!parsed.ok || parsed.value > 86_400_000) return;
      expect([text, takes(durationForm(0, 86_400_000), text)]).toEqual([text, true]);
      expect([text, takes(durationForm(parsed.value, parsed.value), text)]).toEqual([text, true]);
    }),
  );
});

function takes({ anyOf = [] }: Form, text: string): boolean {
  return anyOf.some(({ pattern }) => typeof pattern === 'string' && new RegExp(pattern, 'u').test(text));
}
