import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { memoryLimit, processResources } from '../../src/workers/process-resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('of this process: what the system says', () => {
  const before = processResources();
  expect(before.residentBytes).toBeGreaterThan(10 * 2 ** 20);
  const [, kibibytes] = /^VmSize:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))!;
  expect(before.virtualBytes! / (Number(kibibytes) * 1024)).toBeCloseTo(1, 1);
  expect(processResources().cpuSeconds).toBeGreaterThanOrEqual(before.cpuSeconds);
});

test.each(['', 'VmSize: much\n', 'VmRSS:\t  12 kB\n'])(
  'a system that tells another thing (%j) tells nothing',
  (text) => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('status'), text);
    expect(processResources(directory.file('status')).virtualBytes).toBeNull();
    expect(processResources(directory.file('none')).virtualBytes).toBeNull();
  },
);

test.each([
  [0, null],
  [2 ** 64, null],
  [2 ** 29, 2 ** 29],
])('a control group of %d', (constrained, limit) => expect(memoryLimit(constrained)).toBe(limit));
