/** What a node makes of heads: the first, the same, later ones, gaps, forks; witnesses; the version that is served. */
import { describe, expect, test } from '@jest/globals';
import { checkHead } from '../../../../src/list/source/tuf/log-heads.ts';
import type { HeadTerms, LoggedVersion } from '../../../../src/list/source/tuf/log-heads.ts';
import { Party, TestLog } from '../../transparency/logs.ts';

const SERVED: LoggedVersion = { version: 3, format: 1, form: 1, digest: 'ab'.repeat(32) };
const VERSION = { kind: 'published', seq: 7, recipient: 'isp-a', ...SERVED };

const log = new TestLog();
log.add(...Array.from({ length: 7 }, (_, at) => ({ kind: 'added', at })), VERSION, { kind: 'padding' });
const later = log.branch(9);
later.add(...Array.from({ length: 6 }, (_, at) => ({ kind: 'added', at: at + 100 })));

function terms(more: Partial<HeadTerms> = {}): HeadTerms {
  return { logKeys: [log.party.key.key], witnesses: [], served: null, ...more };
}

const first = checkHead(null, log.head(), terms());

describe('a head', () => {
  test('that is the first one is kept, with its signatures', () => {
    expect(first.kind).toBe('first');
    expect(first.note).toContain('log.example/national\n9\n');
  });

  test('that is known is the same, and a later one extends it', () => {
    expect(checkHead(first.note, log.head(), terms()).kind).toBe('same');
    const { kind, note } = checkHead(first.note, later.head({ from: [5, 9] }), terms());
    expect(kind).toBe('extends');
    expect(checkHead(note, later.head(), terms()).kind).toBe('same');
  });

  test('with no proof for what was seen is a gap', () => {
    expect(checkHead(first.note, later.head({ from: [5] }), terms()).kind).toBe('gap');
  });

  test('is a first one again where what was kept cannot be read', () => {
    expect(checkHead('damaged', later.head(), terms()).kind).toBe('first');
  });
});

describe('a fork', () => {
  const other = log.branch(8);
  other.add({ kind: 'padding', other: true });

  test('of the same size', () => {
    expect(() => checkHead(first.note, other.head(), terms())).toThrow(
      expect.objectContaining({ code: 'log_fork', message: expect.stringContaining('has other leaves') }),
    );
  });

  test('of a larger one, with whatever proof', () => {
    other.add({ kind: 'added' });
    expect(() => checkHead(first.note, other.head({ from: [8, 9] }), terms())).toThrow(
      expect.objectContaining({ code: 'log_fork', message: expect.stringContaining('does not extend it') }),
    );
  });

  test('of a smaller one', () => {
    expect(() => checkHead(first.note, log.branch(8).head(), terms())).toThrow(
      expect.objectContaining({ code: 'log_fork', message: expect.stringContaining('has fewer leaves') }),
    );
  });

  test('into a log of another name', () => {
    const renamed = first.note.replace('log.example/national', 'log.example/other');
    expect(() => checkHead(renamed, log.head(), terms())).toThrow(
      expect.objectContaining({ code: 'log_fork', message: expect.stringContaining('another log') }),
    );
  });
});

describe('signatures', () => {
  test('of the log: one of its keys', () => {
    expect(() => checkHead(null, log.head(), terms({ logKeys: [] }))).toThrow(
      expect.objectContaining({ code: 'log_head' }),
    );
    const stranger = new Party('log.example/national', 'log').key.key;
    expect(() => checkHead(null, log.head(), terms({ logKeys: [stranger] }))).toThrow(
      expect.objectContaining({ code: 'log_head' }),
    );
    expect(checkHead(null, log.head(), terms({ logKeys: [stranger, log.party.key.key] })).kind).toBe('first');
  });

  test('of witnesses: one that is known', () => {
    const known = new Party('w.example', 'cosignature');
    const unknown = new Party('w.example', 'cosignature');
    const witnesses = [new Party('absent.example', 'cosignature').key, known.key];
    const served = terms({ witnesses, served: SERVED });
    expect(checkHead(null, log.head({ open: [7], witnesses: [unknown, known] }), served).kind).toBe('first');
    expect(() => checkHead(null, log.head({ open: [7], witnesses: [unknown] }), served)).toThrow(
      expect.objectContaining({ code: 'log_witness' }),
    );
    // Nothing is served by it yet.
    expect(checkHead(null, log.head(), terms({ witnesses })).kind).toBe('first');
  });

  test('a fork is named before a missing witness', () => {
    const witnesses = [new Party('w.example', 'cosignature').key];
    expect(() => checkHead(first.note, log.branch(8).head(), terms({ witnesses, served: SERVED }))).toThrow(
      expect.objectContaining({ code: 'log_fork' }),
    );
  });
});

describe('what is served', () => {
  test('is in the log', () => {
    expect(checkHead(null, log.head({ open: [2, 7] }), terms({ served: SERVED })).kind).toBe('first');
  });

  test.each<[string, readonly number[], Partial<LoggedVersion>]>([
    ['is not opened', [2], {}],
    ['is another version', [7], { version: 4 }],
    ['has another format', [7], { format: 2 }],
    ['has another canonical form', [7], { form: 2 }],
    ['has another digest', [7], { digest: 'ac'.repeat(32) }],
  ])('is refused where it %s', (_what, open, more) => {
    expect(() => checkHead(null, log.head({ open }), terms({ served: { ...SERVED, ...more } }))).toThrow(
      expect.objectContaining({ code: 'log_head', message: expect.stringContaining('does not contain version') }),
    );
  });

  test('a leaf that is not in the log counts for nothing', () => {
    const forged = log
      .head({ open: [7] })
      .toString()
      .replace('\\"version\\":3', '\\"version\\":4');
    expect(() => checkHead(null, Buffer.from(forged), terms({ served: { ...SERVED, version: 4 } }))).toThrow(
      expect.objectContaining({ code: 'log_head' }),
    );
  });
});

test('what is no head is refused', () => {
  expect(() => checkHead(null, Buffer.from('{}'), terms())).toThrow(expect.objectContaining({ code: 'log_head' }));
});
