/** A quoted text is one word to a real shell, whatever is in it. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { shellQuoted } from '../../src/lib/shell-quoted.ts';

test.each(['plain', '', 'a b', "it's", "''", '$HOME `id` \\ "x" *', 'a\nb'])('%j', (text) => {
  expect(execFileSync('sh', ['-c', `printf '%s|' ${shellQuoted(text)}`], { encoding: 'utf8' })).toBe(`${text}|`);
});
