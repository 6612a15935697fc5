/** The loops of characters.ts, and what is made of them, beside the regular expressions that they stand for. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withoutTabsAndBreaks } from '../../src/url/bytes.ts';
import {
  endOfRun,
  findKind,
  isAllOf,
  isAscii,
  isIgnorable,
  KIND,
  startsWithTwoSlashes,
} from '../../src/url/characters.ts';
import { canonicalIpv4, endsInNumber } from '../../src/url/ipv4.ts';
import { canonicalIpv6 } from '../../src/url/ipv6.ts';
import { decodedPath } from '../../src/url/path.ts';
import { byteString, escapeRich } from './arbitraries.ts';
import { anyCharacter } from '../support/any-character.ts';

/** The class of each kind as an expression has it. */
const CLASSES: Readonly<Record<keyof typeof KIND, string>> = {
  digit: '[0-9]',
  octal: '[0-7]',
  hex: '[0-9a-f]',
  slash: '[/\\\\]',
  at: '@',
  percent: '%',
  forbidden: '[\\u0000-\\u0020#%/:<>?@[\\\\\\]^|\\u007f]',
  nameLetter: '[A-Za-z0-9._+:\\u0080-\\u00ff-]',
  nameEnd: '["%\';<>^`{|}]',
  unreserved: '[A-Za-z0-9._~-]',
};
/** Letters of numbers and addresses, so that many of them are one. */
const numeric = fc.array(fc.constantFrom(...'0017890afx.::'), { maxLength: 12 }).map((letters) => letters.join(''));
const anyText = fc.oneof(numeric, byteString, escapeRich, fc.string({ unit: anyCharacter }));

describe.each(Object.entries(KIND))('characters of the kind %s', (name, kind) => {
  const one = CLASSES[name as keyof typeof KIND];

  test('are those of its class, and none above U+00FF', () => {
    const only = new RegExp(`^${one}$`);
    const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    expect(characters.filter((character) => isAllOf(character, kind))).toEqual(
      characters.filter((character) => only.test(character)),
    );
  });

  test('are found, and run, as its expressions say', () => {
    const run = new RegExp(`${one}*`, 'y');
    const first = new RegExp(one);
    const all = new RegExp(`^${one}+$`);
    fc.assert(
      fc.property(anyText, fc.nat(4), (text, from) => {
        fc.pre(from <= text.length);
        run.lastIndex = from;
        expect(endOfRun(text, from, kind)).toBe(from + run.exec(text)![0].length);
        const found = text.slice(from).search(first);
        expect(findKind(text, from, kind)).toBe(found < 0 ? text.length : from + found);
        expect(isAllOf(text, kind)).toBe(all.test(text));
      }),
      { numRuns: 500 },
    );
  });
});

test('what is ASCII', () => {
  fc.assert(
    // oxlint-disable-next-line no-control-regex -- the ASCII range
    fc.property(anyText, (text) => expect(isAscii(text)).toBe(/^[\u0000-\u007f]*$/.test(text))),
  );
});

test('what starts with two slashes', () => {
  const slashes = fc.array(fc.constantFrom('/', '\\', 'a', '\uff0f'), { maxLength: 3 }).map((parts) => parts.join(''));
  let two = 0;
  fc.assert(
    fc.property(slashes, (text) => {
      const want = /^[/\\]{2}/.test(text);
      two += Number(want);
      expect(startsWithTwoSlashes(text)).toBe(want);
    }),
    { numRuns: 1000 },
  );
  expect(two).toBeGreaterThan(20);
});

test('what UTS 46 may take out is what Unicode calls ignorable, for every code point', () => {
  const expression = /^\p{Default_Ignorable_Code_Point}$/u;
  const differing: string[] = [];
  for (let point = 0; point <= 0x10_ffff; point += 1)
    if (isIgnorable(point) !== expression.test(String.fromCodePoint(point))) differing.push(point.toString(16));
  expect(differing).toEqual([]);
});

test('raw tabs and line breaks go', () => {
  fc.assert(fc.property(anyText, (text) => expect(withoutTabsAndBreaks(text)).toBe(text.replaceAll(/[\t\r\n]+/g, ''))));
});

test('runs of slashes become one', () => {
  const slashes = fc.array(fc.constantFrom('/', '//', 'a', '.'), { maxLength: 9 }).map((parts) => `/${parts.join('')}`);
  fc.assert(fc.property(slashes, (text) => expect(decodedPath(text)).toBe(text.replaceAll(/\/{2,}/g, '/'))));
});

describe('numbers', () => {
  test('what ends in one', () => {
    let numbers = 0;
    fc.assert(
      fc.property(fc.oneof(numeric, byteString), (text) => {
        const last = text.slice(text.lastIndexOf('.') + 1);
        const want = /^[0-9]+$/.test(last) || /^0x[0-9a-f]*$/.test(last);
        numbers += Number(want);
        expect(endsInNumber(text)).toBe(want);
      }),
      { numRuns: 2000 },
    );
    expect(numbers).toBeGreaterThan(50);
  });

  test('what a part of an IPv4 address is worth', () => {
    let read = 0;
    fc.assert(
      fc.property(numeric, (text) => {
        fc.pre(!text.includes('.') && text !== '');
        const address = canonicalIpv4(text);
        read += Number(address !== null);
        expect(address).toBe(byExpressions(text));
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(50);
  });

  test.each(['0x', '0xg', '0xfffffffff', '08', '007', '0', '00', '1a', '4294967295', '4294967296', '0377777777777'])(
    'of %s too',
    (text) => {
      expect(canonicalIpv4(text)).toBe(byExpressions(text));
    },
  );

  test('what stands in an IPv6 address is told as before', () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          numeric,
          fc.ipV6(),
          fc.tuple(fc.ipV6(), byteString).map(([address, tail]) => address + tail.slice(0, 1)),
        ),
        (text) => {
          const address = canonicalIpv6(text);
          read += Number(address !== null);
          if (!/^[0-9a-f:.]+$/.test(text) || !isLegal(text)) expect({ text, address }).toEqual({ text, address: null });
          else expect({ text, address }).not.toEqual({ text, address: null });
        },
      ),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(200);
  });
});

/** The address that `text`, one number, stands for; as it was read by expressions. */
function byExpressions(text: string): string | null {
  const digits = /^0x[0-9a-f]*$/.test(text)
    ? { text: text.slice(2) || '0', radix: 16 }
    : /^0[0-7]*$/.test(text)
      ? { text, radix: 8 }
      : /^[1-9][0-9]*$/.test(text)
        ? { text, radix: 10 }
        : null;
  const value = digits === null ? Infinity : Number.parseInt(digits.text, digits.radix);
  return value > 0xffff_ffff ? null : [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

const QUAD = /^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}$/;

/** Whether an IPv6 address is one, by expressions: words and a quad in one long form, or in two around `::`. */
function isLegal(text: string): boolean {
  const [first = '', second, ...others] = text.split('::');
  const long = (run: string): readonly string[] => (run === '' ? [] : run.split(':'));
  const pieces = [...long(first), ...long(second ?? '')];
  const isQuadAt = (i: number): boolean =>
    i === pieces.length - 1 && (second === undefined || long(second).length > 0) && isQuad(pieces[i]!);
  const fit = pieces.every((piece, i) => /^[0-9a-f]{1,4}$/.test(piece) || isQuadAt(i));
  const words = pieces.length + Number(pieces.length > 0 && isQuadAt(pieces.length - 1));
  return others.length === 0 && fit && (second === undefined ? words === 8 : words < 8);
}

function isQuad(text: string): boolean {
  return QUAD.test(text) && text.split('.').every((part) => Number(part) <= 255);
}
