/** What the log says of a list's lines: each by its number, the first hundred of those on public suffixes, and none by its text. */
import { expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import { logLines } from '../../src/list/log-list.ts';
import { emptyStats } from '../../src/list/stats.ts';
import type { LineDiagnostic } from '../../src/list/text/diagnostic.ts';
import { listConfig } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';

const lines = (count: number): LineDiagnostic[] =>
  Array.from({ length: count }, (_, i) => ({ code: 'bad_line', line: i + 1, column: 2, message: 'why' }));

function logged(suffixes: number, bad = 0, named = bad, refusal: ListError | null = null) {
  const log = memoryLog();
  const stats = { ...emptyStats(), lines: 1000, badLines: bad, publicSuffixes: suffixes };
  const judged = { badLines: lines(named), suffixLines: lines(suffixes), protectedLines: [], stats };
  logLines(log, listConfig('a', '/a'), {
    do: 'log lines',
    judged: judged as never,
    refusal,
    servingLastGood: true,
  });
  return log;
}

test('a hundred lines on public suffixes are named, and of one more the number', () => {
  expect(logged(100).named('list.public_suffix')).toHaveLength(100);
  const more = logged(101);
  expect(more.named('list.public_suffix').map(({ line }) => line)).toEqual(lines(100).map(({ line }) => line));
  expect(more.named('list.public_suffixes')).toMatchObject([{ list: 'a', count: 101 }]);
});

test('bad lines that are not named are counted', () => {
  expect(logged(0, 3).named('list.bad_line')).toEqual(
    [1, 2, 3].map((line) => ({ list: 'a', line, column: 2, reason: 'why' })),
  );
  expect(logged(0, 3).named('list.bad_lines_omitted')).toEqual([]);
  expect(logged(0, 5, 3).named('list.bad_lines_omitted')).toMatchObject([{ list: 'a', count: 2 }]);
});

test.each([
  ['bad_lines', 'list.rejected'],
  ['truncated', 'list.rejected'],
  ['growth', 'list.bad_lines'],
] as const)('bad lines of a list that is refused (%s) are %s', (code, event) => {
  const log = logged(0, 1, 1, new ListError(code, 'why'));
  expect(log.events.map((logged) => logged.event)).toEqual([event, 'list.bad_line']);
});

test('of a list without either nothing is said', () => {
  expect(logged(0).events).toEqual([]);
});
