/** The published vectors: what they say is what we make, and a reader that knows the document alone agrees. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from '../../support/programs.ts';
import { publishedVectors } from './published-vectors.ts';

const FOLDER = join(import.meta.dirname, 'vectors');
const FILE = 'protected-list.json';

test('are what is made of the same entries today', () => {
  const published: unknown = JSON.parse(readFileSync(join(FOLDER, FILE), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(publishedVectors())));
});

describeWith(['python3'])('a reader in Python', () => {
  const run = (folder: string) =>
    spawnSync('python3', ['-I', '-B', join(FOLDER, 'check.py'), folder], { encoding: 'utf8' });

  test('comes to the same records, digests and sets', () => {
    const { status, stdout, stderr } = run(FOLDER);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '14, 11 and 6 records, 3 payloads, 3 withdrawn ids: as the document says\n',
      stderr: '',
    });
  });

  test('finds a digit that is another, of a record as of what it is made of', () => {
    const text = readFileSync(join(FOLDER, FILE), 'utf8');
    const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-vectors-'));
    try {
      for (const name of ['record', 'digest', 'id', 'expires']) {
        const at =
          /[0-9a-f]/.exec(text.slice(text.indexOf(`"${name}": `) + name.length + 3))!.index +
          text.indexOf(`"${name}": `) +
          name.length +
          3;
        writeFileSync(join(folder, FILE), `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`);
        expect(run(folder).status).toBe(1);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
