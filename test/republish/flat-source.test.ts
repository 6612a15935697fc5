/** A flat file of this machine: its bytes, and what cannot be read. Over HTTPS: the whole relay (test/commands/relay.test.ts). */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { FlatFileSource } from '../../src/republish/flat-source.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function read(path: string, maxBytes = 100): Promise<string> {
  const source = new FlatFileSource({ kind: 'file', path }, maxBytes);
  const file = await source.open();
  const pieces: Uint8Array[] = [];
  for await (const piece of file?.pieces ?? []) pieces.push(piece);
  source.taken();
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
