/** A change set as a file: what is written is read again, and anything else is an error that names the file. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CleanfeedError } from '../../src/lib/errors.ts';
import { changeSetDigest, changeSetText, parseChangeSet } from '../../src/publish/change-set.ts';
import type { ChangeSet } from '../../src/publish/change-set.ts';

/** Any bytes, read as UTF-8. */
const NOISE = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('utf8'));

const CHANGES: ChangeSet = {
  version: 3,
  entries: 2,
  additions: ['a.example'],
  removals: [{ uid: 7, line: 'b.example/dir/*' }],
  leftOut: [],
  relisted: [],
};

function faultOf(text: string): string {
  try {
    parseChangeSet(text, 'changes.json');
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    expect(error).toMatchObject({ side: 'list', code: 'change_set' });
    return error.message;
  }
  return 'none';
}

test('what is written is read again, and people can read it line by line', () => {
  const text = changeSetText(CHANGES);
  expect(parseChangeSet(text, 'changes.json')).toEqual({ changeSet: 1, ...CHANGES });
  expect(text.split('\n')).toContain('"a.example"');
  expect(changeSetDigest(text)).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  { name: 'cut off', text: changeSetText(CHANGES).slice(0, -5), want: /^changes\.json: not JSON; build it again$/ },
  { name: 'of another form', text: '{"changeSet":2}', want: /^changes\.json: changeSet: .*; build it again$/ },
  {
    name: 'with a key that nobody has approved',
    text: changeSetText(CHANGES).replace('"entries"', '"more":1,"entries"'),
    want: /"more".*; build it again$/,
  },
])('an error: $name', ({ text, want }) => {
  expect(faultOf(text)).toMatch(want);
});

test('total: whatever stands in the file is a change set, or an error with the code change_set', () => {
  const whole = changeSetText(CHANGES);
  const damaged = fc
    .tuple(fc.nat({ max: whole.length }), NOISE, fc.nat({ max: 8 }))
    .map(([at, put, out]) => whole.slice(0, at) + put + whole.slice(at + out));
  let faults = 0;
  fc.assert(
    fc.property(fc.oneof(NOISE, fc.json(), damaged), (text) => {
      faults += Number(faultOf(text) !== 'none');
    }),
    { numRuns: 500 },
  );
  expect(faults).toBeGreaterThan(100);
});
