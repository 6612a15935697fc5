import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { typedAddresses } from '../../src/commands/typed-addresses.ts';

test('each with its place, whatever stands between them', async () => {
  const input = Readable.from([
    Buffer.from('# why\r\n\r\n  a.example  # it'),
    Buffer.from(' is wrong\r\n\n#\nb.example'),
  ]);
  expect(await typedAddresses(input)).toEqual([
    { text: 'a.example', place: '-:3:3' },
    { text: 'b.example', place: '-:6:1' },
  ]);
});

test('what only looks like a comment is a part of the address, and two words are no address and a comment', async () => {
  const input = Readable.from([Buffer.from('\ufeffhttp://a.example/#x\na.example b.example #c\n\t# d\na#b\n')]);
  expect((await typedAddresses(input)).map(({ text }) => text)).toEqual([
    'http://a.example/#x',
    'a.example b.example',
    'a#b',
  ]);
});

test.each(['', '\n', '# nothing\n'])('%j has none', async (text) => {
  await expect(typedAddresses(Readable.from([Buffer.from(text)]))).rejects.toMatchObject({ code: 'not_listed' });
});
