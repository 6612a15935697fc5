/** What a repository lacks: nothing is signed that need not be, and nothing is left out that a removal or a rotation needs. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { dueFor, isPastHalf } from '../../../src/publish/repository/due.ts';
import type { DueTerms } from '../../../src/publish/repository/due.ts';
import type { Published } from '../../../src/publish/repository/published.ts';
import { newRecipient } from '../../../src/publish/state/recipients.ts';
import type { Settings } from '../../../src/publish/state/settings.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('past half of its life', () => {
  test.each([
    ['as it is signed', 0, false],
    ['before', 14, false],
    ['at half', 15.5, false],
    ['after it', 15.5 + 1 / DAY, true],
    ['expired', 31, true],
    ['by a clock that was set back', -1, false],
  ])('%s', (_, days, want) => {
    expect(isPastHalf({ signed: NOW, expires: NOW + 31 * DAY }, NOW + days * DAY)).toBe(want);
  });
});

const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const RECIPIENT = newRecipient('isp-a', AGE, null);
/** docs/list-distribution.md: what metadata calls a recipient. */
const OWNER = sha256(`cleanfeed recipient 1\n${AGE}`);
const HEAD = { path: 'log/128.head', bytes: Buffer.from('abc') };
const signed = (days: number) => ({
  version: 1,
  length: 1,
  sha256: '',
  signed: NOW - days * DAY,
  expires: NOW + (31 - days) * DAY,
});
const BEFORE: Published = {
  version: 7,
  withdrawn: 2,
  serial: 3,
  rotation: 4,
  root: 1,
  owners: [OWNER],
  targets: { targets: [], withdrawn: [], log: [{ path: HEAD.path, length: 3, sha256: sha256('abc') }] },
  roles: { targets: signed(1), withdrawn: signed(1), log: signed(20), snapshot: signed(1) },
  timestamp: { version: 1, signed: NOW, expires: NOW + DAY, text: '' },
};
/** Of the settings nothing else is asked for. */
const settings = (rotation: number): Settings => ({ rotation }) as Settings;
const TERMS: DueTerms = {
  targets: null,
  heads: null,
  isRotated: false,
  isRefresh: false,
  renewable: [],
  recipient: RECIPIENT,
  settings: settings(4),
  now: NOW,
  withdrawn: 2,
  version: 7,
  lacking: [],
};
const NOTHING = { isWithdrawnDue: false, heads: null, resign: [] };

test('nothing', () => {
  expect(dueFor(BEFORE, TERMS)).toBeNull();
});

test.each<{ readonly name: string; readonly terms: Partial<DueTerms>; readonly want: object | null }>([
  { name: 'a version', terms: { targets: [] }, want: NOTHING },
  { name: 'a removal', terms: { withdrawn: 3 }, want: { ...NOTHING, isWithdrawnDue: true } },
  {
    name: 'metadata that REPO lacks, by a key at hand',
    terms: {
      renewable: ['targets', 'snapshot'],
      lacking: (['targets', 'log'] as const).map((role) => ({
        name: `metadata/1.${role}.json`,
        length: 1,
        role,
        kind: 'metadata',
      })),
    },
    want: { ...NOTHING, resign: ['targets'] },
  },
  {
    name: 'the withdrawn set that REPO lacks',
    terms: { lacking: [{ name: 'targets/withdrawn/x.1.set', length: 1, role: 'withdrawn', kind: 'target' }] },
    want: { ...NOTHING, isWithdrawnDue: true },
  },
  {
    name: 'a head that REPO lacks',
    terms: { heads: [HEAD], lacking: [{ name: 'targets/log/x.128.head', length: 3, role: 'log', kind: 'target' }] },
    want: { ...NOTHING, heads: [HEAD] },
  },
  {
    name: 'targets that REPO lacks while keys are rotated: the roles below them sign with the keys that they name',
    terms: {
      settings: settings(5),
      renewable: ['targets'],
      lacking: [{ name: 'metadata/1.targets.json', length: 1, role: 'targets', kind: 'metadata' }],
    },
    want: { ...NOTHING, resign: ['targets', 'withdrawn', 'log', 'snapshot'] },
  },
  { name: 'a head that is published', terms: { heads: [HEAD] }, want: null },
  {
    name: 'a head with other signatures',
    terms: { heads: [{ ...HEAD, bytes: Buffer.from('abd') }] },
    want: { ...NOTHING, heads: [{ ...HEAD, bytes: Buffer.from('abd') }] },
  },
  { name: 'no head any more', terms: { heads: [] }, want: { ...NOTHING, heads: [] } },
  {
    name: 'rotated keys',
    terms: { isRotated: true, settings: settings(5) },
    want: { ...NOTHING, resign: ['targets', 'withdrawn', 'log', 'snapshot'] },
  },
  { name: 'keys that were rotated before', terms: { isRotated: true }, want: null },
  {
    name: 'rotated keys of which nobody has brought those of the targets',
    terms: { settings: settings(5) },
    want: null,
  },
  { name: 'a refresh: the timestamp', terms: { isRefresh: true }, want: NOTHING },
  {
    name: 'a refresh: what is past half of its life too',
    terms: { isRefresh: true, renewable: ['withdrawn', 'log', 'snapshot'] },
    want: { ...NOTHING, resign: ['log'] },
  },
  {
    name: 'a removal, and what is past half of its life with it',
    terms: { withdrawn: 3, renewable: ['withdrawn', 'log', 'snapshot'] },
    want: { isWithdrawnDue: true, heads: null, resign: ['log'] },
  },
  {
    name: 'a removal where the key of what is past half of its life is away',
    terms: { withdrawn: 3, renewable: ['withdrawn', 'snapshot'] },
    want: { ...NOTHING, isWithdrawnDue: true },
  },
  {
    name: 'nothing but that something is past half of its life',
    terms: { renewable: ['withdrawn', 'log', 'snapshot'] },
    want: null,
  },
  {
    name: 'a recipient that was replaced, while it is still served: it has to be able to read what is withdrawn',
    terms: { recipient: { ...RECIPIENT, former: { age: `${AGE}2`, until: NOW + 1 } } },
    want: { ...NOTHING, isWithdrawnDue: true },
  },
  {
    name: 'one whose time is over',
    terms: { recipient: { ...RECIPIENT, former: { age: `${AGE}2`, until: NOW } } },
    want: null,
  },
  {
    name: 'the first version under other keys: its names may be for another identity, and the owners the same',
    terms: { targets: [], recipient: { ...RECIPIENT, since: 7 } },
    want: { ...NOTHING, isWithdrawnDue: true },
  },
  { name: 'a version after it', terms: { targets: [], recipient: { ...RECIPIENT, since: 6 } }, want: NOTHING },
])('$name', ({ terms, want }) => {
  expect(dueFor(BEFORE, { ...TERMS, ...terms })).toEqual(want);
});

test('to whom nothing was published all of it is due', () => {
  expect(dueFor(null, { ...TERMS, heads: [HEAD] })).toEqual({ isWithdrawnDue: true, heads: [HEAD], resign: [] });
});
