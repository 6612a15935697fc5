/** Whatever the grammar reads has one text, and that text is read as the same entry. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseTextList } from '../../src/list/text/grammar.ts';
import { addressText, entryLine, entryOfLine } from '../../src/publish/entry-line.ts';

function entriesOf(text: string) {
  return [...parseTextList(Buffer.from(text), { list: 0, action: 'block' })].flatMap((outcome) =>
    outcome.kind === 'entry' ? [outcome.entry] : [],
  );
}

const line = (text: string): string | null => entryLine(entriesOf(`${text}\n`)[0]!);

describe('the canonical text of an entry', () => {
  test.each([
    ['HTTPS://Host.Example./a/../b%2e/c?x=1#f', 'http://host.example/b./c?x=1'],
    ['host.example', 'host.example'],
    ['host.example/', 'http://host.example/'],
    ['http://host.example', 'http://host.example/'],
    ['*.host.example:8080', '*.host.example:8080'],
    ['host.example/dir/*', 'http://host.example/dir/*'],
    ['host.example/*', 'http://host.example/*'],
    ['host.example/p?*', 'http://host.example/p?*'],
    ['http://host.example/x/%2A', 'http://host.example/x/%2A'],
    ['http://host.example/x?%2A', 'http://host.example/x?%2A'],
    ['http://host.example/x*', 'http://host.example/x*'],
    ['http://host.example/x?', 'http://host.example/x'],
    ['[2001:DB8:0::1]:8080', '[2001:db8::1]:8080'],
    ['http://192.0.2.7/24', 'http://192.0.2.7/24'],
    ['b%C3%BCcher.example/%C3%BC', 'http://xn--bcher-kva.example/%C3%BC'],
    ['a%3Db.example', 'a%3Db.example'],
    ['host.example test steer count dns reason="why" # comment', 'host.example dns steer count test'],
    ['host.example/A/ fold=slash,case expires=2027-03-31', 'http://host.example/a fold=case,slash expires=2027-03-31'],
    ['host.example/A;x/*  fold=params,case', 'http://host.example/a/* fold=case,params'],
  ])('%s', (text, canonical) => {
    expect(line(text)).toBe(canonical);
    expect(line(canonical)).toBe(canonical);
  });

  test('without attributes it is what withdraw is told', () => {
    expect(addressText(entriesOf('host.example/dir/* dns\n')[0]!)).toBe('http://host.example/dir/*');
  });

  test('is read as the same entry, for each line that documents show', () => {
    const text = readFileSync(new URL('../../docs/list-format.md', import.meta.url), 'utf8').replaceAll(
      /^\| `([^`]+)`.*$/gm,
      '$1',
    );
    const entries = entriesOf(text);
    expect(entries.length).toBeGreaterThan(10);
    for (const entry of entries) expect(entryOfLine(entryLine(entry) ?? '', entry.id)).toEqual(entry);
  });

  test('of any bytes that are an entry it is that entry again', () => {
    const part = fc.string({ unit: fc.constantFrom(...'aZ09-._~%/?*:@;=&+[]é \\\t'.split('')), maxLength: 24 });
    const attribute = fc.constantFrom(
      '',
      ' dns',
      ' fold=case',
      ' fold=slash,params',
      ' count expires=2099-12-31',
      ' test steer',
    );
    const address = fc.tuple(
      fc.constantFrom('http://', '', '*.', 'http://*.'),
      fc.constantFrom('h.example', '[::1]', '192.0.2.1', 'x%2Ey'),
      part,
    );
    let read = 0;
    fc.assert(
      fc.property(address, attribute, ([scheme, host, tail], attributes) => {
        for (const entry of entriesOf(`${scheme}${host}${tail}${attributes}\n`)) {
          read += 1;
          const canonical = entryLine(entry);
          if (canonical === null) throw new Error(`no text: ${scheme}${host}${tail}${attributes}`);
          expect(entryOfLine(canonical, entry.id)).toEqual(entry);
        }
      }),
      { numRuns: 3000 },
    );
    // About one in six is an entry.
    expect(read).toBeGreaterThan(100);
  });
});
