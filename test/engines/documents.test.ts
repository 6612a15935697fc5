/** The pages of docs/dns show the files of config/dns as they are, and each says what its engine reveals and what its traps are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { blocksOf, document, ROOT } from '../docs/markdown.ts';

const PAGES = ['knot', 'bind', 'powerdns', 'unbound', 'knot-resolver', 'dnsdist'];

const shown = PAGES.flatMap((page) =>
  blocksOf(document(`docs/dns/${page}.md`)).flatMap(({ comment, text }) => {
    const [, file] = /^file: (\S+)$/.exec(comment ?? '') ?? [];
    return file === undefined ? [] : [{ page, file, text }];
  }),
);

describe('docs/dns', () => {
  test('shows each file of config/dns once', () => {
    const files = readdirSync(join(ROOT, 'config', 'dns')).map((name) => `config/dns/${name}`);
    expect(shown.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
  });

  test.each(shown)('$file is as $page.md shows it', ({ file, text }) => {
    expect(text).toBe(readFileSync(join(ROOT, file), 'utf8'));
  });

  test.each(PAGES)('%s.md says what is revealed and where the traps are', (page) => {
    const text = document(`docs/dns/${page}.md`);
    expect(text).toMatch(/^## (?:What it reveals|Who gets what)$/m);
    expect(text).toMatch(/^## Traps$/m);
  });
});
