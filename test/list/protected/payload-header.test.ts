/** The header of a payload by the offsets of docs/list-format.md: what is read of it, and that nothing that does not fit together is taken. */
import { describe, expect, test } from '@jest/globals';
import { payloadBytes, readPayloadHeader } from '../../../src/list/protected/payload-header.ts';
import { OWN_FORM } from '../../../src/list/protected/vectors.ts';
import { entry } from '../../match/support.ts';
import { deltaBytes, fullOf, KEYS } from './support.ts';

/** docs/list-format.md, "Protected lists". */
const AT = {
  magic: 0,
  format: 8,
  kind: 12,
  form: 16,
  unicode: 20,
  version: 24,
  previous: 32,
  time: 40,
  hostRows: 48,
  expressionRows: 52,
  hintRows: 56,
  addedHosts: 60,
  addedExpressions: 64,
  removals: 68,
  vectors: 72,
  vectorBytes: 76,
} as const;
const KIB = 1024;
const BEFORE = [entry('a.example', { id: 1n }), entry('b.example/x', { id: 2n }), entry('b.example/y', { id: 3n })];
const AFTER = [...BEFORE.slice(1), entry('c.example', { id: 4n })];
const FULL = fullOf(BEFORE, 7, 1_790_000_000);
const DELTA = deltaBytes(BEFORE, AFTER, 8, 1_790_000_060);

function changed(bytes: Uint8Array, at: number, value: number | bigint): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  if (typeof value === 'bigint') view.setBigUint64(at, value, true);
  else view.setUint32(at, value, true);
  return copy;
}

test('of a whole list', () => {
  const header = readPayloadHeader(FULL);
  expect(header).toMatchObject({
    ...OWN_FORM,
    kind: 'full',
    version: 7,
    previous: 0,
    time: 1_790_000_000,
    hostRows: 1,
    expressionRows: 2,
    hintRows: 1,
    addedHosts: 1,
    addedExpressions: 2,
    removals: 0,
    keys: KEYS,
  });
  expect(header.digest).toHaveLength(32);
  expect([payloadBytes(header), FULL.length]).toEqual([64 * KIB, 64 * KIB]);
});

test('of a delta', () => {
  const header = readPayloadHeader(DELTA);
  expect(header).toMatchObject({
    kind: 'delta',
    version: 8,
    previous: 7,
    hostRows: 1,
    expressionRows: 2,
    addedHosts: 1,
    addedExpressions: 0,
    removals: 1,
  });
  expect(payloadBytes(header)).toBe(DELTA.length);
});

test('the length of a payload is padded to 64 KiB, and exact at the bound', () => {
  const header = { ...readPayloadHeader(FULL), vectorBytes: 0, addedHosts: 0, addedExpressions: 0, removals: 0 };
  const room = (64 * KIB - 192) / 8;
  expect(payloadBytes({ ...header, removals: room })).toBe(64 * KIB);
  expect(payloadBytes({ ...header, removals: room + 1 })).toBe(128 * KIB);
});

describe('refused', () => {
  const codeOf = (bytes: Uint8Array): string => {
    try {
      readPayloadHeader(bytes);
      return 'taken';
    } catch (error) {
      return Object(error).code;
    }
  };

  test.each([
    ['a byte less than a header', FULL.subarray(0, 191), 'truncated'],
    ['nothing', new Uint8Array(0), 'truncated'],
    ['another file', changed(FULL, AT.magic, 0), 'corrupt'],
    ['another format', changed(FULL, AT.format, 3), 'unsupported'],
    ['a kind that there is not', changed(FULL, AT.kind, 2), 'corrupt'],
    ['a version that no number holds', changed(FULL, AT.version, 2n ** 53n), 'corrupt'],
    ['a time that no number holds', changed(FULL, AT.time, 2n ** 64n - 1n), 'corrupt'],
    ['a whole list that is a difference', changed(FULL, AT.previous, 6n), 'corrupt'],
    ['a whole list with removals', changed(FULL, AT.removals, 1), 'corrupt'],
    ['a whole list that adds less than there is', changed(FULL, AT.addedExpressions, 1), 'corrupt'],
    ['hosts counted as paths', changed(changed(FULL, AT.addedHosts, 0), AT.addedExpressions, 3), 'corrupt'],
    ['more hints than paths', changed(FULL, AT.hintRows, 3), 'corrupt'],
    ['more rows than half a gibibyte holds', changed(FULL, AT.hostRows, 0xffff_ffff), 'corrupt'],
    ['vectors without end', changed(FULL, AT.vectorBytes, KIB * KIB + 1), 'corrupt'],
    ['a delta to itself', changed(DELTA, AT.previous, 8n), 'corrupt'],
    ['a delta to what comes after it', changed(DELTA, AT.previous, 9n), 'corrupt'],
    ['something where zeros are to be', changed(FULL, 188, 1), 'corrupt'],
  ])('%s', (_, bytes, want) => {
    expect([codeOf(FULL), codeOf(DELTA)]).toEqual(['taken', 'taken']);
    expect(codeOf(bytes)).toBe(want);
  });

  test('more rows than the longest list has bytes for, and not as many', () => {
    const most = Math.floor((512 * KIB * KIB) / 48);
    const withHosts = (rows: number): Uint8Array => {
      const hosts = changed(changed(FULL, AT.hostRows, rows), AT.addedHosts, rows);
      return changed(changed(changed(hosts, AT.expressionRows, 0), AT.addedExpressions, 0), AT.hintRows, 0);
    };
    expect([codeOf(withHosts(most)), codeOf(withHosts(most + 1))]).toEqual(['taken', 'corrupt']);
    const removing = (ids: number): Uint8Array => changed(DELTA, AT.removals, ids);
    expect([codeOf(removing(most)), codeOf(removing(most + 1))]).toEqual(['taken', 'corrupt']);
  });

  test('not: vectors as long as they may be', () => {
    expect(codeOf(changed(FULL, AT.vectorBytes, KIB * KIB))).toBe('taken');
  });
});
