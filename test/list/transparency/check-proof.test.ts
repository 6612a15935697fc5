/** A head file checked on its own: what holds is said, what does not ends it. */
import { describe, expect, test } from '@jest/globals';
import { checkProof } from '../../../src/list/transparency/check-proof.ts';
import { Party, TestLog } from './logs.ts';

const log = new TestLog();
log.add({ kind: 'padding' }, { kind: 'added', line: 'listed.example' }, { kind: 'padding' });
const witness = new Party('witness.example/1', 'cosignature');
const proof = log.head({ open: [1], witnesses: [witness] });
const keys = { log: log.party.key, witnesses: [witness.key] };

test('what holds is said, fact by fact', () => {
  expect(checkProof(proof, keys)).toEqual({
    facts: [
      'the head of 3 leaves is signed by log.example/national',
      'the head of 3 leaves is cosigned by witness.example/1',
      'leaf 1 is in the log: {"kind":"added","line":"listed.example"}',
    ],
    fault: null,
  });
});

describe('what does not hold is said', () => {
  test.each<[string, Buffer, Partial<typeof keys>, string]>([
    ['no file', Buffer.from('{}'), {}, 'the file is not of a form that is known'],
    [
      'another log',
      proof,
      { log: new Party('log.example/other', 'log').key },
      'it is of the log log.example/national, not of log.example/other',
    ],
    [
      'another key',
      proof,
      { log: new Party('log.example/national', 'log').key },
      'the head of 3 leaves is not signed by log.example/national',
    ],
    ['no cosignature', log.head({ open: [1] }), {}, 'the head of 3 leaves is not cosigned by witness.example/1'],
    ['no leaf', log.head({ witnesses: [witness] }), {}, 'the file opens no leaf'],
    [
      'another event',
      Buffer.from(proof.toString().replace('listed.example', 'harmless.example')),
      {},
      'leaf 1 is not in the log: {"kind":"added","line":"harmless.example"}',
    ],
  ])('%s', (_what, bytes, more, fault) => {
    expect(checkProof(bytes, { ...keys, ...more }).fault).toBe(fault);
  });
});
