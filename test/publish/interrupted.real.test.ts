/** Requirement 42: interrupted anywhere, what is public stays valid, and the next command goes on. All commands: interrupted.long.test.ts. */
import { expect, test } from '@jest/globals';
import { interruptedRuns } from './interrupted-runs.ts';

// Was a fault: a folder that was made when it died had the mode of the umask for ever.
test('a recipient that is added, interrupted likewise, by somebody whose umask keeps all to himself', async () => {
  expect(await interruptedRuns('recipient add')).toHaveLength(1);
});

test('a removal that is interrupted at any of its operations', async () => {
  const [run, ...others] = await interruptedRuns('withdraw');
  expect(run?.operations).toBeGreaterThan(20);
  expect(others).toEqual([]);
});
