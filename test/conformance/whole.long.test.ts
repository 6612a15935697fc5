/** The whole conformance run, as `npm run conformance` does it: nothing that a real origin serves as listed would have passed. A short one belongs to each run of CI. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

test('each origin answers 10,000 listed addresses, and heads in every way we know: none of it passes', async () => {
  const run = spawn(process.execPath, [join(import.meta.dirname, 'run.ts')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [told, complaints] = await Promise.all([text(run.stdout), text(run.stderr)]);
  const [, passed = '0', failed = ''] = /^(\d+) passed, (\d+) failed/m.exec(told) ?? [];
  // The whole table would hide what it found.
  const faults = complaints.split('\n').filter((line) => line.startsWith('FAULT '));
  expect({ failed, faults, complaints: failed === '' ? complaints : '' }).toEqual({
    failed: '0',
    faults: [],
    complaints: '',
  });
  expect(Number(passed)).toBeGreaterThan(0);
});
