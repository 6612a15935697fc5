/** Entries of one address are bounded, whatever tells them apart; what says nothing new is no fault. */
import { describe, expect, test } from '@jest/globals';
import { listEntries, utcDay } from '../../../src/list/text/compile.ts';
import { textVerdict } from '../text-verdict.ts';

const TODAY = utcDay(Date.UTC(2026, 10, 24));
const OPTIONS = { list: 0, action: 'block', today: TODAY } as const;

function outcome(lines: readonly string[]) {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const visited: bigint[] = [];
  const { accepted, badLines, stats } = textVerdict(bytes, { today: TODAY, visit: ({ id }) => visited.push(id) });
  expect([...listEntries(bytes, OPTIONS)].map(({ id }) => id)).toEqual(visited);
  return {
    accepted,
    faults: badLines.map(({ line, message }) => `${line}: ${message}`),
    entries: stats.entries,
    visited: visited.length,
  };
}

const times = (count: number, line: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => line(i));
const FAULT = 'more than 64 entries for one address; one without a port holds on every port';

describe('requirement 60: entries of one address', () => {
  test.each([
    ['a host', (i: number) => `host.example:${i + 1}`],
    ['a page', (i: number) => `host.example:${i + 1}/page?*`],
    ['an exact URL', (i: number) => `http://host.example:${i + 1}/url?q=1`],
    ['a directory', (i: number) => `host.example:${i + 1}/dir/*`],
    ['subdomains, by expiry', (i: number) => `*.host.example   expires=${2030 + i}-01-01`],
  ])('%s: 64 are taken, the others are bad lines', (_name, line) => {
    expect(outcome(times(64, line))).toEqual({ accepted: true, faults: [], entries: 64, visited: 64 });
    expect(outcome(times(66, line))).toEqual({
      accepted: false,
      faults: [`65: ${FAULT}`, `66: ${FAULT}`],
      entries: 64,
      visited: 64,
    });
  });

  test('other addresses between them do not count', () => {
    const lines = times(2000, (i) => `host.example/p${i}?*`).concat(
      times(64, (i) => `host.example:${i + 1}`),
      times(64, (i) => `www.host.example:${i + 1}`),
    );
    expect(outcome(lines)).toEqual({ accepted: true, faults: [], entries: 2128, visited: 2128 });
  });

  test('the same line a thousand times is no fault, and takes no rows without end', () => {
    const found = outcome(times(1000, () => 'host.example/page?*').concat('other.example'));
    expect(found).toMatchObject({ accepted: true, faults: [], entries: 1001 });
    expect(found.visited).toBeLessThanOrEqual(65);
  });

  test('a fold tells entries apart: what is left out because it says nothing new has the same', () => {
    const ports = times(32, (i) => `host.example:${i + 1}/page?*`);
    expect(outcome([...ports, 'host.example/page?*   fold=case', 'host.example/page?*'])).toEqual({
      accepted: true,
      faults: [],
      entries: 34,
      visited: 34,
    });
  });

  test('what has expired does not count', () => {
    expect(
      outcome(
        times(100, (i) => `host.example:${i + 1}   expires=2020-01-01`).concat(
          times(64, (i) => `host.example:${i + 1}`),
        ),
      ),
    ).toEqual({ accepted: true, faults: [], entries: 64, visited: 64 });
  });
});
