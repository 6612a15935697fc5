/** What a disk has not taken belongs to all who have the folder, and ends with the last of them. */
import { expect, test } from '@jest/globals';
import { emptyState } from '../../../../src/list/source/tuf/stored-state.ts';
import { Unwritten } from '../../../../src/list/source/tuf/unwritten.ts';

const FILE = { sha256: 'a'.repeat(64), bytes: 4 };
const BYTES = Buffer.from('body');

test('one folder, one memory, as long as anybody has it', () => {
  const [one, other, elsewhere] = [Unwritten.of('/folder'), Unwritten.of('/folder'), Unwritten.of('/elsewhere')];
  one.state = emptyState('digest', '{}');
  one.hold(FILE, BYTES);
  expect([other.state, other.bytesOf(FILE), elsewhere.state]).toEqual([one.state, BYTES, null]);
  one.release();
  expect(Unwritten.of('/folder').bytesOf(FILE)).toBe(BYTES);
  for (let i = 0; i < 2; i += 1) other.release();
  expect(Unwritten.of('/folder').bytesOf(FILE)).toBeNull();
});

test('64 MiB of files, of which one that comes again counts once', () => {
  const memory = Unwritten.of('/bounded');
  const most = 64 * 1024 * 1024;
  expect([memory.mayHold({ ...FILE, bytes: most }), memory.mayHold({ ...FILE, bytes: most + 1 })]).toEqual([
    true,
    false,
  ]);
  memory.hold(FILE, BYTES);
  const other = { sha256: 'b'.repeat(64), bytes: most };
  expect([memory.mayHold({ ...FILE, bytes: most }), memory.mayHold(other)]).toEqual([true, false]);
  memory.keepOnly(new Set());
  expect([memory.bytesOf(FILE), memory.mayHold(other)]).toEqual([null, true]);
});
