/** Who writes what the publisher remembers: one user, whoever types the command. */
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockState } from '../../../src/publish/state/lock.ts';
import { checkOwner } from '../../../src/publish/state/owner.ts';
import { testAsRoot } from '../../support/programs.ts';
import { Publishing } from '../publishing.ts';

const OTHER = 54_321;
let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
});
afterEach(() => publishing[Symbol.dispose]());

/** Everything below KEYS and REPO, with its owner. */
function owned(): readonly string[] {
  return Object.values(publishing.folders).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
      const path = join(folder, name);
      return `${path} ${statSync(path).uid}`;
    }),
  );
}

function give(uid: number): void {
  for (const folder of Object.values(publishing.folders)) {
    chownSync(folder, uid, uid);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      chownSync(join(folder, name), uid, uid);
  }
}

test('its own user goes on', async () => {
  expect(await publishing.commit(['a.example'])).toBe(1);
  await using _lock = await lockState(publishing.folders);
  await checkOwner(publishing.folders);
});

// Was a fault: after a removal that root had typed, the relay's own user could read `published/NAME.json` no more, and published nothing.
testAsRoot('another user at work')(
  'root writes nothing where another user publishes, and is told who it is',
  async () => {
    give(OTHER);
    const before = owned();
    await expect(publishing.commit(['a.example'])).rejects.toMatchObject({
      code: 'publisher_state',
      message: expect.stringMatching(
        /state belongs to user 54321, who could not read what user 0 writes there: type the command as/,
      ),
    });
    expect(owned()).toEqual(before);
    give(0);
    expect(await publishing.commit(['a.example'])).toBe(1);
  },
);
