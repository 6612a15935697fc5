/** The vectors of vectors/protected-list.json, made anew: a small list, its next version, a withdrawn set, and a list that needs format 2. */
import { INFO_FORMAT } from '../../../src/list/protected/payload-format.ts';
import { encodeDelta, encodeFull } from '../../../src/list/protected/payload.ts';
import type { PayloadTerms } from '../../../src/list/protected/payload.ts';
import { RECORD_BYTES, RecordMaker, recordsDigest, sortRecords } from '../../../src/list/protected/record.ts';
import { figuresOf } from '../../../src/list/protected/set-figures.ts';
import { makeVectors } from '../../../src/list/protected/vectors.ts';
import { encodeWithdrawn } from '../../../src/list/protected/withdrawn.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { foldText } from '../../../src/url/fold.ts';
import { entry } from '../../match/support.ts';

const KEYS = {
  fingerprint: Uint8Array.from({ length: 8 }, (_, i) => i),
  proof: Uint8Array.from({ length: 32 }, (_, i) => 0x20 + i),
};
const TIME = 1_790_000_000;
/** Unicode 17.0.0, whatever Node this is. */
const FORM = { form: 1, unicode: 17 << 16 };

const FIRST: readonly Entry[] = [
  entry('host.example', { dns: true, steer: true }),
  entry('*.sub.example', { port: 8080, count: true }),
  entry('192.0.2.1', { expires: 20_500 }),
  entry('[2001:db8::1]', { test: true }),
  entry('xn--bcher-kva.example'),
  entry('host.example/*'),
  entry('host.example/dir/*'),
  entry('*.host.example/dir/sub/*', { fold: 4 }),
  entry('host.example/*', { fold: 4 }),
  entry('host.example/a%20b.html?*'),
  entry('host.example/a/b.html'),
  entry('host.example/a/b.html?x=1&y=%3F', { port: 81 }),
  entry('other.example/A/B;c', { fold: 7 }),
  entry('other.example/A?Q=R', { fold: 1 }),
].map((one, i) => Object.assign(one, { id: idOf(i) }));

const SECOND: readonly Entry[] = [
  ...FIRST.filter((_, i) => i % 3 !== 1),
  { ...entry('new.example'), id: idOf(50) },
  { ...entry('host.example/new?*'), id: idOf(51) },
];

/** Of format 2: text behind a page does not count. Beside them entries that format 1 would say as well. */
const BEHIND: readonly Entry[] = [
  entry('host.example/page.php?*', { fold: 8 }),
  entry('host.example/page.php?x=1&y=%3F', { fold: 8 }),
  entry('*.other.example/a/B.cgi', { fold: 15, port: 8080 }),
  entry('host.example/page.php?*', { fold: 1 }),
  entry('host.example/dir/*'),
  entry('host.example'),
].map((one, i) => Object.assign(one, { id: idOf(i + 60) }));

const WITHDRAWN = [idOf(2), idOf(6), idOf(77)].sort((a, b) => (a < b ? -1 : 1));

export function publishedVectors(): unknown {
  const [first, second] = [FIRST, SECOND].map(recordsOf);
  const removals = BigUint64Array.from(FIRST.filter((one) => !SECOND.includes(one)).map(({ id }) => id)).sort();
  const additions = recordsOf(SECOND.filter((one) => !FIRST.includes(one)));
  return {
    about: 'docs/list-format.md, Protected lists; binary data without the zeros at its end',
    keys: { fingerprint: hex(KEYS.fingerprint), proof: hex(KEYS.proof) },
    versions: [
      { digest: hex(recordsDigest(first!)), entries: FIRST.map(published) },
      { digest: hex(recordsDigest(second!)), entries: SECOND.map(published) },
    ],
    full: base64(encodeFull(terms(1), first!)),
    delta: base64(encodeDelta(terms(2), { previous: 1, removals, additions, result: figuresOf([second!]) })),
    format2: {
      digest: hex(recordsDigest(recordsOf(BEHIND))),
      entries: BEHIND.map(published),
      full: base64(
        encodeFull({ ...terms(1), format: INFO_FORMAT, vectors: makeVectors(KEYS, INFO_FORMAT) }, recordsOf(BEHIND)),
      ),
    },
    withdrawn: {
      serial: 3,
      ids: WITHDRAWN.map((id) => id.toString(16).padStart(16, '0')),
      set: base64(encodeWithdrawn({ serial: 3, time: TIME, ids: BigUint64Array.from(WITHDRAWN) })),
    },
  };
}

function terms(version: number): PayloadTerms {
  return { ...FORM, version, time: TIME + version, keys: KEYS, vectors: makeVectors(KEYS) };
}

function recordsOf(entries: readonly Entry[]): Uint8Array {
  const maker = new RecordMaker(KEYS);
  const records = new Uint8Array(entries.length * RECORD_BYTES);
  for (const [i, one] of entries.entries()) maker.write(one, records, i * RECORD_BYTES);
  return sortRecords(records);
}

function published(one: Entry): unknown {
  const { host, path, fold, port, id, subdomains, expires, count, test, dns, steer } = one;
  const { kind: scope, ...rest } = path;
  return {
    host,
    scope,
    ...rest,
    fold: fold === 0 ? [] : foldText(fold).split(','),
    port,
    id: id.toString(16).padStart(16, '0'),
    expires,
    subdomains,
    count,
    test,
    dns,
    steer,
    record: hex(recordsOf([one])),
  };
}

/** Spread over all 64 bits, as the ids of a recipient are. */
function idOf(i: number): bigint {
  return BigInt.asUintN(64, BigInt(i + 1) * 0x9e37_79b9_7f4a_7c15n);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)).toString('base64');
}
