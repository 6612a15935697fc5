import { expect, test } from '@jest/globals';
import { redactedWords } from '../../src/lib/redacted-words.ts';

test.each([
  ['put https://a.example/?t=x failed', 'put [redacted] failed'],
  ['  https://a.example  and http://b.example', '  [redacted]  and [redacted]'],
  ['nothing', 'nothing'],
  ['', ''],
])('%j', (text, want) => {
  expect(redactedWords(text, (word) => word.includes('://'))).toBe(want);
});
