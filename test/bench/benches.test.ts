/** What every bench has: one way to its options, and above its figures the machine, the version and the load; figures have a spread. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const BENCH = join(import.meta.dirname, '..', '..', 'bench');
const RESULTS = join(BENCH, 'results');

const benches = readdirSync(BENCH).filter((name) => existsSync(join(BENCH, name, 'run.ts')));

/** They count what is lost, and of which clients: no figure is measured again. */
const COUNTS: ReadonlySet<string> = new Set(['distance']);

/** All code of a bench but what it shares with others. */
function codeOf(bench: string): string {
  return readdirSync(join(BENCH, bench), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(BENCH, bench, name), 'utf8'))
    .join('\n');
}

test('there are benches', () => {
  expect(benches.length).toBeGreaterThan(12);
});

describe.each(benches)('%s', (bench) => {
  const code = codeOf(bench);

  test('reads its options as all benches do', () => {
    expect(code).not.toMatch(/\bparseArgs\b/);
    expect(code).toMatch(/\brunBench\(|\boptionsOrEnd\(/);
  });

  test('says on what machine, of what version and beside what load it was measured', () => {
    expect(code).toMatch(/\bmachineLine\(\)|\bdescribeMachine\(\)/);
    expect(code).toMatch(/\bmachineLine\(\)|\brevision\b/);
    expect(code).toMatch(/\bmachineLine\(\)|\bloadavg\(\)|\bothersPercent\b/);
  });

  if (!COUNTS.has(bench))
    test('says how far its figures lie apart', () => {
      expect(code).toMatch(/\bspread\w*\(|\bcostCells\(|\bp90\b|\btoSorted\(/);
    });
});

test.each(['explain', 'import', 'lint', 'publish', 'zones'])(
  '%s measures whole commands as whoever types them has them: with the compile cache',
  (bench) => {
    const code = codeOf(bench);
    expect(/process\.execPath/.test(code)).toBe(false);
    expect(code).toMatch(/\bCOMMAND\b|\brunMeasured\(/);
  },
);

describe.each(['load.json', 'micro.json'])('the record %s', (name) => {
  test('says when, of what version and on what machine it was made', () => {
    const record = JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Readonly<Record<string, unknown>>;
    expect(record).toMatchObject({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as unknown,
      revision: expect.stringMatching(/^[0-9a-f]{7,40}(?:-dirty)?$/) as unknown,
      machine: { cpu: expect.any(String) as unknown, cores: expect.any(Number) as unknown },
    });
  });
});
