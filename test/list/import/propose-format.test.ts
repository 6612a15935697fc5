/** The format that is proposed of a list, and the lines by which a person sees whether it is right. */
import { expect, test } from '@jest/globals';
import { isOurs, proposeFormat } from '../../../src/list/import/propose-format.ts';
import { PUBLIC_LISTS } from './public-list-samples.ts';

/** Told by nothing in the file: names of squidGuard cover what is below them, addresses of it have no scheme. */
const NOT_TOLD = new Set(['UT1 domains', 'UT1 urls']);

test.each(PUBLIC_LISTS.filter(({ name }) => !NOT_TOLD.has(name)))('$name', ({ from, options = {}, text }) => {
  const { match, column, subdomains } = options;
  const proposal = proposeFormat(Buffer.from(text, 'latin1'));
  expect(proposal).toMatchObject({ format: from, samples: expect.arrayContaining([expect.anything()]) });
  expect(proposal?.terms).toMatchObject({
    ...(match === undefined ? {} : { match }),
    ...(column === undefined ? {} : { column }),
    ...(subdomains === undefined ? {} : { subdomains }),
  });
});

test('names of squidGuard are proposed as what covers less: each name alone', () => {
  const { text } = PUBLIC_LISTS.find(({ name }) => name === 'UT1 domains')!;
  expect(proposeFormat(Buffer.from(text))).toMatchObject({ format: 'domains', terms: {} });
});

test('ten lines, each with what becomes of it', () => {
  const text = `# a list\n${Array.from({ length: 40 }, (_, i) => `0.0.0.0 h${i}.example # x`).join('\n')}\n`;
  const proposal = proposeFormat(Buffer.from(text));
  expect(proposal).toMatchObject({ format: 'hosts', carried: 40, left: 0 });
  expect(proposal?.samples).toHaveLength(10);
  expect(proposal?.samples[0]).toEqual({ line: '0.0.0.0 h0.example # x', entry: 'h0.example' });
});

test.each(['<html><body>\nlog in\n</body></html>\n', '', '{"a": [1]}\n', '\u0000\u0001'])(
  '%j: nothing is proposed',
  (text) => {
    expect(proposeFormat(Buffer.from(text))).toBeNull();
  },
);

test('a long list is judged by its beginning, at a whole line', () => {
  const text = '0.0.0.0 a.example\n'.repeat(40_000);
  const proposal = proposeFormat(Buffer.from(text));
  expect(proposal).toMatchObject({ format: 'hosts', left: 0 });
  expect(proposal?.carried).toBeLessThan(20_000);
});

test.each([
  ['a.example/page\n*.b.example\n', true],
  ['a.example\n', true],
  ['0.0.0.0 a.example\n', false],
  ['# nothing yet\n', false],
])('%j is ours: %s', (text, ours) => {
  expect(isOurs(Buffer.from(text))).toBe(ours);
});
