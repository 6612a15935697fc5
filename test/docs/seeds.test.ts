/**
 * What a test draws it can draw again. Properties are fast-check's: each failure prints its seed and the path to the smallest example. Whoever
 * draws by other means does it from a seed that stands in the test or is printed, or says here why nothing depends on what was drawn.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededInteger, seededRandom } from '../../bench/data/seeded-random.ts';
import { ROOT } from './markdown.ts';

const DRAWS = /\bMath\.random\(|\brandom(?:Bytes|Int|UUID)\(|\bgetRandomValues\(/;

const KEYS = 'keys and secrets: what matters is that they are new';
const BODY = 'a body that is compared with itself, byte by byte or by its digest';
const REASONS: Readonly<Record<string, string>> = {
  'test/accept/client-reads.test.ts': BODY,
  'test/commands/bundle.real.test.ts': 'marks that must not be found again, so that they stand nowhere else',
  'test/e2e/client-programs.long.test.ts': BODY,
  'test/e2e/connect.real.test.ts': BODY,
  'test/e2e/control-faults.real.test.ts': 'a file that changes: each time another text',
  'test/e2e/curl.real.test.ts': BODY,
  'test/e2e/list-secrecy.long.test.ts': 'marks that must not be found again, so that they stand nowhere else',
  'test/e2e/slow-clients.real.test.ts': BODY,
  'test/e2e/websocket.real.test.ts': BODY,
  'test/engines/support/distribution.ts': KEYS,
  'test/engines/transfers.real.test.ts': KEYS,
  'test/fuzz/run.ts': 'the seed itself, which is printed',
  'test/list/protected/age-stream.test.ts': BODY,
  'test/list/transparency/logs.ts': KEYS,
  'test/mutation/run.ts': 'the seed itself, which is printed',
  'test/network/support/port-80.ts': BODY,
  'test/observe/log.process.test.ts': 'a name that nobody has',
  'test/publish/age.process.test.ts': BODY,
  'test/publish/emit/entry-columns.test.ts': KEYS,
  'test/publish/emit/entry-ids.test.ts': KEYS,
  'test/publish/log/events.ts': KEYS,
  'test/rings/run.ts': 'the seed itself, which is printed',
  'test/support/free-port.ts': 'where the search for a free port begins, so that two processes do not meet',
  'test/support/global-setup.mjs': 'a name that nobody has',
};

const drawing = ['test', 'bench'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .map((name) => join(folder, name))
    .filter((file) => DRAWS.test(readFileSync(join(ROOT, file), 'utf8'))),
);

describe('what is drawn', () => {
  test('is drawn from a seed, but where it says why not', () => {
    expect(drawing.filter((file) => REASONS[file] === undefined)).toEqual([]);
    expect(Object.keys(REASONS).filter((file) => !drawing.includes(file))).toEqual([]);
  });

  test('comes again from its seed', () => {
    const drawn = (seed: number): readonly number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => seededInteger(random, 1000));
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  test('a property that fails tells its seed and its path, with which it fails again at once', () => {
    const numbers = fc.property(fc.nat(), (number) => number < 1000);
    const first = fc.check(numbers);
    expect(first).toMatchObject({ failed: true, seed: expect.any(Number) as unknown });
    const told = messageOf(() => fc.assert(numbers, { seed: first.seed }));
    expect(told).toContain(`seed: ${first.seed}, path: "${first.counterexamplePath}"`);
    const again = fc.check(numbers, { seed: first.seed, path: first.counterexamplePath ?? '' });
    expect([again.counterexample, again.numRuns]).toEqual([first.counterexample, 1]);
  });

  describe('by `npm run properties`', () => {
    const before = process.env['PROPERTY_SECONDS'];
    afterEach(() => {
      if (before === undefined) delete process.env['PROPERTY_SECONDS'];
      else process.env['PROPERTY_SECONDS'] = before;
    });

    test.each([false, true])(
      'again and again, each time with another seed, up to a failure (asynchronous: %s)',
      async (waits) => {
        process.env['PROPERTY_SECONDS'] = '600';
        const { assert } = await repeated();
        const drawn: number[] = [];
        const holds = (number: number): boolean => drawn.push(number) < 1000;
        const property = waits
          ? fc.asyncProperty(fc.nat(), async (number) => await Promise.resolve(holds(number)))
          : fc.property(fc.nat(), holds);
        await expect(async () => await assert(property, { numRuns: 10, seed: 1, endOnFailure: true })).rejects.toThrow(
          'Property failed after',
        );
        expect(drawn).toHaveLength(1000);
        expect(new Set(drawn).size).toBeGreaterThan(100);
      },
    );

    test.each([false, true])('once at least, and to an end (asynchronous: %s)', async (waits) => {
      process.env['PROPERTY_SECONDS'] = '0.001';
      const { assert } = await repeated();
      let runs = 0;
      const holds = (): boolean => (runs += 1) > 0;
      const property = waits
        ? fc.asyncProperty(fc.nat(), async () => await Promise.resolve(holds()))
        : fc.property(fc.nat(), holds);
      await assert(property, { numRuns: 10 });
      expect(runs).toBeGreaterThanOrEqual(10);
      expect(runs % 10).toBe(0);
    });

    test('as often as the test says, where a path names an example', async () => {
      process.env['PROPERTY_SECONDS'] = '600';
      const { assert } = await repeated();
      let runs = 0;
      assert(
        fc.property(fc.nat(), () => (runs += 1) > 0),
        { seed: 1, path: '3' },
      );
      expect(runs).toBe(100);
    });

    test('never for a time that is none', async () => {
      process.env['PROPERTY_SECONDS'] = 'soon';
      const { assert } = await repeated();
      expect(() => assert(fc.property(fc.nat(), () => true))).toThrow('PROPERTY_SECONDS is a number of seconds');
    });
  });
});

/** fast-check as `npm run properties` gives it to tests. */
async function repeated(): Promise<Pick<typeof fc, 'assert'>> {
  const path = join(ROOT, 'test/support/repeated-properties.mjs');
  return (await import(path)) as Pick<typeof fc, 'assert'>;
}

function messageOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}
