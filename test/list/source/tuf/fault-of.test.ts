/** Faults of a list become values; what is a fault of the program does not. */
import { expect, test } from '@jest/globals';
import { listError } from '../../../../src/list/list-error.ts';
import { faultOf, orFault } from '../../../../src/list/source/tuf/fault-of.ts';

const FAULT = listError('expired', 'of the test');

test('what came of it, or the fault', async () => {
  expect([await orFault(Promise.resolve(7)), await orFault(Promise.reject(FAULT))]).toEqual([7, FAULT]);
  expect([await faultOf(Promise.resolve()), await faultOf(Promise.reject(FAULT))]).toEqual([null, FAULT]);
});

test('any other error is thrown', async () => {
  await expect(orFault(Promise.reject(new TypeError('of the test')))).rejects.toThrow(TypeError);
  await expect(faultOf(Promise.reject(new TypeError('of the test')))).rejects.toThrow(TypeError);
});
