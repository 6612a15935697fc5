/** What a thread was lent for a job goes back where the job fails, whenever it comes. */
import { expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import { jobError, JobLeases } from '../../src/list/job-leases.ts';
import type { ListMemory } from '../../src/list/list-memory.ts';
import { countedMemory } from '../support/counted-memory.ts';
import { codeOf } from '../support/list-error-code.ts';

test('in the order in which it was asked for, and back where the job fails', async () => {
  const memory = countedMemory();
  const leases = new JobLeases(memory);
  const lent = [await leases.lease(8), await leases.lease(16)];
  expect(leases.all).toEqual(lent);
  expect(memory.lent).toBe(2);
  leases.failed();
  expect([leases.all, memory.lent]).toEqual([[], 0]);
});

// Was a fault: it stayed lent for as long as the process ran.
test('memory that comes after the job has failed goes back at once', async () => {
  const counted = countedMemory();
  const comes = Promise.withResolvers<void>();
  const memory: ListMemory = {
    lease: async (byteLength) => {
      await comes.promise;
      return await counted.lease(byteLength);
    },
    release: (bytes) => counted.release(bytes),
  };
  const leases = new JobLeases(memory);
  const code = codeOf(leases.lease(8));
  leases.failed();
  comes.resolve();
  expect(await code).toBe('internal');
  expect([counted.seen.size, counted.lent]).toEqual([1, 0]);
});

test('an error of the list is what it is; what the thread died of is said', () => {
  const own = new ListError('decrypt', 'no key fits');
  expect(jobError('image', own)).toBe(own);
  expect(jobError('compile', new Error('exit status 1'))).toMatchObject({
    code: 'internal',
    message: 'the compile thread ended before it was done (exit status 1); what is in force stays',
  });
});
