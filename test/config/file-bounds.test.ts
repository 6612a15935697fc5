/** Files of the operator, each as large as it may be and a byte larger. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { controlSocketOf } from '../../src/config/control-place.ts';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { languageSchema } from '../../src/config/language-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readConfigText } from '../../src/config/read-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const KIB = 1024;
const ENGLISH = readFileSync(join(import.meta.dirname, '../../config/languages/en.yaml'), 'utf8');

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
  mkdirSync(directory.file('words'));
});
afterEach(() => directory[Symbol.dispose]());

/** A comment before the text makes it as long. */
function padded(text: string, bytes: number): string {
  const line = `#${'x'.repeat(bytes - Buffer.byteLength(text) - 2)}\n`;
  return line + text;
}

describe('a configuration', () => {
  const TEXT = 'control: { socket: /run/x/control.sock }\n';

  test('of a mebibyte is read, and of a byte more is a wrong file', async () => {
    writeFileSync(directory.file('c.yaml'), padded(TEXT, KIB * KIB));
    expect(await readConfigText(directory.file('c.yaml'))).toMatchObject({ ok: true });
    expect(await controlSocketOf(directory.file('c.yaml'), {})).toBe('/run/x/control.sock');
    writeFileSync(directory.file('c.yaml'), padded(TEXT, KIB * KIB + 1));
    expect(await readConfigText(directory.file('c.yaml'))).toMatchObject({ ok: false });
    expect(await controlSocketOf(directory.file('c.yaml'), {})).toBeNull();
  });
});

describe('languages', () => {
  async function faults(): Promise<readonly string[]> {
    writeFileSync(directory.file('c.yaml'), 'languages: { folder: ./words }\n');
    const loaded = await loadConfig(directory.file('c.yaml'), {});
    return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
  }

  const word = (name: string, text: string): void => writeFileSync(directory.file(`words/${name}`), text);

  test('a file of 64 KiB, and a character more', async () => {
    // It has characters of several bytes.
    const more = Buffer.byteLength(ENGLISH) - ENGLISH.length;
    word('de.yaml', padded(ENGLISH, 64 * KIB + more));
    expect(await faults()).toEqual([]);
    word('de.yaml', padded(ENGLISH, 64 * KIB + more + 1));
    expect(await faults()).toEqual([expect.stringContaining('is larger than 64 KiB')]);
  });

  test('sixteen of them, two of which are shipped, and one more', async () => {
    for (const letter of 'abcdefghijklmn') word(`q${letter}.yaml`, ENGLISH);
    expect(await faults()).toEqual([]);
    word('qo.yaml', ENGLISH);
    expect(await faults()).toEqual([expect.stringContaining('there are 17 languages, and at most 16 can be used')]);
  });

  test('a thousand files in the folder, and one more', async () => {
    word('de.yaml', ENGLISH);
    for (let i = 1; i < 1000; i += 1) word(`${i}.txt`, '');
    expect(await faults()).toEqual([]);
    word('1000.txt', '');
    expect(await faults()).toEqual([expect.stringContaining('holds more than 1000 files')]);
  });

  test('a text of 500 characters, and of one more', () => {
    const taken = (characters: number): boolean => {
      const words = parse(ENGLISH);
      words.block.automatic = 'x'.repeat(characters);
      return languageSchema.parse(words).ok;
    };
    expect([500, 501].map(taken)).toEqual([true, false]);
  });
});
