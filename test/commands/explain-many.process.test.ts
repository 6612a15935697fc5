/** Addresses from a stream, and one that breaks. With the commands: explain-running.real.test.ts. */
import { afterEach, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { addressBatches, inputFailed, MAX_ADDRESS } from '../../src/commands/explain-many.ts';
import { cleanfeed, endAll, folderWith } from './cli-process.ts';

afterEach(endAll);

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

// Was a fault: a file of one line was kept and shown whole, with every look-up of its path (100 MB: 43 s and 4 GB with --json).
test.each([[], ['--json']])(
  'a line that is longer than any address has no verdict, and is not shown %s',
  async (...args) => {
    const cwd = await folderWith({
      'f.yaml': 'listeners: [{ name: a, mode: explicit, address: 127.0.0.1, port: 0 }]\n',
    });
    const longest = `a.example/${'x'.repeat(MAX_ADDRESS - 10)}`;
    const input = `${longest}\n${longest}x\n${longest.repeat(3)}\na.example\n`;
    const { code, stdout } = await cleanfeed(['explain', '-c', 'f.yaml', ...args, '-'], { cwd, input });
    const [first = '', ...others] = stdout.split('\n');
    expect(first).toMatch(args.length > 0 ? /"verdict":"pass"/ : /^pass\t/);
    const fault = `a line has at most ${MAX_ADDRESS} characters`;
    const told = args.length > 0 ? JSON.stringify({ code: 'usage', message: fault }) : `error\t-\t${fault}`;
    expect(others.slice(0, 2)).toEqual([told, told]);
    expect(others[2]).toMatch(/pass/);
    expect(code).toBe(2);
  },
);
