/** What an entry is found by: text by text, and the fingerprint by its definition, SipHash's half version of the name from its end. */
import { describe, expect, test } from '@jest/globals';
import { EntryKey, keyText } from '../../src/match/entry-key.ts';
import { HalfSipHash } from '../../src/match/half-sip-hash.ts';
import { FOLD } from '../../src/url/fold.ts';
import { entry } from './support.ts';

const KEY = Uint8Array.from({ length: 8 }, (_, i) => i);

function fingerprint(text: string): readonly [number, number] {
  const bytes = Buffer.from(text, 'latin1');
  const out = { low: new Int32Array(1), high: new Int32Array(1) };
  new HalfSipHash(KEY).hashPrefixes(bytes, Int32Array.of(bytes.length), 1, out);
  return [out.high[0]!, out.low[0]!];
}

describe('the text that is proved', () => {
  test.each([
    ['a.example', 0, 'a.example'],
    ['*.a.example', 0, 'a.example'],
    ['a.example/', 0, 'a.example/'],
    ['a.example/*', 0, 'a.example/'],
    ['a.example/dir/*', 0, 'a.example/dir/'],
    ['a.example/page?*', 0, 'a.example/page'],
    ['a.example/url', 0, 'a.example/url'],
    // An empty query is none (docs/canonical-form.md).
    ['a.example/url?', 0, 'a.example/url'],
    ['a.example/url?q=1', 0, 'a.example/url?q=1'],
    // Where a slash at the end does not count a directory has none; that of all has nothing else.
    ['a.example/dir/*', FOLD.slash, 'a.example/dir'],
    ['a.example/*', FOLD.slash, 'a.example/'],
    // No row of another fold has the key of one whose page has any text behind it.
    ['a.example/p.php', FOLD.info, 'a.example?/p.php'],
    ['*.a.example/p.php?*', FOLD.info | FOLD.case, 'a.example?/p.php'],
    ['a.example/p.php?q=1', FOLD.info, 'a.example?/p.php?q=1'],
  ])('%s, fold %i', (text, fold, want) => {
    expect(keyText(entry(text, { fold }))).toBe(want);
  });
});

describe('the fingerprint', () => {
  const key = new EntryKey(new HalfSipHash(KEY));

  test('of a host: of its name from the end, and there is none of a host beside it', () => {
    key.load(entry('a.example'));
    expect([key.high, key.low]).toEqual(fingerprint('elpmaxe.a'));
    expect([key.hostHigh, key.hostLow, key.text]).toEqual([0, 0, 'a.example']);
  });

  test('of a path: of the text, and beside it that of its host', () => {
    key.load(entry('a.example/url?q=1'));
    expect([key.high, key.low]).toEqual(fingerprint('a.example/url?q=1'));
    expect([key.hostHigh, key.hostLow]).toEqual(fingerprint('elpmaxe.a'));
  });

  test('nothing of an entry before is left: a host after a path, a short one after a long one', () => {
    key.load(entry(`a.example/${'x'.repeat(4000)}`));
    expect([key.high, key.low]).toEqual(fingerprint(`a.example/${'x'.repeat(4000)}`));
    key.load(entry('b.example'));
    expect([key.high, key.low, key.hostHigh, key.hostLow]).toEqual([...fingerprint('elpmaxe.b'), 0, 0]);
  });

  test('by text it is the same', () => {
    key.loadText('a.example/dir/', 'a.example'.length);
    expect([key.high, key.low, key.hostHigh, key.hostLow]).toEqual([
      ...fingerprint('a.example/dir/'),
      ...fingerprint('elpmaxe.a'),
    ]);
  });

  test('the longest name that a host can have', () => {
    const name = [...Array.from({ length: 3 }, () => 'x'.repeat(63)), 'y'.repeat(61)].join('.');
    key.load(entry(name));
    expect(name).toHaveLength(253);
    expect([key.high, key.low]).toEqual(fingerprint([...name].toReversed().join('')));
  });
});
