/** What the formats of payloads say: `fold=info` in the newer one alone. */
import { describe, expect, test } from '@jest/globals';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { imageFromFull } from '../../../src/list/protected/image.ts';
import { readImage } from '../../../src/list/protected/image-layout.ts';
import { formatFault, INFO_FORMAT, PAYLOAD_FORMAT, saysInfo } from '../../../src/list/protected/payload-format.ts';
import { encodeFull } from '../../../src/list/protected/payload.ts';
import { AT, RECORD_BYTES } from '../../../src/list/protected/record.ts';
import { makeVectors, OWN_FORM } from '../../../src/list/protected/vectors.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { FOLD } from '../../../src/url/fold.ts';
import { entry } from '../../match/support.ts';
import { codeOf } from '../../support/list-error-code.ts';
import { CountedMemory, KEYS, pieces, recordsOf } from './support.ts';

const TERMS = { ...OWN_FORM, version: 1, time: 1_790_000_000, keys: KEYS };

async function imageOf(records: Uint8Array, format: number, vectorsOf = format): Promise<Uint8Array> {
  const plain = encodeFull({ ...TERMS, format, vectors: makeVectors(KEYS, vectorsOf) }, records);
  const context = { memory: new CountedMemory(), rest: yieldToEventLoop };
  return await imageFromFull(pieces(plain), { deltas: [], withdrawn: null }, context);
}

const withInfo: readonly Entry[] = [
  entry('a.example/page.php?id=5', { fold: FOLD.info, id: 1n }),
  entry('a.example/page.php?*', { fold: FOLD.info | FOLD.case, id: 2n }),
  entry('b.example/dir/*', { id: 3n }),
];

describe('an entry with fold=info', () => {
  test('is taken in format 2, each fold of a host with its hint', async () => {
    const { counts } = readImage(await imageOf(recordsOf(withInfo), INFO_FORMAT)).parts;
    expect(counts).toMatchObject({ expressionRows: 3, hintRows: 3 });
  });

  test('is damage in format 1', async () => {
    expect(await codeOf(imageOf(recordsOf(withInfo), PAYLOAD_FORMAT))).toBe('corrupt');
    expect(await codeOf(imageOf(recordsOf(withInfo.slice(2)), PAYLOAD_FORMAT))).toBe('ok');
  });

  test('its vectors are asked for in format 2, and are damage in format 1', async () => {
    const records = recordsOf(withInfo.slice(2));
    expect(await codeOf(imageOf(records, INFO_FORMAT, PAYLOAD_FORMAT))).toBe('corrupt');
    expect(await codeOf(imageOf(records, PAYLOAD_FORMAT, INFO_FORMAT))).toBe('corrupt');
  });

  test.each([
    { what: 'a directory', text: 'b.example/dir/*', extent: 64 },
    { what: 'a directory of some depth', text: 'b.example/dir/*', extent: 65 },
    { what: 'a whole host', text: 'b.example', extent: 64 },
    { what: 'a page with what has no meaning', text: 'b.example/p.php?*', extent: 65 },
    { what: 'a URL likewise', text: 'b.example/p.php', extent: 128 },
  ])('is damage on $what', async ({ text, extent }) => {
    const records = recordsOf([entry(text, { id: 1n })]);
    expect(records).toHaveLength(RECORD_BYTES);
    records[AT.extent] = extent;
    expect(await codeOf(imageOf(records, INFO_FORMAT))).toBe('corrupt');
  });
});

test('formats that are read, and what they say', () => {
  expect([0, 1, 2, 3].map((format) => formatFault(format) === null)).toEqual([false, true, true, false]);
  expect(formatFault(3)).toBe('it has format 3, this program reads formats 1 to 2');
  expect([1, 2].map(saysInfo)).toEqual([false, true]);
});
