/** What is kept of a text says of its names what the text says, whatever the action, and nothing of its paths. */
import { expect, test } from '@jest/globals';
import { namedEntriesOf } from '../../../src/list/names/list-names.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { TextNames } from '../../../src/list/names/text-names.ts';
import { compileText } from '../../../src/list/text/compile.ts';
import type { ListAction } from '../../../src/lib/types.ts';

const TODAY = 20_784;
const LINES = [
  'a.example',
  '*.b.example dns',
  'c.example dns steer expires=2026-11-26',
  'd.example dns expires=2026-11-27',
  'http://e.example/secret-path dns steer',
  'f.example:8080 dns',
  'g.example dns count',
  'h%5Fx.example dns',
  'bücher.example dns steer',
  '192.0.2.1 steer',
  '[2001:db8::1] dns',
];
const ALLOW = [
  '*.a.example reason="x" expires=2027-01-01',
  'http://b.example/c steer reason="x" expires=2027-01-01',
  'c.example dns reason="x" expires=2027-01-01',
];

function kept(lines: readonly string[], action: ListAction): Uint8Array {
  const names = new TextNames(action);
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const { badLines } = compileText(bytes, { list: 0, action, today: TODAY, visit: (entry) => names.add(entry) });
  expect(badLines).toEqual([]);
  return names.bytes();
}

const given = (bytes: Uint8Array, form: ListNames['form'], action: ListAction): ListNames => ({
  list: 'own',
  action,
  form,
  bytes,
  withdrawn: [],
  version: '1',
});

test.each<{ name: string; lines: readonly string[]; read: ListAction; enforced: ListAction; count: number }>([
  { name: 'a list that blocks', lines: LINES, read: 'block', enforced: 'block', count: 7 },
  { name: 'one that was made to count only', lines: LINES, read: 'block', enforced: 'count', count: 0 },
  { name: 'one that counts and was made to block', lines: LINES, read: 'count', enforced: 'block', count: 7 },
  { name: 'an allow list', lines: ALLOW, read: 'allow', enforced: 'allow', count: 2 },
])('$name', ({ lines, read, enforced, count }) => {
  const text = Buffer.from(`${lines.join('\n')}\n`);
  const all = [...namedEntriesOf(given(kept(lines, read), 'names', enforced), TODAY)];
  expect(all).toEqual([...namedEntriesOf(given(text, 'text', enforced), TODAY)]);
  expect(all).toHaveLength(count);
});

test('no path, and no host that nothing may be done with alone', () => {
  const text = Buffer.from(kept(LINES, 'block')).toString('latin1');
  expect(text).not.toContain('secret-path');
  expect(text).not.toMatch(/ a\.example|f\.example|g\.example|c\.example/);
  expect(text.split('\n').slice(3)).toEqual([
    '2 *.b.example dns',
    '4 d.example dns expires=2026-11-27',
    '5 e.example steer',
    '8 h_x.example dns',
    '9 xn--bcher-kva.example dns steer',
    '10 192.0.2.1 steer',
    '11 [2001:db8::1] dns',
    '',
  ]);
});
