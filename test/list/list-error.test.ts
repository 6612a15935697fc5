/** Every reason that the operations guide has can come out: in the log under its own code, in the metrics under a label. */
import { expect, test } from '@jest/globals';
import { CleanfeedError } from '../../src/lib/errors.ts';
import { LIST_REASONS, listError, reasonOf } from '../../src/list/list-error.ts';
import { listStep } from '../../src/list/list-life.ts';
import { NEW_LIST } from '../../src/list/list-state.ts';
import { REJECTED_REASONS } from '../../src/observe/control-view.ts';

/** Not the list's doing: the code is in the log. */
const OURS: ReadonlySet<string> = new Set([
  'snapshot_invalid',
  'text_segment_missing',
  'memory_not_leased',
  'version_refused',
  'internal',
]);

test.each([...LIST_REASONS])('%s', (reason) => {
  const [reading] = listStep(NEW_LIST, { on: 'changed' });
  const [state, effects] = listStep(reading, { on: 'read failed', error: listError(reason, 'told to') });
  expect(effects).toContainEqual({ do: 'log failed', code: reason, reason: 'told to', servingLastGood: false });
  expect(state.rejections).toEqual({ [OURS.has(reason) ? 'internal' : reason]: 1 });
});

test('every label of the metrics is the label of a reason', () => {
  expect(LIST_REASONS.filter((reason) => REJECTED_REASONS.some((label) => label === reason))).toHaveLength(
    REJECTED_REASONS.length,
  );
});

test.each([
  {
    name: 'of another side',
    error: new CleanfeedError('internal', 'memory_not_leased', 'x'),
    want: 'memory_not_leased',
  },
  {
    name: 'with a code that is none of a list',
    error: new CleanfeedError('config', 'something', 'x'),
    want: 'internal',
  },
  { name: 'that nobody expected', error: new TypeError('x'), want: 'internal' },
])('an error $name', ({ error, want }) => {
  expect(reasonOf(error)).toBe(want);
});
