/**
 * Small files that this program has written and reads at the next start, or that the system has: whatever stands in them by then gives a
 * value, or an error of our own that names the file, and nothing else. What is small is read whole; readers of streams are fuzz targets.
 */
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ResolvConf } from '../../src/forward/resolv-conf.ts';
import { readState } from '../../src/guard/kept-state.ts';
import { CleanfeedError } from '../../src/lib/errors.ts';
import { readNotes } from '../../src/list/source/version-notes.ts';
import { readApprovals } from '../../src/publish/approval.ts';
import { findSettings } from '../../src/publish/state/settings.ts';
import { decodeDay } from '../../src/report/day-totals.ts';
import { decodeWeek } from '../../src/report/entry-weeks.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Any bytes, read as UTF-8. */
const NOISE = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('utf8'));

interface KeptFile {
  readonly name: string;
  /** Below the test's folder. */
  readonly file: string;
  /** What the program itself may have written there. */
  readonly sample: string;
  readonly read: (path: string, text: string) => Promise<unknown>;
  readonly holds: (value: unknown) => boolean;
}

const directory = temporaryDirectory();
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const FILES: readonly KeptFile[] = [
  {
    name: 'resolv.conf of the system',
    file: 'resolv.conf',
    sample: 'search isp.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n',
    read: async (path) => await Promise.resolve(new ResolvConf(path).servers(0)),
    holds: (servers) => Array.isArray(servers) && servers.length > 0 && servers.length <= 8,
  },
  {
    name: 'what the guard knows of the path',
    file: 'guard.json',
    sample: '{"position":"out","flaps":3,"boot":""}',
    read: readState,
    holds: (state) =>
      isObject(state) && /^\{"position":"(?:in|out|unknown)","flaps":\d+\}$/.test(JSON.stringify(state)),
  },
  {
    name: 'what was decided about versions of a list',
    file: 'notes.json',
    sample: '{"owner":"a","accepted":"2b","pinned":null}',
    read: async (path) => await readNotes(path, () => {}),
    holds: (notes) => isObject(notes) && /^\{"held":null,"accepted":.*,"pinned":.*\}$/.test(JSON.stringify(notes)),
  },
  {
    name: 'an approval',
    file: 'changes.json.0123abcd.approval',
    sample: '{"digest":"aa","public":"bb","signature":"cc"}',
    read: async () => await readApprovals(directory.file('changes.json')),
    holds: (approvals) => Array.isArray(approvals) && approvals.length === 1,
  },
  {
    name: 'the settings of a publisher',
    file: 'state/publisher.json',
    sample: '{"roles":{},"days":{},"origin":"a"}',
    read: async () => await findSettings({ repo: directory.file('repo'), keys: directory.path }),
    holds: isObject,
  },
  {
    name: 'the totals of a day',
    file: 'day.json',
    sample: '{"day":"2026-11-24","counters":{"requests.block":3},"ages":{}}',
    read: async (_, text) => await Promise.resolve(decodeDay(text, '2026-11-24')),
    holds: isObject,
  },
  {
    name: 'the entries of a week',
    file: 'week.json',
    sample: '{"week":"2026-11-23","days":{}}',
    read: async (_, text) => await Promise.resolve(decodeWeek(text, '2026-11-23')),
    holds: isObject,
  },
];

beforeAll(async () => {
  await mkdir(directory.file('state'));
});
afterAll(() => {
  directory[Symbol.dispose]();
});

/** Noise, JSON of any shape, and the sample with a few characters more or less. */
function texts(sample: string): fc.Arbitrary<string> {
  const damaged = fc
    .tuple(fc.nat({ max: sample.length }), NOISE, fc.nat({ max: 6 }))
    .map(([at, put, out]) => sample.slice(0, at) + put + sample.slice(at + out));
  return fc.oneof(NOISE, fc.json(), damaged);
}

describe('files that may have been damaged', () => {
  test.each(FILES)('$name: a value or an error of our own', async ({ file, sample, read, holds }) => {
    await fc.assert(
      fc.asyncProperty(texts(sample), async (text) => {
        writeFileSync(directory.file(file), text);
        const value = await read(directory.file(file), text).catch((error: unknown) => {
          if (error instanceof CleanfeedError) return error;
          throw error;
        });
        expect(value instanceof CleanfeedError || holds(value)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
