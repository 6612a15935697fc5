/** What whoever publishes is told of additions: pages of programs without `fold=info`, and what those with it ask of nodes. */
import { expect, test } from '@jest/globals';
import { proposalsOf } from '../../src/publish/proposals.ts';

const counted = (count: number): string => `${count} additions`;
const PAGES =
  /^2 additions for pages of programs \(\.php, \.cgi …\), .*write fold=info where they do \(cleanfeed list lint names each\)$/;

test.each([
  { lines: ['a.example', 'http://a.example/page', 'http://a.example/index.php', 'a.php.example'], want: [] },
  { lines: ['http://a.example/page.php/*', 'http://a.example/page.phpx?*', 'http://a.example/?x=/page.php'], want: [] },
  { lines: ['http://a.example/page.php', 'http://*.a.example/x.CGI?id=5 count'], want: [PAGES] },
  {
    lines: ['http://a.example/page.php fold=info', 'http://a.example/x.aspx?* fold=case,info expires=2030-01-01'],
    want: [/^2 additions with fold=info: the version is published in format 2, .*keep the version before$/],
  },
])('$lines', ({ lines, want }) => {
  expect(proposalsOf(lines, counted)).toEqual(want.map((text) => expect.stringMatching(text)));
});
