/** Addresses from a stream, and one that breaks. With the commands: explain-running.test.ts. */
import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { addressBatches, inputFailed } from '../../src/commands/explain-many.ts';

test('what has come is given, then the fault: half a line is no address', async () => {
  const input = new PassThrough();
  input.write(' http://a.example/\r\n\nhttp://b.exa');
  const batches = addressBatches(input);
  expect(await batches.next()).toEqual({ done: false, value: ['http://a.example/'] });
  input.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
  await expect(batches.next()).rejects.toMatchObject({
    code: 'standard_input',
    side: 'config',
    message: 'standard input cannot be read: the device reports a fault (EIO)',
  });
});

test('what is no fault of the input is nothing to tell of it', () => {
  expect(() => inputFailed(new TypeError('a mistake'), 3)).toThrow('a mistake');
});
