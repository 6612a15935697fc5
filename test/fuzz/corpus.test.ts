/** Every input that fuzzing has found worth keeping still keeps the promises of its target. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const TARGETS = readdirSync(join(import.meta.dirname, 'targets')).map((file) => file.replace(/\.ts$/, ''));

test.each(TARGETS)('%s', async (target) => {
  const { fuzz } = (await import(`./targets/${target}.ts`)) as { readonly fuzz: (data: Buffer) => void };
  const corpus = join(import.meta.dirname, 'corpus', target);
  const inputs = readdirSync(corpus);
  expect(inputs.length).toBeGreaterThan(0);
  for (const input of inputs) expect(() => fuzz(readFileSync(join(corpus, input)))).not.toThrow();
});
