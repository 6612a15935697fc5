/** Every command of a publisher, interrupted at each of its operations on files. */
import { expect, test } from '@jest/globals';
import { interruptedRuns } from './interrupted-runs.ts';

test.each([
  'commit',
  'recipient add',
  'rekey',
  'revoke',
  'rotate root',
  'rotate targets',
  'rotate timestamp',
  'rotate withdrawn',
])('%s', async (name) => {
  const [run] = await interruptedRuns(name);
  expect(run).toMatchObject({ name, operations: expect.any(Number) });
  expect(run!.operations).toBeGreaterThan(10);
});
