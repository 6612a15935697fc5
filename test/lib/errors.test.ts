import { rm } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import {
  CleanfeedError,
  errnoOf,
  fileReason,
  messageOf,
  systemErrnoOf,
  ListenError,
  toldElsewhere,
  unless,
  unlessOfSystem,
} from '../../src/lib/errors.ts';
import { ListError } from '../../src/list/list-error.ts';

test('an error says whose side it is, keeps its cause, and has a stable code', () => {
  const cause = new Error('no');
  const error = new ListError('unreadable', 'the list cannot be read', { cause });
  expect(error).toBeInstanceOf(CleanfeedError);
  expect(error).toMatchObject({ side: 'list', code: 'unreadable', cause, name: 'ListError' });
});

test.each([
  {
    errno: 'EADDRINUSE',
    address: '127.0.0.1',
    code: 'address_in_use',
    message:
      "127.0.0.1:3128 is in use (listeners[0].port): set listeners[0].port to a free port, or end the program that has it ('ss -lntup sport = :3128' names it)",
  },
  {
    errno: 'EADDRNOTAVAIL',
    address: '2001:db8::1',
    code: 'address_unavailable',
    message: '[2001:db8::1]:3128 is not an address of this machine (listeners[0].port)',
  },
  { errno: 'EACCES', address: '127.0.0.1', code: 'address_unavailable', message: expect.stringContaining('privilege') },
  { errno: 'EMFILE', address: '127.0.0.1', code: 'address_unavailable', message: expect.stringContaining('EMFILE') },
])('an address that cannot be bound: $errno', ({ errno, address, code, message }) => {
  const error = new ListenError({ key: 'listeners[0].port', address, port: 3128 }, errno);
  expect(error).toMatchObject({ code, message, key: 'listeners[0].port' });
});

test('the errno of anything', () => {
  expect(errnoOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(errnoOf('text')).toBe('UNKNOWN');
  expect(errnoOf(new Error('x'))).toBe('UNKNOWN');
});

test('the errno of the system, and none of an error of Node or of a package', () => {
  const of = (code: string): string | null => systemErrnoOf(Object.assign(new Error('x'), { code }));
  expect(['ENOSPC', 'E2BIG', 'EAI_AGAIN'].map(of)).toEqual(['ENOSPC', 'E2BIG', 'EAI_AGAIN']);
  for (const code of [
    'ERR_STREAM_PREMATURE_CLOSE',
    'ERR_OSSL_UNSUPPORTED',
    'Z_DATA_ERROR',
    'UND_ERR_SOCKET',
    'Error',
    'E',
  ])
    expect(of(code)).toBeNull();
  for (const other of [new Error('x'), 'ENOENT', null]) expect(systemErrnoOf(other)).toBeNull();
});

test('what is expected to fail may fail so, and not in another way', async () => {
  const failing = async (code: string): Promise<never> =>
    await Promise.reject(Object.assign(new Error(code), { code }));
  await expect(failing('ENOENT').catch(unless('ENOENT', 'EEXIST'))).resolves.toBeUndefined();
  await expect(failing('EACCES').catch(unless('ENOENT', 'EEXIST'))).rejects.toThrow('EACCES');
  await expect(Promise.reject(new TypeError('a mistake')).catch(unless('ENOENT'))).rejects.toThrow('a mistake');
});

test('whatever the system says is passed over, and a fault of ours is not', async () => {
  await expect(rm('/proc/self/status').catch(unlessOfSystem)).resolves.toBeUndefined();
  await expect(Promise.reject(new TypeError('a mistake')).catch(unlessOfSystem)).rejects.toThrow('a mistake');
});

test('a promise whose fault is told elsewhere ends nothing, and says when it is over', async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  const over = toldElsewhere(promise);
  reject(new Error('told by whoever awaits it'));
  await expect(over).resolves.toBeUndefined();
  await expect(promise).rejects.toThrow('told by whoever awaits it');
});

test('what was thrown has a message, whatever it is', () => {
  expect([messageOf(new TypeError('x')), messageOf('text'), messageOf(undefined)]).toEqual(['x', 'text', 'undefined']);
});

test('why a file cannot be read or written: in words where there are some, with the code where somebody may look for it', () => {
  expect(['ENOENT', 'ENOSPC', 'EROFS', 'EMFILE', 'ENAMETOOLONG', 'EXDEV'].map(fileReason)).toEqual([
    'there is no such file',
    'no space is left on the disk (ENOSPC)',
    'the file system is read-only (EROFS)',
    'too many files are open (EMFILE)',
    'its name, or a name in its path, is too long',
    'EXDEV',
  ]);
});
