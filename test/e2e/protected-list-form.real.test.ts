/**
 * Requirement 72 with a whole process: a protected list that was made with another Unicode version is taken where its vectors have the keys that the node makes
 * itself; where one has another key it is refused, and the last good list stays in force.
 */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { PAYLOAD_AT, PAYLOAD_HEADER_BYTES } from '../../src/list/protected/payload.ts';
import { fullOf } from '../list/protected/support.ts';
import { entriesOf, TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Within a vector (docs/list-format.md). */
const AT_PROOF = 12;
/** Unicode 15.1.0. */
const OLDER = (15 << 16) | (1 << 8);

test('a list of another Unicode version is in force, and one with another key in its vectors is refused', async () => {
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
  const publish = async (lines: readonly string[], spoil: (plain: Uint8Array) => void): Promise<void> => {
    repository.version += 1;
    repository.targets.clear();
    const plain = fullOf(entriesOf(lines), repository.version);
    new DataView(plain.buffer, plain.byteOffset).setUint32(PAYLOAD_AT.unicode, OLDER, true);
    spoil(plain);
    await repository.add(`${repository.version}.full`, plain);
    repository.release();
  };
  await publish(['a.example'], () => {});
  await using proxy = await startProxy({
    config: {
      lists: [
        {
          name: 'national',
          source: `tuf+file://${repository.folder}`,
          root: directory.file('root.json'),
          identity: directory.file('node.age'),
        },
      ],
    },
  });
  expect((await proxy.status()).lists[0]).toMatchObject({ entries: 1, lastError: null });
  await publish(['a.example', 'b.example'], (plain) => {
    const ofFirst = PAYLOAD_HEADER_BYTES + AT_PROOF;
    plain[ofFirst] = (plain[ofFirst] ?? 0) ^ 1;
  });
  const refused = await eventually(
    'it is refused',
    async () => (await proxy.status()).lists[0],
    (list) => (list?.lastError ?? null) !== null,
  );
  expect(refused).toMatchObject({ entries: 1 });
  expect(JSON.stringify(refused?.lastError)).toMatch(
    /canonical form 1 and Unicode 15\.1\.0, this program has 1 and .*vector \d+ of 100 .* has another key here/,
  );
  await publish(['a.example', 'b.example'], () => {});
  await eventually('the next one is taken', async () => (await proxy.status()).lists[0]?.entries === 2);
});
