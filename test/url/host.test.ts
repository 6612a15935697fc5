import { domainToASCII } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalHost, canonicalHostInFull, isPlainName, MAX_HOST_TEXT } from '../../src/url/host.ts';
import { byteString, chooser, choices, escapeRich, spelledByte } from './arbitraries.ts';

/** As it comes off the wire. */
function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

describe('canonicalHost: names', () => {
  test.each([
    { name: 'plain', input: 'www.host.example', want: 'www.host.example' },
    { name: 'single label', input: 'localhost', want: 'localhost' },
    { name: 'underscore', input: '_dmarc.host.example', want: '_dmarc.host.example' },
    { name: 'hyphens anywhere', input: '-a-.b--', want: '-a-.b--' },
    { name: 'upper case', input: 'HOST.Example', want: 'host.example' },
    { name: 'trailing dot', input: 'host.example.', want: 'host.example' },
    { name: 'dots everywhere', input: '..host...example...', want: 'host.example' },
    { name: 'escapes', input: '%68ost%2Eexample', want: 'host.example' },
    { name: 'escapes of escapes', input: '%2568ost.example', want: 'host.example' },
    { name: 'tab, CR, LF', input: 'ho\tst.\r\nexample', want: 'host.example' },
    { name: 'IDN', input: bytes('b\u00fccher.example'), want: 'xn--bcher-kva.example' },
    { name: 'IDN, escaped', input: 'b%C3%BCcher.example', want: 'xn--bcher-kva.example' },
    { name: 'IDN, decomposed and upper case', input: bytes('BU\u0308CHER.example'), want: 'xn--bcher-kva.example' },
    { name: 'sharp s, non-transitional', input: bytes('fa\u00df.example'), want: 'xn--fa-hia.example' },
    { name: 'ideographic full stop', input: bytes('host\u3002example'), want: 'host.example' },
    { name: 'full-width letters', input: bytes('\uff48ost.example'), want: 'host.example' },
    { name: 'soft hyphen vanishes', input: bytes('ho\u00adst.example'), want: 'host.example' },
    { name: 'label of soft hyphens vanishes with its dot', input: bytes('host.\u00ad.example'), want: 'host.example' },
    { name: 'punycode is kept as it is', input: 'XN--BCHER-KVA.example', want: 'xn--bcher-kva.example' },
    { name: 'punycode that decodes to nothing', input: 'xn--a.example', want: 'xn--a.example' },
    { name: 'sub-delimiters', input: "a!$&'()+,;=~.example", want: "a!$&'()+,;=~.example" },
    { name: 'prototype names', input: '__proto__', want: '__proto__' },
    { name: 'label of 63', input: `${'a'.repeat(63)}.example`, want: `${'a'.repeat(63)}.example` },
  ])('$name', ({ input, want }) => {
    expect(canonicalHost(input)).toBe(want);
  });

  test.each([
    ['empty', ''],
    ['dots only', '...'],
    ['space', 'a b.example'],
    ['escaped space', '%20a.example'],
    ['NUL', 'a\u0000.example'],
    ['escaped NUL', 'a%00.example'],
    ['slash', 'a/b'],
    ['escaped slash', 'a%2Fb'],
    ['question mark', 'a%3Fb'],
    ['at sign', 'a@b'],
    ['port', 'a:80'],
    ['bad escape', 'a%zz'],
    ['unclosed bracket', '[::1'],
    ['not UTF-8', 'caf\u00e9.example'],
    ['overlong UTF-8', '%C0%AFa.example'],
    ['unassigned code point', bytes('\u0378.example')],
    ['full-width slash', bytes('a\uff0fb.example')],
    ['full-width percent', bytes('a\uff0541.example')],
    ['label of 64', `${'a'.repeat(64)}.example`],
    ['name of 254', `${`${'a'.repeat(49)}.`.repeat(5)}abcd`],
    ['escaped tab', 'a%09.example'],
  ])('refuses: %s', (_name, input) => {
    expect(canonicalHost(input)).toBeNull();
  });
});

describe('canonicalHost: addresses', () => {
  test.each([
    ['3279880203', '195.127.0.11'],
    ['0303.0177.0.013', '195.127.0.11'],
    ['0xc3.0x7f.0x0.0xb', '195.127.0.11'],
    ['0XC37F000B', '195.127.0.11'],
    ['195.127.11', '195.127.0.11'],
    ['12.0x12.01234', '12.18.2.156'],
    ['012.034.01.055', '10.28.1.45'],
    ['167838211', '10.1.2.3'],
    ['4294967295', '255.255.255.255'],
    ['192.0.2.1..', '192.0.2.1'],
    ['.192.0.2.1', '192.0.2.1'],
    ['192%2e0.2.%31', '192.0.2.1'],
    ['0x', '0.0.0.0'],
    ['00000000000000000000000000000000000000000000000000000000000000000300.0.2.1', '192.0.2.1'],
    [bytes('\uff11\uff19\uff12.0.2.1'), '192.0.2.1'],
    [bytes('192\u30020\uff0e2\uff611'), '192.0.2.1'],
    ['[::ffff:192.0.2.1]', '192.0.2.1'],
    ['[::FFFF:c000:201]', '192.0.2.1'],
    ['[0:0:0:0:0:ffff:192.0.2.1]', '192.0.2.1'],
    ['[64:ff9b::192.0.2.1]', '192.0.2.1'],
    // The longest text (INET6_ADDRSTRLEN).
    ['[0000:0000:0000:0000:0000:ffff:255.255.255.255]', '255.255.255.255'],
    ['[64:ff9b:0:0:0:0:c000:0201]', '192.0.2.1'],
    ['%5B::1%5d', '[::1]'],
    ['[2001:DB8:0:0:1:0:0:1]', '[2001:db8::1:0:0:1]'],
    ['[2001:0db8:0000::0000:0001]', '[2001:db8::1]'],
    ['[1:2:3:4:5:6:7::]', '[1:2:3:4:5:6:7:0]'],
    ['[::]', '[::]'],
    ['[::192.0.2.1]', '[::c000:201]'],
    ['[64:ff9b:1::192.0.2.1]', '[64:ff9b:1::c000:201]'],
  ])('%s is %s', (input, want) => {
    expect(canonicalHost(input)).toBe(want);
  });

  test.each([
    '256.0.0.1',
    '192.0.2.256',
    '4294967296',
    '1.2.3.4.5',
    '08.1.1.1',
    'host.08',
    'host.0x4',
    'host.1',
    '1.2.3.0x100',
    '0xffffffff1',
    '1.16777216',
    '[]',
    '[1]',
    '[1::2::3]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7:8::]',
    '[::12345]',
    '[::1.2.3]',
    '[::01.2.3.4]',
    '[::1.2.3.256]',
    '[::1.2.3.4:5]',
    '[fe80::1%25eth0]',
    '[::1].',
    '[::1]a',
    '[:::]',
    '[1:2:3:4:5:6:1.2.3.4:8]',
    '::1',
  ])('refuses %s', (input) => {
    expect(canonicalHost(input)).toBeNull();
  });
});

describe('canonicalHost: properties', () => {
  test('is idempotent and total', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          byteString,
          escapeRich,
          fc.domain(),
          fc.ipV6().map((address) => `[${address}]`),
          fc.string().map(bytes),
        ),
        (text) => {
          const host = canonicalHost(text);
          if (host !== null) expect(canonicalHost(host)).toBe(host);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('the fast path agrees with the full treatment', () => {
    const nameLike = fc
      .array(fc.constantFrom(...'abz019-_..A%x'), { maxLength: 12 })
      .map((characters) => characters.join(''));
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(nameLike, fc.domain()), (text) => {
        if (isPlainName(text)) plain += 1;
        expect(canonicalHost(text)).toBe(canonicalHostInFull(text));
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(500);
  });

  test('every spelling of a name has the same key', () => {
    fc.assert(
      fc.property(fc.domain(), choices, (name, numbers) => {
        const want = canonicalHost(name.toLowerCase());
        fc.pre(want !== null);
        const spelled = respelled(want, chooser(numbers));
        fc.pre(spelled.length <= MAX_HOST_TEXT);
        expect(canonicalHost(spelled)).toBe(want);
      }),
      { numRuns: 2000 },
    );
  });

  test('every spelling of an address has the same key', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(7), choices, (address, form, numbers) => {
        const want = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
        const spelled = addressSpellings(address)[form]!;
        expect(canonicalHost(spelled)).toBe(want);
        if (!spelled.startsWith('[')) expect(canonicalHost(respelled(spelled, chooser(numbers)))).toBe(want);
      }),
      { numRuns: 2000 },
    );
  });

  test('a changed letter is another host', () => {
    fc.assert(
      fc.property(fc.domain(), fc.nat(), (name, position) => {
        const at = position % name.length;
        const other = `${name.slice(0, at)}${name.charAt(at) === 'q' ? 'w' : 'q'}${name.slice(at + 1)}`;
        const host = canonicalHost(name);
        fc.pre(host !== null && canonicalHost(other) !== null && other.toLowerCase() !== name.toLowerCase());
        expect(canonicalHost(other)).not.toBe(host);
      }),
    );
  });
});

// Work was quadratic in what a client sends: 5,000 letters of a host took 20 ms and more.
describe('canonicalHost: length', () => {
  const longest = `${`${'a'.repeat(62)}.`.repeat(4)}b`;
  const escape = (text: string): string =>
    text.replaceAll(/[^%]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);

  test('the longest name, each byte escaped', () => {
    expect(longest).toHaveLength(253);
    expect(canonicalHost(escape(longest))).toBe(longest);
  });

  test('the longest name, a letter of it in its wide form', () => {
    expect(canonicalHost(bytes(longest.replace('b', '\uff42')))).toBe(longest);
    expect(canonicalHost(bytes(`${longest}\uff42`))).toBeNull();
  });

  test('a name of four labels of Chinese letters, each byte escaped', () => {
    const label = String.fromCodePoint(...Array.from({ length: 22 }, (_, i) => 0x4e00 + i * 60));
    const spelled = bytes(`${label}.${label}.${label}.${label}`);
    const escaped = [...spelled].map((byte) => `%${byte.charCodeAt(0).toString(16)}`).join('');
    expect(escaped.length).toBeLessThan(MAX_HOST_TEXT);
    expect(canonicalHost(escaped)).toMatch(/^(?:xn--[a-z0-9]{40,59}(?:\.|$)){4}/);
    expect(canonicalHost(escaped)).toBe(canonicalHost(spelled));
  });

  test('one byte more than the most is refused, whatever it is', () => {
    const most = `${'.'.repeat(MAX_HOST_TEXT - 1)}a`;
    expect(canonicalHost(most)).toBe('a');
    for (const text of [
      `.${most}`,
      `%2e${most}`,
      `${' '.repeat(MAX_HOST_TEXT)}a`,
      '0'.repeat(MAX_HOST_TEXT + 1),
      `[::${' '.repeat(MAX_HOST_TEXT)}]`,
    ])
      expect(canonicalHost(text)).toBeNull();
    // Escapes of escapes of a long name are one spelling too many.
    expect(canonicalHost(escape(longest).replaceAll('%', '%25'))).toBeNull();
  });

  test('what could not fit is refused before it is converted, what fits is not', () => {
    const unit = fc.constantFrom(
      'a',
      'Z',
      '1',
      '-',
      '\u00e9',
      'e\u0301',
      'e\u0323\u0302',
      '\u00df',
      '\u4e00',
      '\u6f22',
      '\ud842\udfb7',
      '\u1100\u1161\u11a8',
      '\uac01',
      '\u00ad',
      '\u200b',
      '\ufe0f',
      '\u{e0101}',
      '\uff41',
      '\u3002',
      '\u2026',
      '\u2488',
      '\ufb03',
      '\u0130',
      '\u0958',
      '\u03c2',
      '\u05d0',
      '\u0627',
      '\u{1d15e}',
      '\ufdfa',
      '.',
      '.',
    );
    const run = fc.tuple(unit, fc.integer({ min: 1, max: 64 })).map(([text, times]) => text.repeat(times));
    let fitting = 0;
    let near = 0;
    fc.assert(
      fc.property(
        fc.array(run, { minLength: 1, maxLength: 5 }).map((runs) => runs.join('').replaceAll('\u3002', '.')),
        (text) => {
          fc.pre(Buffer.byteLength(text) <= MAX_HOST_TEXT && /[^\0-\x7f]/.test(text));
          const labels = domainToASCII(
            text
              .split('.')
              .filter((label) => label !== '')
              .join('.'),
          )
            .split('.')
            .filter((label) => label !== '');
          const name = labels.join('.');
          const fits =
            name !== '' &&
            name.length <= 253 &&
            labels.every((label) => label.length <= 63) &&
            !/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!);
          if (fits) expect({ text, host: canonicalHost(bytes(text)) }).toEqual({ text, host: name });
          fitting += Number(fits);
          near += Number(fits && labels.some((label) => label.length > 55));
        },
      ),
      { numRuns: 20_000 },
    );
    expect(fitting).toBeGreaterThan(2000);
    expect(near).toBeGreaterThan(100);
  });
});

describe('canonicalHost and the platform', () => {
  const alphabet = [
    ...'abz01289.-_xX',
    '0x',
    'xn--',
    '\u00e9',
    '\u00df',
    '\u3002',
    '\uff11',
    '\u0430',
    '\u00ad',
    '\u0301',
    '%41',
    '%C3%A9',
    '%2e',
    ' ',
    '<',
    '|',
    '~',
    '!',
  ];
  const hostLike = fc
    .array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 10 })
    .map((parts) => parts.join(''));

  test('differs from the URL parser only where it should', () => {
    let same = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          hostLike,
          fc.domain(),
          fc.ipV4Extended(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        (text) => {
          const ours = canonicalHost(bytes(text));
          const theirs = hostnameOf(text);
          if (ours === theirs) same += 1;
          else
            expect({ text, theirs, ours, departure: departure(text, theirs, ours) }).not.toEqual({
              text,
              theirs,
              ours,
              departure: null,
            });
        },
      ),
      // What chance has found once.
      { numRuns: 5000, examples: [['\u00ad%2e0x%2e.']] },
    );
    expect(same).toBeGreaterThan(2500);
  });
});

function hostnameOf(text: string): string | null {
  try {
    const { hostname, port, pathname, username } = new URL(`http://${text}/`);
    return port === '' && pathname === '/' && username === '' ? hostname : null;
  } catch {
    return null;
  }
}

/** Each way in which the canonical form is meant to differ from WHATWG (docs/canonical-form.md). */
function departure(text: string, theirs: string | null, ours: string | null): string | null {
  if (theirs !== null && ours === canonicalHost(theirs) && /^\.|\.$|\.\./.test(theirs)) return 'dots fold';
  if (
    theirs === null &&
    /^[^\u0080-\uffff]*$/.test(decodeURIComponentSafely(text).replaceAll('\u3002', '.')) &&
    /xn--/i.test(text)
  )
    return 'ASCII punycode is not checked';
  if (theirs?.startsWith('[::ffff:') === true || theirs?.startsWith('[64:ff9b::') === true) return 'IPv4 inside IPv6';
  if (theirs === null && /(?:^|[.\u3002]|%2e)(?:[.\u3002\u00ad]|%2e|$)/i.test(text))
    return 'dots fold before numbers are looked for';
  // Of a label that vanishes a dot is left, before which a number is none: refused, where theirs has dots behind the number as well.
  if (theirs !== null && ours === null && text.includes('\u00ad') && /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.{2,}$/.test(theirs))
    return 'dots fold before numbers are looked for';
  if (/%25|%[0-9a-f]?%/i.test(text)) return 'repeated escapes';
  return null;
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function respelled(name: string, next: () => number): string {
  const middle = [...name]
    .map((character) => {
      const choice = next();
      if (choice < 4) return spelledByte(character.charCodeAt(0), choice);
      if (choice < 6) return character.toUpperCase();
      if (choice === 6) return `${character}\t`;
      return character === '.' ? ['..', '%2E', bytes('\u3002'), '.', '.'][choice - 7]! : character;
    })
    .join('');
  return `${['', '.', '%2e'][next() % 3]!}${middle}${['', '.', '..'][next() % 3]!}`;
}

function addressSpellings(address: number): readonly string[] {
  const [a, b, c, d] = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255) as [number, number, number, number];
  const hex = address.toString(16).padStart(8, '0');
  return [
    `${a}.${b}.${c}.${d}`,
    String(address),
    `0x${hex}`,
    `0${address.toString(8)}`,
    `${a}.${b}.${c * 256 + d}`,
    `0x${a.toString(16)}.0${b.toString(8)}.${c}.0x${d.toString(16)}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`,
  ];
}
