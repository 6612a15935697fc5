/**
 * What `npm run fuzz -- slowest-texts` searches besides files that people write: what the system, servers of lists, clearing houses, clients and
 * earlier processes give, as texts, as JSON with many rows, and as bytes in small pieces. It must not search anything itself.
 */
import { parsedQuestion } from '../../../src/admin/explain-request.ts';
import { metricsFormat, readsGzip } from '../../../src/admin/representations.ts';
import { askedName } from '../../../src/dns-front/asked-name.ts';
import { routeCount } from '../../../src/guard/route-count.ts';
import { CleanfeedError } from '../../../src/lib/errors.ts';
import { parsePrefix } from '../../../src/lib/prefix.ts';
import { namesLines, NAMES_HEADER } from '../../../src/list/names/names-payload.ts';
import { isMetadata, isShortRoot, rootVersion } from '../../../src/list/source/tuf/trusted-metadata.ts';
import { readHeadFile } from '../../../src/list/transparency/head-file.ts';
import { readObject } from '../../../src/list/transparency/leaf.ts';
import { readCheckpoint, readKey, readNote } from '../../../src/list/transparency/signed-note.ts';
import { parseLocalRoutes, parseMarkRules } from '../../../src/machine/routing.ts';
import { parseRuleset } from '../../../src/machine/ruleset.ts';
import { readCounters } from '../../../src/outlets/routes/counter-lines.ts';
import { decodeDenied } from '../../../src/outlets/routes/denied-file.ts';
import { decodePlan } from '../../../src/outlets/routes/plan-file.ts';
import { parseChangeSet } from '../../../src/publish/change-set.ts';
import { decodeDay } from '../../../src/report/day-totals.ts';
import { decodeWeek } from '../../../src/report/entry-weeks.ts';
import { CsvReader } from '../../../src/republish/csv-reader.ts';
import { JsonLinesReader } from '../../../src/republish/json-lines.ts';
import { PlacedFault } from '../../../src/republish/place.ts';
import { ClientHello } from '../../../src/wire/client-hello.ts';
import { DnsFrames } from '../../../src/wire/dns-frames.ts';
import { Question, readQuestion } from '../../../src/wire/dns-question.ts';
import { readProxyHeader } from '../../../src/wire/proxy-header.ts';
import { SecondHello } from '../../../src/wire/second-hello.ts';

export interface Target {
  readonly name: string;
  readonly bytes: number;
  readonly read: (text: string) => unknown;
  /** Such texts have many of these between the others; `§` is the number of the row. */
  readonly rows?: { readonly before: string; readonly all: readonly string[]; readonly behind: string };
}

const TEXT_BYTES = 25_000;
/** As much as takes longer than the collector does between. */
const ROWS_BYTES = 400_000;
/** A quarter of the longest root. */
const ROOT_BYTES = 128_000;
/** Of what comes from the network as one message. */
const MESSAGE_BYTES = 16_000;
const PIECE = 7;
const ADDRESSES = 100_000;
const NOW = 1_790_000_000_000;

const TEXTS: Readonly<Record<string, (text: string) => unknown>> = {
  'question to explain': parsedQuestion,
  'asked name': askedName,
  'count of routes': routeCount,
  prefix: parsePrefix,
  counters: (text) => readCounters(text, ADDRESSES),
  denied: (text) => decodeDenied(`cleanfeed denied 1 ${text.split('\n').length - 1}\n${text}`, NOW),
  names: (text) => [...namesLines(Buffer.from(NAMES_HEADER + text))],
  note: (text) => [readNote(`a\n\n${text}\n`), readKey(text), readCheckpoint(text), readHeadFile(Buffer.from(text))],
  leaf: readObject,
  csv: (text) => inPieces(text, new CsvReader(',', () => {})),
  'csv, quoted': (text) => inPieces(`"${text}`, new CsvReader('\t', () => {})),
  'JSON lines': (text) => inPieces(text, new JsonLinesReader('url', () => {})),
  'question of DNS': (text) => readQuestion(Buffer.from(text, 'latin1'), 0, text.length, new Question()),
  'frames of DNS': (text) => framesIn(Buffer.from(text, 'latin1')),
  'header of a proxy': (text) => readProxyHeader(Buffer.from(`PROXY ${text}`, 'latin1'), MESSAGE_BYTES),
};

const ROWS: readonly Target[] = [
  rows('rules of nft', {
    before: '{"nftables":[',
    all: [
      rule('c', '{"jump":{"target":"d"}}'),
      rule('c§', '{"goto":{"target":"c§"}},{"match":{"left":{"payload":{"field":"dport"}},"right":"@s§"}}'),
      rule('c', '{"tproxy":{"port":1}},{"mangle":{"key":{"meta":{"key":"mark"}},"value":1}}'),
      rule('c', socket('wildcard', 1)),
      rule('c', `${socket('transparent', 1)},{"mangle":{"key":{"meta":{"key":"mark"}},"value":1}}`),
      rule(
        'c',
        `${socket('wildcard', 1)},${socket('transparent', 1)},{"mangle":{"key":{"meta":{"key":"mark"}},"value":1}}`,
      ),
      '{"chain":{"family":"ip","table":"t","name":"c§","hook":"output"}}',
      '{"set":{"family":"ip","table":"t","name":"s§","type":"inet_service"}}',
    ],
    behind: ']}',
    read: parseRuleset,
  }),
  rows('routes', {
    before: '[',
    all: ['{"type":"local","dst":"192.0.2.1","table":"local"}', '{"fwmark":"0x§","fwmask":"0x1","table":"t§"}'],
    behind: ']',
    read: (text) => [parseLocalRoutes(text), parseMarkRules(text)],
  }),
  rows('root of a repository', {
    before:
      '{"signatures":[],"signed":{"_type":"root","spec_version":"1.0.31","version":2,"expires":"2126-01-01T00:00:00Z","roles":{},"keys":{',
    all: ['"k§":{"keytype":"e","scheme":"e","keyval":{}}', '"k§":{"keytype":"e","scheme":"e","keyval":{},"x":[[[]]]}'],
    behind: '}}}',
    bytes: ROOT_BYTES,
    read: (text) => isMetadata(text) && isShortRoot(text) && rootVersion(text),
  }),
  rows('signatures of a root', {
    before: '{"signed":{"_type":"root"},"signatures":[',
    all: ['{"keyid":"k§","sig":"00"}'],
    behind: ']}',
    bytes: ROOT_BYTES,
    read: (text) => isMetadata(text) && isShortRoot(text) && rootVersion(text),
  }),
  rows('plan of routes', {
    before: `{"version":1,"key":"${'0'.repeat(32)}","reviews":[],"routes":[`,
    all: [
      '{"address":"2001:db8::§","since":1,"isReleased":false,"owners":[["h§",1]]}',
      '{"address":"192.0.2.1","since":1,"isReleased":false,"owners":[["h§",1]]}',
    ],
    behind: ']}',
    read: (text) => decodePlan(text, NOW),
  }),
  rows('day of a report', {
    before: '{"format":1,"day":"2026-01-01","ages":{},"counters":{',
    all: ['"lists.l§.hits.block":1'],
    behind: '}}',
    read: (text) => decodeDay(text, '2026-01-01'),
  }),
  rows('week of a report', {
    before: '{"format":1,"week":"2026-01-05","days":{},"few":{',
    all: ['"l§":["t§"]'],
    behind: '}}',
    read: (text) => decodeWeek(text, '2026-01-05'),
  }),
  rows('change set', {
    before: '{"changeSet":1,"version":1,"entries":1,"additions":[],"leftOut":[],"relisted":[],"removals":[',
    all: ['{"uid":§,"line":"h§.example"}', '{"uid":1,"line":"h.example"}'],
    behind: ']}',
    read: (text) => parseChangeSet(text, 'f'),
  }),
];

/** Streams as they come, a few bytes at a time. */
const MESSAGES: Readonly<Record<string, (text: string) => unknown>> = {
  'accept of metrics': (text) => [metricsFormat(text), readsGzip(text)],
  'a hello in one record': (text) => helloIn(record(text)),
  'a hello in many records': (text) => helloIn(Buffer.concat(cut(text, PIECE).map(record))),
  'records between two hellos': (text) => secondIn(Buffer.concat(cut(text, PIECE).map(record))),
  'what stands between two hellos': (text) => secondIn(Buffer.from(text, 'latin1')),
};

export function outsideTargets(): readonly Target[] {
  const of = (texts: typeof TEXTS, bytes: number): Target[] =>
    Object.entries(texts).map(([name, read]) => ({ name, bytes, read: (text) => orRefused(read, text) }));
  return [...of(TEXTS, TEXT_BYTES), ...of(MESSAGES, MESSAGE_BYTES / 4), ...ROWS];
}

function rows(
  name: string,
  { read, bytes = ROWS_BYTES, ...between }: NonNullable<Target['rows']> & Pick<Target, 'read'> & Partial<Target>,
): Target {
  return { name, bytes, read: (text) => orRefused(read, text), rows: between };
}

function rule(chain: string, expressions: string): string {
  return `{"rule":{"family":"ip","table":"t","chain":"${chain}","expr":[${expressions}]}}`;
}

function socket(key: string, value: number): string {
  return `{"match":{"left":{"socket":{"key":"${key}"}},"right":${value}}}`;
}

function orRefused(read: (text: string) => unknown, text: string): unknown {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof CleanfeedError || error instanceof PlacedFault) return null;
    throw error;
  }
}

function cut(text: string, size: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}

function inPieces(text: string, reader: { write(text: string): void; end(isWhole: boolean): void }): void {
  for (const piece of cut(text, PIECE)) reader.write(piece);
  reader.end(true);
}

/** As long as what was given, whatever is in it: a hello whose length is far ahead. */
function record(text: string): Buffer {
  const body = Buffer.from(`\x01\x00\xff\xff${text}`, 'latin1').subarray(0, 16_000);
  const header = Buffer.from([22, 3, 1, 0, 0]);
  header.writeUInt16BE(body.length, 3);
  return Buffer.concat([header, body]);
}

function helloIn(bytes: Buffer): void {
  const hello = new ClientHello();
  hello.begin(0, bytes.length + 1);
  for (let end = PIECE; end < bytes.length; end += PIECE) if (hello.parse(bytes, end) !== 0) return;
}

function secondIn(bytes: Buffer): void {
  const first = new ClientHello();
  first.begin(0, bytes.length + 1);
  const second = new SecondHello(first, 0, bytes.length + 1);
  for (let at = 0; at < bytes.length; at += PIECE) second.read(bytes.subarray(at, at + PIECE));
}

function framesIn(bytes: Buffer): void {
  const frames = new DnsFrames();
  for (let at = 0; at < bytes.length; at += PIECE) {
    frames.add(bytes.subarray(at, at + PIECE));
    while (frames.next() !== null);
  }
}
