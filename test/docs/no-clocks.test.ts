/**
 * No test compares a clock or the memory of a process with a bound: on a busy machine such a test fails for nobody's fault.
 * Figures of time and memory are for bench/. Who has to look at a clock all the same is named here, with the reason.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { ROOT } from './markdown.ts';

const CLOCKS =
  /performance\.now\(|process\.cpuUsage\(|process\.hrtime|process\.memoryUsage\(|\bVmRSS\b|Private_Dirty|toHaveBeenCalledWithin/;

const REASONS: Readonly<Record<string, string>> = {
  'test/docs/no-clocks.test.ts': 'names them',
  'test/forward/head-turns.test.ts': 'keeps the thread busy for a while; nothing is compared',
  'test/forward/resolver.test.ts': 'not before its time: a busy machine makes it later',
  'test/systemd/notify.test.ts': 'the order of two moments of the same clock',
  'test/hostile/39-bounded-maps.test.ts': 'the heap after a collection: bytes that are held, the same on every machine',
  'test/workers/control-thread.test.ts': 'buffers after a collection: bytes that are held, the same on every machine',
  'test/lib/native.test.ts': 'the call that is tested gives pages back: tens of megabytes, at once',
};

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => ({ name: join('test', name), source: readFileSync(join(ROOT, 'test', name), 'utf8') }));

describe('requirement 70: a busy machine fails no test', () => {
  test('no test looks at a clock or weighs a process, but for those that say why', () => {
    const looking = files.filter(({ source }) => CLOCKS.test(source)).map(({ name }) => name);
    expect(looking.filter((name) => REASONS[name] === undefined)).toEqual([]);
    expect(Object.keys(REASONS).filter((name) => !looking.includes(name))).toEqual([]);
  });

  test('no test has a bound of its own that is met before what it waits for is called a hang', () => {
    // Below a second it is the period of a timer.
    const bounds = files.flatMap(({ name, source }) =>
      [...source.matchAll(/^ {0,2}\}, ([\d_]+)\);$/gm)].map(([, bound = '']) => ({
        name,
        bound: Number(bound.replaceAll('_', '')),
      })),
    );
    expect(bounds.filter(({ bound }) => bound >= 1000 && bound < 2 * HANG_BOUND_MS)).toEqual([]);
  });
});
