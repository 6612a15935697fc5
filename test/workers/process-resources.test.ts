import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { memoryLimit, processResources } from '../../src/workers/process-resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('what the system says', () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('status'), 'Name:\tnode\nVmSize:\t 1024 kB\nThreads:\t9\n');
  const { virtualBytes, residentBytes, cpuSeconds } = processResources(directory.file('status'));
  expect({ virtualBytes, has: residentBytes > 0 && cpuSeconds > 0 }).toEqual({ virtualBytes: 2 ** 20, has: true });
});

test.each(['', 'VmSize: much\n', 'Threads:\t9\n'])('a system that tells another thing (%j) tells nothing', (text) => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('status'), text);
  expect(processResources(directory.file('status')).virtualBytes).toBeNull();
  expect(processResources(directory.file('none')).virtualBytes).toBeNull();
});

test.each([
  [0, null],
  [2 ** 64, null],
  [2 ** 29, 2 ** 29],
])('a control group of %d', (constrained, limit) => expect(memoryLimit(constrained)).toBe(limit));
