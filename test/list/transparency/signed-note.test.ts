/** Notes, keys and signatures: published ones, our own in both kinds, and everything that is none. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  checkpointText,
  isSignedBy,
  keyText,
  readCheckpoint,
  readKey,
  readNote,
} from '../../../src/list/transparency/signed-note.ts';
import type { SignatureKind } from '../../../src/list/transparency/signed-note.ts';
import { Party } from './logs.ts';
import { anyCharacter } from '../../support/any-character.ts';

/** Of the documentation of golang.org/x/mod/sumdb/note (3-Clause BSD). */
const PUBLISHED_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PUBLISHED_NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n\n" +
  '\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const ROOT = Buffer.alloc(32, 7);
const TEXT = checkpointText({ origin: 'log.example/national', size: 128, root: ROOT });

describe('a note', () => {
  test('that was published is read, and its signature holds', () => {
    const note = readNote(PUBLISHED_NOTE);
    const key = readKey(PUBLISHED_KEY);
    expect(note !== null && key !== null && isSignedBy(note, key)).toBe(true);
    const altered = readNote(PUBLISHED_NOTE.replace('answer', 'Answer'));
    expect(altered !== null && key !== null && isSignedBy(altered, key)).toBe(false);
  });

  test.each<SignatureKind>(['log', 'cosignature'])('is signed as %s, for that text, name and kind only', (kind) => {
    const party = new Party('one.example', kind);
    const { key } = party;
    const note = readNote(`${TEXT}\n${party.line(TEXT)}`)!;
    expect(isSignedBy(note, key)).toBe(true);
    expect(isSignedBy(note, { ...key, name: 'two.example' })).toBe(false);
    expect(isSignedBy(note, { ...key, kind: kind === 'log' ? 'cosignature' : 'log' })).toBe(false);
    expect(isSignedBy(note, new Party('one.example', kind).key)).toBe(false);
    expect(isSignedBy({ ...note, text: note.text.replace('128', '129') }, key)).toBe(false);
    const [only] = note.signatures;
    expect(isSignedBy({ ...note, signatures: [{ ...only!, bytes: only!.bytes.subarray(1) }] }, key)).toBe(false);
  });

  test('of several signatures each is found', () => {
    const parties = [
      new Party('log.example', 'log'),
      new Party('w1.example', 'cosignature'),
      new Party('w2.example', 'cosignature'),
    ];
    const note = readNote(`${TEXT}\n${parties.map((party) => party.line(TEXT)).join('')}`)!;
    expect(parties.map(({ key }) => isSignedBy(note, key))).toEqual([true, true, true]);
  });

  test.each([
    ['nothing', ''],
    ['no signature', `${TEXT}\n`],
    ['no empty line', `${TEXT}\u{2014} a AAAAAAA=\n`],
    ['a hyphen for a dash', `${TEXT}\n- a AAAAAAA=\n`],
    ['no end of line', `${TEXT}\n\u{2014} a AAAAAAA=`],
    ['a signature too short for an ID', `${TEXT}\n\u{2014} a AAA=\n`],
    ['a plus in the name', `${TEXT}\n\u{2014} a+b AAAAAAA=\n`],
    ['17 signatures', `${TEXT}\n${'\u{2014} a AAAAAAA=\n'.repeat(17)}`],
  ])('is not %s', (_what, note) => {
    expect(readNote(note)).toBeNull();
  });

  test('of anything, reading does not throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), fc.nat(), (text, at) => {
        readNote(text);
        readKey(text);
        readCheckpoint(text);
        const cut = at % PUBLISHED_NOTE.length;
        const note = readNote(PUBLISHED_NOTE.slice(0, cut) + text + PUBLISHED_NOTE.slice(cut + 1));
        expect(note === null || !isSignedBy(note, readKey(PUBLISHED_KEY)!) || note.text.includes('cryptography')).toBe(
          true,
        );
      }),
    );
  });
});

describe('a checkpoint', () => {
  test('is read as it was written', () => {
    expect(readCheckpoint(TEXT)).toEqual({ origin: 'log.example/national', size: 128, root: ROOT });
  });

  test('may have lines behind the root', () => {
    expect(readCheckpoint(`${TEXT}more\n`)?.size).toBe(128);
  });

  test.each([
    ['a leading zero', TEXT.replace('128', '0128')],
    ['a sign', TEXT.replace('128', '+128')],
    ['a size beyond whole numbers', TEXT.replace('128', '9007199254740993')],
    ['a short root', TEXT.replace(/.{4}=\n$/, '=\n')],
    ['no origin', TEXT.replace('log.example/national', '')],
  ])('is not one with %s', (_what, text) => {
    expect(readCheckpoint(text)).toBeNull();
  });
});

describe('the text of a key', () => {
  test('is that of the published one, and ours are read as they were written', () => {
    expect(keyText(readKey(PUBLISHED_KEY)!)).toBe(PUBLISHED_KEY);
    const { key } = new Party('witness.example/1', 'cosignature');
    expect(readKey(keyText(key))).toEqual(key);
  });

  test.each([
    ['another name', PUBLISHED_KEY.replace('Peter', 'Pete')],
    ['another ID', PUBLISHED_KEY.replace('c74f20a3', 'c74f20a4')],
    ['another type', PUBLISHED_KEY.replace('+AR', '+Ah')],
    ['a key that is cut off', PUBLISHED_KEY.slice(0, -4)],
  ])('is refused with %s', (_what, text) => {
    expect(readKey(text)).toBeNull();
  });
});

test('as many signatures as are read, and one more', () => {
  const [, signature = ''] = PUBLISHED_NOTE.split('\n\n');
  const note = (count: number): string => `text\n\n${signature.repeat(count)}`;
  expect(readNote(note(16))?.signatures).toHaveLength(16);
  expect(readNote(note(17))).toBeNull();
});
