/** A flat file of this machine: its bytes, what cannot be read, what is being written. Over HTTPS: the whole relay (test/commands/relay.real.test.ts). */
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { FlatFileSource } from '../../src/republish/flat-source.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function read(path: string, maxBytes = 100): Promise<string> {
  const source = new FlatFileSource({ kind: 'file', path }, maxBytes);
  const file = await source.open();
  const pieces: Uint8Array[] = [];
  for await (const piece of file?.pieces ?? []) pieces.push(piece);
  source.taken(false);
  source.close();
  return Buffer.concat(pieces).toString();
}

test('its bytes, up to the bound', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('a'), 'x'.repeat(100));
  expect(await read(directory.file('a'))).toBe('x'.repeat(100));
  await expect(read(directory.file('a'), 99)).rejects.toMatchObject({ code: 'too_large' });
});

test('what cannot be read', async () => {
  using directory = temporaryDirectory();
  await expect(read(directory.file('none'))).rejects.toMatchObject({ code: 'unreadable' });
  await expect(read(directory.path)).rejects.toMatchObject({ code: 'unreadable' });
});

// Was a fault: the pass waited until somebody wrote, and a relay that was told to stop waited with it.
test('what is no file is told at once', async () => {
  using directory = temporaryDirectory();
  execFileSync('mkfifo', [directory.file('fifo')]);
  for (const path of [directory.file('fifo'), directory.path])
    await expect(read(path)).rejects.toMatchObject({
      code: 'unreadable',
      message: `${path} is not a regular file`,
    });
});

// Was a fault: a part of a list that was being written, up to the end of a line, was published as all of it.
test('a file that is written while it is read is not the list', async () => {
  using directory = temporaryDirectory();
  const path = directory.file('a');
  writeFileSync(path, 'a.example\n');
  const source = new FlatFileSource({ kind: 'file', path }, 100);
  const file = await source.open();
  appendFileSync(path, 'b.example\n');
  const all = async (): Promise<void> => {
    for await (const _ of file?.pieces ?? []) continue;
  };
  await expect(all()).rejects.toMatchObject({ code: 'truncated', message: `${path} changed while it was read` });
  expect(await read(path)).toBe('a.example\nb.example\n');
});
