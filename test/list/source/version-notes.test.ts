/** Which version is held, accepted, pinned: what follows from what, and that it is found again. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  accepted,
  entered,
  held,
  NO_NOTES,
  offered,
  pinned,
  readNotes,
  released,
  writeNotes,
} from '../../../src/list/source/version-notes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

describe('what follows', () => {
  const HELD = held(NO_NOTES, 'b');
  const PINNED = pinned(NO_NOTES, 'a');

  test('an accepted version passes once', () => {
    const notes = accepted(HELD, 'b');
    expect(offered(notes, 'b')).toEqual([{ label: 'b', gate: 'accepted' }, notes]);
    expect(offered(entered(notes), 'b')[0]).toEqual({ label: 'b', gate: 'ask' });
  });

  test('no other passes with it', () => {
    expect(offered(accepted(HELD, 'b'), 'c')[0]).toEqual({ label: 'c', gate: 'ask' });
  });

  test('what is held is forgotten when another one is offered', () => {
    expect(offered(HELD, 'b')[1].held).toBe('b');
    expect(offered(HELD, 'c')[1].held).toBeNull();
  });

  test.each([
    { name: 'accept: none is held', ask: () => accepted(NO_NOTES, 'b'), says: 'no version of it is held' },
    { name: 'accept: another is held', ask: () => accepted(HELD, 'c'), says: 'version c is not held; b is' },
    { name: 'accept: pinned', ask: () => accepted(PINNED, 'b'), says: "'ctl release' first" },
    { name: 'rollback: pinned already', ask: () => pinned(PINNED, 'a'), says: 'version a is pinned already' },
    { name: 'rollback: nothing before', ask: () => pinned(NO_NOTES, null), says: 'no version before' },
    { name: 'release: not pinned', ask: () => released(NO_NOTES), says: 'no version of it is pinned' },
  ])('refused: $name', ({ ask, says }) => {
    expect(ask).toThrow(expect.objectContaining({ code: 'version_refused', message: expect.stringContaining(says) }));
  });
});

describe('on disk', () => {
  let directory: TemporaryDirectory;
  const refuse = (): never => {
    throw new Error('told of damage');
  };
  const place = (): { path: string; owner: string } => ({ path: directory.file('lists/a.notes'), owner: '/f.yaml' });

  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => directory[Symbol.dispose]());

  test('what is pinned and what is accepted is found again; what is held is refused again', async () => {
    await writeNotes(place(), { held: 'c', accepted: 'b', pinned: 'a' });
    expect(await readNotes(place().path, refuse)).toEqual({ held: null, accepted: 'b', pinned: 'a' });
  });

  test('where nothing was written there are none', async () => {
    expect(await readNotes(directory.file('lists/none.notes'), refuse)).toEqual(NO_NOTES);
  });

  // Was a fault: a pinned version was forgotten without a word.
  test.each([
    ['', 'not JSON'],
    ['null', 'must be a mapping'],
    ['[]', 'must be a mapping'],
    ['{"accepted":null,"pinned":7}', 'pinned: must be a text'],
    ['{"pinned":"a"}', 'accepted: '],
  ])('of %j nothing is made, and that is told', async (text, reason) => {
    writeFileSync(directory.file('notes'), text);
    const told: string[] = [];
    expect(await readNotes(directory.file('notes'), (...damage) => told.push(...damage))).toEqual(NO_NOTES);
    expect(told).toEqual([directory.file('notes'), expect.stringContaining(reason)]);
  });

  // Was a fault, likewise.
  test('what cannot be read is not taken for nothing', async () => {
    mkdirSync(directory.file('notes'));
    await expect(readNotes(directory.file('notes'), refuse)).rejects.toMatchObject({
      code: 'state',
      message: expect.stringMatching(/cannot be read in .*notes: it is a folder$/),
    });
  });

  test('a folder that cannot be written is told', async () => {
    writeFileSync(directory.file('lists'), 'in the way');
    await expect(writeNotes(place(), NO_NOTES)).rejects.toMatchObject({
      code: 'version_refused',
      message: expect.stringContaining('cannot be kept in'),
    });
  });
});
