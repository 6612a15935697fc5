/** The test address of a list, from its text: what can be requested, and the list itself says that it is refused. */
import { expect, test } from '@jest/globals';
import { compileText } from '../../../src/list/text/compile.ts';

function tests(text: string): readonly string[] {
  return compileText(Buffer.from(text), { list: 0, action: 'block', today: 20_000 }).tests.map(({ url }) => url);
}

test.each([
  { line: 'listed.example', want: 'http://listed.example/' },
  { line: '*.Listed.example', want: 'http://listed.example/' },
  { line: 'listed.example/dir/*', want: 'http://listed.example/dir/' },
  { line: 'listed.example/a/../b.html?*', want: 'http://listed.example/b.html' },
  { line: 'http://listed.example:8080/a%20b?x=1', want: 'http://listed.example:8080/a%20b?x=1' },
  { line: 'http://[2001:db8::1]/a', want: 'http://[2001:db8::1]/a' },
])('$line', ({ line, want }) => {
  expect(tests(`${line} test\nother.example/x\n`)).toEqual([want]);
});

test('the first four; none that has expired', () => {
  const lines = [
    'old.example test expires=2001-01-01',
    ...['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.example test`),
  ];
  expect(tests(`${lines.join('\n')}\n`)).toEqual(['a', 'b', 'c', 'd'].map((name) => `http://${name}.example/`));
});

test.each([
  ['listed.example dns', true],
  ['*.listed.example dns steer', true],
  ['listed.example', false],
  ['listed.example steer', false],
  ['listed.example/ dns', false],
  ['listed.example/page dns', false],
  ['listed.example:8080 dns', false],
  ['192.0.2.1 dns', false],
  ['[2001:db8::1] dns', false],
])('%s: no resolver is told its address: %s', (line, permitsDns) => {
  const compiled = compileText(Buffer.from(`${line} test\n`), { list: 0, action: 'block', today: 20_000 });
  expect(compiled.tests).toMatchObject([{ permitsDns }]);
});
