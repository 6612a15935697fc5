/** The image of a protected list: it answers as a compiled one does, and whatever way led to it, it is the same bytes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { formatOf, isServedInPlace } from '../../../src/list/format/formats.ts';
import { decodeDelta } from '../../../src/list/protected/delta.ts';
import { imageTerms, isImage, readImage } from '../../../src/list/protected/image-layout.ts';
import { imageRecords } from '../../../src/list/protected/image-records.ts';
import { imageFromFull, imageFromImage } from '../../../src/list/protected/image.ts';
import { PAYLOAD_AT, PAYLOAD_HEADER_BYTES } from '../../../src/list/protected/payload.ts';
import { AT, recordsDigest } from '../../../src/list/protected/record.ts';
import { OWN_FORM } from '../../../src/list/protected/vectors.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { imageOf as segmentImageOf, segmentFigures } from '../../../src/match/segment-records.ts';
import { buildSegment, openSnapshot } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { entry } from '../../match/support.ts';
import {
  context,
  CountedMemory,
  deltaBytes,
  deltaOf,
  fullOf,
  fullOfRecords,
  imageOf,
  KEYS,
  pieces,
  recordsOf,
  withdrawn,
} from './support.ts';
import { codeOf } from '../../support/list-error-code.ts';

const WHEN = { port: 80, listMask: -1, today: 50 };
/** Of a record: fingerprint and id, high before low. */
type Words = readonly [number, number, number, number];

const NONE = { deltas: [], withdrawn: null };

/** Few names, so that entries meet: one host with many, the same address twice, hosts below hosts. */
const someEntry = fc
  .record({
    text: fc.constantFrom(
      'a.example',
      '*.a.example',
      'b.a.example',
      'b.a.example/*',
      '*.a.example/dir/*',
      'b.a.example/dir/',
      'b.a.example/dir/sub/*',
      'a.example/page?*',
      'a.example/page?x=1',
      'a.example/Page',
      'b.example/dir/x',
    ),
    fold: fc.integer({ min: 0, max: 7 }),
    port: fc.constantFrom(0, 0, 80, 8080),
    expires: fc.constantFrom(0, 0, 49, 50),
    count: fc.boolean(),
  })
  .map(({ text, fold, ...more }) => entry(text, { ...more, fold: text.includes('/') ? fold : 0 }));

/** Each with an id of its own. */
const someEntries = fc
  .array(someEntry, { maxLength: 60, size: 'max' })
  .map((entries) => entries.map((one, i) => ({ ...one, id: BigInt(1 + ((i * 7919) % 1009)) })));

const HOSTS = ['a.example', 'b.a.example', 'c.b.a.example', 'b.example', 'c.example'] as const;
const TARGETS = ['/', '/dir', '/dir/', '/dir/x', '/DIR/;p/x', '/dir/sub/y', '/page', '/page?x=1', '/Page/', '/page;a'];

function answers(segment: Uint8Array): unknown[] {
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([segmentImageOf(segment, 3)]));
  const judge = new Judge(
    matcher,
    Array.from({ length: 32 }, () => ({ action: 'block' as const })),
  );
  return HOSTS.flatMap((host) => {
    const facts = matcher.lookup(host)!;
    const verdicts = [judge.host(facts, WHEN), ...TARGETS.map((target) => judge.url(facts, target, WHEN))];
    return verdicts.map(({ action, list, hits }) => ({
      action,
      list,
      hits: hits.map(({ entry }) => String(entry)).sort(),
    }));
  });
}

const compiled = (entries: readonly Entry[]): Uint8Array => buildSegment(entries, KEYS).bytes;

async function segmentOf(image: Uint8Array): Promise<Uint8Array> {
  const judged = await formatOf(image).judge(image, { action: 'block', today: 50 }, yieldToEventLoop);
  if (judged.stage !== 'judged' || judged.segment.kind !== 'own') throw new Error('not judged good');
  return judged.segment.bytes;
}

describe('from a full payload', () => {
  test('it answers as a compiled list of the same entries', async () => {
    await fc.assert(
      fc.asyncProperty(someEntries, async (entries) => {
        const segment = await segmentOf(await imageOf(entries));
        expect(answers(segment)).toEqual(answers(compiled(entries)));
      }),
    );
  });

  test('its segment is byte for byte that of the builder, where no two rows have one key', async () => {
    const entries = Array.from({ length: 20_000 }, (_, i) =>
      entry(i % 2 === 0 ? `h${i}.example` : `h${i % 5000}.example/dir${i}/*`, { id: BigInt(i) * 0x9e37_79b9_7f4an }),
    );
    const segment = await segmentOf(await imageOf(entries));
    expect(Buffer.compare(segment, compiled(entries))).toBe(0);
  });

  test('pieces of any size give the same image', async () => {
    const entries = Array.from({ length: 300 }, (_, i) => entry(`h${i}.example/x${i}`, { id: BigInt(i) }));
    const full = fullOf(entries);
    const want = await imageFromFull(pieces(full), NONE, context());
    for (const length of [1, 7, 47, 48, 49, 191, 1000, full.length])
      expect(Buffer.compare(await imageFromFull(pieces(full, length), NONE, context()), want)).toBe(0);
  });

  test('records are in one order, by each of its words, and none is there twice', async () => {
    const one = recordsOf([entry('a.example', { id: 1n })]);
    const made = async (...records: readonly Words[]): Promise<string> => {
      const all = records.map(([high, low, idHigh, idLow]) => {
        const view = new DataView(one.slice().buffer);
        for (const [at, word] of [
          [AT.high, high],
          [AT.low, low],
          [AT.idHigh, idHigh],
          [AT.idLow, idLow],
        ] as const)
          view.setUint32(at, word, true);
        return new Uint8Array(view.buffer);
      });
      return await codeOf(imageFromFull(pieces(fullOfRecords(Buffer.concat(all))), NONE, context()));
    };
    const wordsOf = (of: (at: number) => number): Words => [of(0), of(1), of(2), of(3)];
    const changed = (word: number, value: number, behind: number): Words =>
      wordsOf((at) => (at === word ? value : at < word ? 7 : behind));
    for (let word = 0; word < 4; word += 1) {
      // As unsigned words; what comes behind does not count.
      for (const more of [2, 0xffff_ffff]) {
        const [first, second] = [changed(word, 1, 9), changed(word, more, 1)];
        expect({ word, more, codes: [await made(first, second), await made(second, first)] }).toEqual({
          word,
          more,
          codes: ['ok', 'corrupt'],
        });
      }
    }
    expect(await made([7, 7, 7, 7], [7, 7, 7, 7])).toBe('corrupt');
  });

  test('an empty list', async () => {
    const image = await imageOf([]);
    expect(answers(await segmentOf(image))).toEqual(answers(compiled([])));
    expect(imageTerms(image)).toMatchObject({ entries: 0, withdrawn: 0, version: 1 });
  });

  test('is none where it does not begin at a word of eight bytes, or ends with its header', async () => {
    const image = await imageOf([entry('a.example')]);
    const moved = new Uint8Array(image.length + 4);
    moved.set(image, 4);
    for (const damaged of [moved.subarray(4), image.slice(0, 256), image.slice(0, 255)])
      expect(() => imageTerms(damaged)).toThrow('damaged');
  });

  test('is recognised, and lies where it is served', async () => {
    const image = await imageOf([entry('a.example')]);
    expect([formatOf(image).name, isServedInPlace(image), isImage(image)]).toEqual(['protected', true, true]);
    expect(isImage(fullOf([]))).toBe(false);
  });

  test('gives its records back, and its terms', async () => {
    await fc.assert(
      fc.asyncProperty(someEntries, async (entries) => {
        const image = await imageOf(entries, { version: 12, set: withdrawn([1n], 9) });
        const records = recordsOf(entries);
        expect(Buffer.concat([...imageRecords(readImage(image).parts)].map((run) => run.slice()))).toEqual(
          Buffer.from(records),
        );
        expect(imageTerms(image)).toMatchObject({
          ...OWN_FORM,
          time: 1_790_000_012,
          version: 12,
          digest: new Uint8Array(recordsDigest(records)),
          withdrawnSerial: 9,
          entries: entries.filter(({ id }) => id !== 1n).length,
        });
      }),
    );
  });
});

describe('from an image and deltas', () => {
  const someChange = fc.tuple(someEntries, fc.array(someEntry, { maxLength: 20 }), fc.func(fc.boolean()));

  test('byte for byte the image of a full payload of the result', async () => {
    await fc.assert(
      fc.asyncProperty(someChange, async ([before, added, keeps]) => {
        const after = [
          ...before.filter(({ id }) => keeps(id)),
          ...added.map((one, i) => ({ ...one, id: BigInt(2000 + i) })),
        ];
        const changes = { deltas: [deltaOf(before, after, 2)], withdrawn: null };
        const want = await imageOf(after, { version: 2 });
        expect(Buffer.compare(await imageFromImage(await imageOf(before), changes, context()), want)).toBe(0);
        expect(Buffer.compare(await imageFromFull(pieces(fullOf(before)), changes, context()), want)).toBe(0);
      }),
    );
  });

  test('several deltas in a row are as one; what comes and goes between them too', async () => {
    const versions = [1, 2, 3, 4].map((version) =>
      Array.from({ length: 200 }, (_, i) => i)
        .filter((i) => i % 5 !== version && (i < 150 || i % 4 === version % 4))
        .map((i) => entry(`h${i}.example`, { id: BigInt(i + (i % 7 === version ? 1000 : 0)) })),
    );
    const deltas = [2, 3, 4].map((version) => deltaOf(versions[version - 2]!, versions[version - 1]!, version));
    const want = await imageOf(versions[3]!, { version: 4 });
    const image = await imageFromImage(await imageOf(versions[0]!), { deltas, withdrawn: null }, context());
    expect(Buffer.compare(image, want)).toBe(0);
  });

  test('a whole list is no delta, and a delta is no whole list', async () => {
    const one = [entry('a.example', { id: 1n })];
    expect(() => decodeDelta(fullOf(one))).toThrow('should be a delta');
    expect(await codeOf(imageFromFull(pieces(deltaBytes(one, [], 2)), NONE, context()))).toBe('corrupt');
  });

  test('a delta that does not follow, or of other keys, is refused', async () => {
    const one = [entry('a.example', { id: 1n })];
    const delta = deltaOf(one, [], 3);
    expect(await codeOf(imageFromImage(await imageOf(one), { deltas: [delta], withdrawn: null }, context()))).toBe(
      'corrupt',
    );
    const other = { ...delta, previous: 1, keys: { ...KEYS, proof: new Uint8Array(32) } };
    expect(await codeOf(imageFromImage(await imageOf(one), { deltas: [other], withdrawn: null }, context()))).toBe(
      'corrupt',
    );
  });

  test('a delta that removes what is not there is refused, as one whose result has another digest', async () => {
    const one = [entry('a.example', { id: 1n })];
    const delta = deltaOf(one, [entry('b.example', { id: 2n })], 2);
    const base = await imageOf(one);
    const absent = { ...delta, removals: BigUint64Array.of(1n, 5n) };
    expect(await codeOf(imageFromImage(base, { deltas: [absent], withdrawn: null }, context()))).toBe('corrupt');
    const wrong = { ...delta, digest: new Uint8Array(32) };
    expect(await codeOf(imageFromImage(base, { deltas: [wrong], withdrawn: null }, context()))).toBe('digest');
  });
});

describe('withdrawn entries', () => {
  const entries = [
    entry('a.example', { id: 1n }),
    entry('*.a.example', { id: 2n }),
    entry('b.example/dir/*', { id: 3n }),
    entry('b.example/dir/x', { id: 0xffff_ffff_ffff_fff0n }),
  ];

  test('are as good as absent, in any image', async () => {
    await fc.assert(
      fc.asyncProperty(someEntries, fc.func(fc.boolean()), async (all, isWithdrawn) => {
        const set = withdrawn(all.map(({ id }) => id).filter((id) => isWithdrawn(id)));
        const left = all.filter(({ id }) => !set.ids.includes(id));
        const want = answers(compiled(left));
        const image = await imageOf(all, { set });
        expect(answers(await segmentOf(image))).toEqual(want);
        const later = await imageFromImage(await imageOf(all), { deltas: [], withdrawn: set }, context());
        expect(Buffer.compare(later, image)).toBe(0);
      }),
    );
  });

  test('are counted apart, and the digest is that of all', async () => {
    const image = await imageOf(entries, { set: withdrawn([3n, 0xffff_ffff_ffff_fff0n, 77n], 4) });
    const judged = await formatOf(image).judge(image, { action: 'block', today: 50 }, yieldToEventLoop);
    expect(judged).toMatchObject({
      stage: 'judged',
      stats: { entries: 2, withdrawn: 2, expired: 0, enforceable: { http: 2, https: 2, dns: 0 } },
    });
    expect(imageTerms(image)).toMatchObject({ entries: 2, withdrawn: 2, withdrawnSerial: 4 });
    expect(imageTerms(image).digest).toEqual(imageTerms(await imageOf(entries)).digest);
  });

  test('figures are right on every day, also when some have expired', async () => {
    await fc.assert(
      fc.asyncProperty(someEntries, fc.constantFrom(1, 49, 50, 51), async (all, today) => {
        const image = await imageOf(all, { set: withdrawn([1n]) });
        const judged = await formatOf(image).judge(image, { action: 'block', today }, yieldToEventLoop);
        const { forDns, ...want } = segmentFigures(await segmentOf(image), today);
        expect(judged).toMatchObject({ stats: { ...want, enforceable: { http: want.entries, dns: forDns } } });
      }),
    );
  });

  test('may be removed by a later version, and are in no way of a delta', async () => {
    const set = withdrawn([1n]);
    const image = await imageFromImage(
      await imageOf(entries, { set }),
      { deltas: [deltaOf(entries, entries.slice(1), 2)], withdrawn: set },
      context(),
    );
    expect(Buffer.compare(image, await imageOf(entries.slice(1), { version: 2, set }))).toBe(0);
  });
});

describe('damage', () => {
  const entries = Array.from({ length: 12 }, (_, i) =>
    entry(i % 2 === 0 ? `h${i}.example` : `h${i}.example/a/*`, { id: BigInt(i + 1) }),
  );

  const REFUSED = /^(?:corrupt|truncated|unsupported|canonical_form|digest)$/;
  /** Times, versions and the Unicode version are what they are: TUF signs them. Texts of vectors may be spelled in more than one way. */
  const isFree = (at: number): boolean =>
    (at >= PAYLOAD_AT.unicode && at < PAYLOAD_AT.previous) || (at >= PAYLOAD_AT.time && at < PAYLOAD_AT.hostRows);
  const places = (bytes: Uint8Array): readonly number[] => {
    const records = PAYLOAD_HEADER_BYTES + new DataView(bytes.buffer).getUint32(PAYLOAD_AT.vectorBytes, true);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 40;
    return Array.from({ length: end }, (_, at) => at).filter(
      (at) => !isFree(at) && (at < PAYLOAD_HEADER_BYTES || at >= records),
    );
  };
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 0x11);

  test('of any byte of the header or the records of a full payload: refused, and nothing stays leased', async () => {
    const full = fullOf(entries);
    for (const at of places(full)) {
      const memory = new CountedMemory();
      const code = await codeOf(imageFromFull(pieces(flipped(full, at)), NONE, context(memory)));
      expect({ at, code, leased: memory.leased.size }).toEqual({ at, code: expect.stringMatching(REFUSED), leased: 0 });
    }
  });

  test('of any byte of those of a delta', async () => {
    const delta = deltaBytes(entries, entries.slice(4).concat(entry('new.example', { id: 99n })), 2);
    const base = await imageOf(entries);
    for (const at of places(delta)) {
      const memory = new CountedMemory();
      const make = async (): Promise<Uint8Array> =>
        await imageFromImage(base, { deltas: [decodeDelta(flipped(delta, at))], withdrawn: null }, context(memory));
      expect({ at, code: await codeOf(make()), leased: memory.leased.size }).toEqual({
        at,
        code: expect.stringMatching(REFUSED),
        leased: 0,
      });
    }
  });

  test('a payload that ends early, or goes on', async () => {
    const full = fullOf(entries);
    for (const length of [0, 1, 191, 192, 500, 8000, full.length - 1])
      expect(await codeOf(imageFromFull(pieces(full.subarray(0, length)), NONE, context()))).toBe('truncated');
    expect(await codeOf(imageFromFull(pieces(Buffer.concat([full, full])), NONE, context()))).toBe('corrupt');
  });

  test('counts that ask for much memory are refused before it is leased', async () => {
    const full = fullOf(entries);
    new DataView(full.buffer).setUint32(PAYLOAD_AT.hostRows, 0xffff_ffff, true);
    new DataView(full.buffer).setUint32(PAYLOAD_AT.addedHosts, 0xffff_ffff, true);
    const lease = (): Promise<never> => Promise.reject(new Error('leased'));
    expect(await codeOf(imageFromFull(pieces(full), NONE, context({ lease, release: () => {} })))).toBe('corrupt');
  });

  test('what the stream throws is thrown, and the memory comes back', async () => {
    const memory = new CountedMemory();
    const full = fullOf(entries);
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield full.subarray(0, 8000);
      throw new TypeError('the stream');
    }
    expect(await codeOf(imageFromFull(broken(), NONE, context(memory)))).toBe('TypeError: the stream');
    expect(memory.leased.size).toBe(0);
  });

  test('of an image: judged corrupt, or harmless to whoever looks something up', async () => {
    const image = await imageOf(entries);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const bytes = image.slice();
          for (const [at, value] of changes) bytes[at] = value;
          if (!isImage(bytes)) return;
          const judged = await formatOf(bytes).judge(bytes, { action: 'block', today: 50 }, yieldToEventLoop);
          if (judged.stage === 'judged' && judged.segment.kind === 'own') answers(judged.segment.bytes);
          else expect(judged).toMatchObject({ stage: 'refused', error: { code: 'corrupt' } });
        },
      ),
      { numRuns: 500 },
    );
  });
});
