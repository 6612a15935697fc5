/** What is taken for a second ClientHello, and whom it may name: the one of the first, however its bytes come. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClientHello } from '../../src/wire/client-hello.ts';
import { AGAIN, SecondHello, type AgainState } from '../../src/wire/second-hello.ts';
import { EXTENSION, extension, helloMessage, inRecords, record, serverName } from '../support/reference/made-hello.ts';

const MAX_BYTES = 4096;
const VERSIONS = extension(EXTENSION.supportedVersions, Buffer.from('020304', 'hex'));
const EARLY = extension(EXTENSION.earlyData);
const CHANGE = record(Buffer.from([1]), 20);
const WARNING = record(Buffer.from([1, 90]), 21);
const data = (length: number): Buffer => record(Buffer.alloc(length, 0x16), 23);

/** In records, with their headers. */
function early(length: number): Buffer {
  const full = Array.from({ length: 3 }, () => data(16_384));
  const rest = length - Buffer.concat(full).length;
  return Buffer.concat([...full, data(rest - 5)]);
}

function hello(names: readonly string[], ...extensions: readonly Buffer[]): Buffer {
  const asked = names.length === 0 ? [] : [serverName(...names)];
  return helloMessage({ extensions: [...asked, VERSIONS, ...extensions] });
}

function after(first: Buffer): SecondHello {
  const read = new ClientHello();
  read.begin(0, MAX_BYTES);
  const length = read.parse(first, first.length);
  expect(read.hasVersions).toBe(true);
  return new SecondHello(read, length, MAX_BYTES);
}

const FIRST = inRecords(hello(['a.example']));
const EARLY_FIRST = inRecords(hello(['a.example'], EARLY));
const OTHER = inRecords(hello(['b.example']));
/** What TLS 1.2 encrypts: its first byte is 1, as a hello's. */
const FINISHED = record(Buffer.from(`01${'5a'.repeat(39)}`, 'hex'));

/** As long as this, and with the beginning of a hello. */
const BY_CHANCE = record(Buffer.from(`01024242ff${'5a'.repeat(35)}`, 'hex'));

function longest(name: string): Buffer {
  const padding = extension(21, Buffer.alloc(65_500));
  return helloMessage({ suites: Buffer.alloc(65_534, 0x5a), extensions: [serverName(name), padding] });
}

/** A hello for another name, in the middle of which is this record. */
function around(between: Buffer): Buffer {
  const message = hello(['b.example']);
  return Buffer.concat([CHANGE, record(message.subarray(0, 50)), between, record(message.subarray(50))]);
}

const LONG_CHANGE = record(Buffer.alloc(14, 0xff), 20);

/** A hello for another name in records of one byte, with this record behind so many of them. */
function inside(between: Buffer, bytes: number): Buffer {
  const pieces = inRecords(hello(['b.example']), 1);
  const at = bytes * record(Buffer.alloc(1)).length;
  return Buffer.concat([CHANGE, pieces.subarray(0, at), between, pieces.subarray(at)]);
}

const cases: readonly (readonly [string, Buffer, Buffer, AgainState])[] = [
  ['nothing', FIRST, Buffer.alloc(0), AGAIN.open],
  ['the same name', FIRST, FIRST, AGAIN.over],
  ['the same name, another key', FIRST, inRecords(hello(['a.example'], extension(51, Buffer.alloc(200)))), AGAIN.over],
  ['nobody, twice', inRecords(hello([])), inRecords(hello([])), AGAIN.over],
  ['another name', FIRST, OTHER, AGAIN.other],
  ['another name behind a ChangeCipherSpec', FIRST, Buffer.concat([CHANGE, OTHER]), AGAIN.other],
  ['another name behind a warning', FIRST, Buffer.concat([WARNING, CHANGE, OTHER]), AGAIN.other],
  [
    'another name in records of one byte',
    FIRST,
    Buffer.concat([CHANGE, inRecords(hello(['b.example']), 1)]),
    AGAIN.other,
  ],
  // Were faults: what stands between counted as the hello's first bytes, which it has not got then.
  ...[1, 2, 3, 4].flatMap((bytes) =>
    Object.entries({ warning: WARNING, ChangeCipherSpec: CHANGE, 'long ChangeCipherSpec': LONG_CHANGE }).map(
      ([what, between]) =>
        [
          `another name, a ${what} behind its first ${bytes} bytes`,
          FIRST,
          inside(between, bytes),
          AGAIN.other,
        ] as const,
    ),
  ),
  ['another name beside the same', FIRST, inRecords(hello(['a.example', 'b.example'])), AGAIN.other],
  ['nobody', FIRST, inRecords(hello([])), AGAIN.other],
  ['somebody, where nobody was named', inRecords(hello([])), OTHER, AGAIN.other],
  ['another name behind early data', EARLY_FIRST, Buffer.concat([data(16_384), CHANGE, OTHER]), AGAIN.other],
  ['the same name behind early data', EARLY_FIRST, Buffer.concat([data(16_384), FIRST]), AGAIN.over],
  ['as much early data as may be', EARLY_FIRST, Buffer.concat([early(65_536), OTHER]), AGAIN.other],
  ['more early data', EARLY_FIRST, Buffer.concat([early(65_537), OTHER]), AGAIN.over],
  ['data of TLS 1.3', FIRST, Buffer.concat([CHANGE, data(60), OTHER]), AGAIN.over],
  ['a key exchange of TLS 1.2', FIRST, record(Buffer.from('1000002120', 'hex')), AGAIN.over],
  ['what TLS 1.2 encrypts', FIRST, Buffer.concat([CHANGE, FINISHED]), AGAIN.over],
  ['what it encrypts, as a hello begins by chance', FIRST, Buffer.concat([CHANGE, BY_CHANCE, data(60)]), AGAIN.over],
  ['another name around a ChangeCipherSpec', FIRST, around(CHANGE), AGAIN.other],
  ['another name around a warning', FIRST, around(WARNING), AGAIN.other],
  ['that, before anything follows', FIRST, Buffer.concat([CHANGE, BY_CHANCE]), AGAIN.open],
  ['that, and a part of a hello', FIRST, Buffer.concat([CHANGE, BY_CHANCE, record(Buffer.from([1]))]), AGAIN.other],
  [
    'another name behind a part of it and data that is thrown away',
    EARLY_FIRST,
    Buffer.concat([CHANGE, BY_CHANCE, data(60)]),
    AGAIN.other,
  ],
  ['the greatest length', FIRST, Buffer.concat([CHANGE, inRecords(longest('b.example'))]), AGAIN.other],
  ['another version', FIRST, Buffer.concat([CHANGE, inRecords(hello(['b.example']).fill(0xff, 4, 6))]), AGAIN.other],
  ['a hello that is damaged', FIRST, record(Buffer.from('010000020303', 'hex')), AGAIN.other],
  [
    'a hello with an empty record in it',
    FIRST,
    Buffer.concat([CHANGE, OTHER.subarray(0, 0), record(Buffer.from([1])), record(Buffer.alloc(0))]),
    AGAIN.other,
  ],
  [
    'a hello that is too long',
    FIRST,
    inRecords(hello(['a.example'], extension(21, Buffer.alloc(MAX_BYTES)))),
    AGAIN.other,
  ],
  ['something else', FIRST, Buffer.from('GET / HTTP/1.1\r\n'), AGAIN.over],
];

test.each(cases)('%s', (_name, first, then, want) => {
  expect(after(first).read(Buffer.concat([first, then]))).toBe(want);
});

test('however the bytes come', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...cases),
      fc.array(fc.integer({ min: 1, max: 700 })),
      ([, first, then, want], sizes) => {
        const second = after(first);
        const bytes = Buffer.concat([first, then]);
        let state: AgainState = AGAIN.open;
        for (let at = 0, k = 0; at < bytes.length; k++) {
          const end = at + (sizes[k] ?? 1);
          state = second.read(bytes.subarray(at, end));
          at = end;
        }
        expect(state).toBe(want);
      },
    ),
  );
});

test('any bytes have an answer, which stays', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      const second = after(FIRST);
      const state = second.read(Buffer.concat([FIRST, tail]));
      expect(Object.values(AGAIN)).toContain(state);
      if (state !== AGAIN.open) expect(second.read(OTHER)).toBe(state);
    }),
  );
});
