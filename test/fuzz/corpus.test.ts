/** Every input that fuzzing has found worth keeping still keeps the promises of its target. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fileOf, packedFolder, readCorpus, unpackCorpus } from './corpus.ts';

const TARGETS = readdirSync(join(import.meta.dirname, 'targets')).map((file) => file.replace(/\.ts$/, ''));

describe.each(TARGETS)('%s', (target) => {
  test('keeps its promises for every saved input', async () => {
    const { fuzz } = (await import(`./targets/${target}.ts`)) as { readonly fuzz: (data: Buffer) => void };
    const inputs = readCorpus(target);
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of inputs) expect(() => fuzz(input)).not.toThrow();
  });

  test('is the same after it was unpacked and packed again', () => {
    using directory = temporaryDirectory();
    const folder = directory.file(target);
    unpackCorpus(target, folder);
    expect(readdirSync(folder)).toHaveLength(readCorpus(target).length);
    expect(packedFolder(folder)).toBe(readFileSync(fileOf(target), 'utf8'));
  });
});
