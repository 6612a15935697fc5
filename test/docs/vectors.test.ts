/** Published vectors are pinned: each file of a folder named `vectors` has its source at a commit, and the digest of what was taken in. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

/** Folders whose files we make ourselves, for others; their README says with what. */
const OURS = ['test/list/protected/vectors', 'test/publish/vectors', 'test/wire/vectors'];
const COMMIT = /\bat [0-9a-f]{40}\b/;
/** Published vectors that stand in a test: the file, and what names their source there. */
const IN_TESTS: Readonly<Record<string, RegExp>> = {
  'test/match/half-sip-hash.test.ts': /veorq\/SipHash at [0-9a-f]{40}/,
  'test/url/display.test.ts': /Safe Browsing v4 \(canonicalization\)[^*]*google\/safebrowsing at [0-9a-f]{40}/,
};

const folders = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /(?:^|\/)vectors\/README\.md$/.test(name))
  .map((name) => dirname(join('test', name)));
const published = folders.filter((folder) => !OURS.includes(folder));

test('each folder of vectors is published, or ours', () => {
  const all = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?:^|\/)vectors$/.test(name),
  );
  expect(all.filter((name) => !folders.includes(join('test', name)))).toEqual([]);
  expect(OURS.filter((folder) => !folders.includes(folder))).toEqual([]);
  expect(published.length).toBeGreaterThan(1);
});

describe.each(published)('%s', (folder) => {
  const rows = readFileSync(join(ROOT, folder, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const files = readdirSync(join(ROOT, folder)).filter((name) => name !== 'README.md');

  test.each(files)('%s has its source, with the commit', (name) => {
    const sources = rows.filter((row) => row.startsWith(`| \`${name}\` |`) && COMMIT.test(row));
    expect(sources).toHaveLength(1);
  });

  test.each(files)('%s is what was taken in', (name) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(ROOT, folder, name)))
      .digest('hex');
    expect(rows).toContain(`| \`${name}\` | ${digest} |`);
  });
});

test.each(Object.entries(IN_TESTS))('those that stand in %s have their source there', (file, source) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
  expect(readFileSync(join(ROOT, file), 'utf8')).toMatch(source);
});
