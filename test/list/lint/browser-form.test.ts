/** Lines that cover another address than a browser asks for: compared with what the URL standard makes of them (Node has its reference tests). */
import { expect, test } from '@jest/globals';
import { browserForm } from '../../../src/list/lint/browser-form.ts';
import { entryOfLine } from '../../../src/publish/entry-line.ts';

const warned = (line: string): string | null => {
  const [address = ''] = line.split(' ');
  return browserForm(entryOfLine(line)!, address)?.rule ?? null;
};

test.each([
  // https://url.spec.whatwg.org/#path-state: `//` is an empty segment, which `..` takes away.
  ['http://a.example/a//../b', '/a/b'],
  ['http://a.example/a//..//b', '/a//b'],
  ['http://a.example/a//%2e%2E/b', '/a/b'],
  ['http://a.example/x/a//../b/*', '/x/a/b/*'],
])('%s: a browser asks for %s', (line, path) => {
  expect(new URL(line).pathname).toBe(path);
  expect(warned(line)).toBe('browser-form');
});

test.each([
  'a.example',
  'http://a.example/',
  'http://a.example/a/b',
  'http://a.example/a/../b',
  'http://a.example/a/./b',
  'http://a.example/a/b/..',
  'http://a.example/%2e%2e/a',
  'http://a.example/a//b',
  'http://a.example/a%2Fb',
  'http://a.example/a?x=//../b',
  'http://a.example/.hidden/*',
  'http://a.example/%D0%B0',
])('%s is what a browser asks for', (line) => {
  expect(warned(line)).toBeNull();
});

test('no path is told: it may be one that nobody shall read', () => {
  const message = browserForm(entryOfLine('http://a.example/secret//../word')!, 'http://a.example/secret//../word');
  expect(message?.message).not.toMatch(/secret|word/);
});
