/** The scan of lines against the table: the same offsets for any bytes, however they come; and what happens without it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { BYTE_CLASS, TARGET, TOKEN, VALUE } from '../../src/wire/bytes.ts';
import { FieldSection, NEED_MORE } from '../../src/wire/field-section.ts';
import { LINE_SCAN_MODULE } from '../../src/wire/line-scan-module.ts';
import { WINDOW, createLineScan, type LineScan } from '../../src/wire/line-scan.ts';
import { RequestHead } from '../../src/wire/request-head.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';

const MAX_COUNT = 40;
const MAX_BYTES = 3 * WINDOW;
const SOURCE = join(import.meta.dirname, '..', '..', 'src', 'wire', 'line-scan.wat');

const scan = createLineScan()!;

describeWith(['wat2wasm'])('the module', () => {
  test('is what an assembler makes of its text', () => {
    const { stdout } = spawnSync(programPath('wat2wasm') ?? 'wat2wasm', [SOURCE, '--output=-']);
    expect(stdout.toString('hex')).toBe(Buffer.from(LINE_SCAN_MODULE).toString('hex'));
  });
});

describe('each byte', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);

  test('ends a value where the table says so, but for HTAB, which is looked at', () => {
    scan.read(Buffer.from(bytes), 0, 256);
    // What is before the first byte has the offset 0.
    const found = new Set(scan.controls.subarray(0, scan.controls.indexOf(257)));
    for (const byte of bytes) expect(found.has(byte + 1)).toBe((BYTE_CLASS[byte]! & VALUE) === 0 || byte === 0x09);
  });

  test.each([0, 1, 15, 16, 17, 40])('ends a name of %i bytes where the table says so', (length) => {
    for (const byte of bytes) {
      const text = Buffer.concat([Buffer.alloc(length, 'n'), Buffer.from([byte]), Buffer.from(':')]);
      scan.read(text, 0, text.length);
      expect(scan.nameEnds[0]).toBe(1 + length + ((BYTE_CLASS[byte]! & TOKEN) === 0 ? 0 : 1));
    }
  });

  test.each([0, 1, 15, 16, 17, 40])('ends a target of %i bytes where the table says so', (length) => {
    for (const byte of bytes) {
      const text = Buffer.concat([
        Buffer.from('GET '),
        Buffer.alloc(length, '/'),
        Buffer.from([byte]),
        Buffer.from(' '),
      ]);
      expect(scan.take(text)).toBe(true);
      expect(scan.endOfTarget(4, text.length)).toBe(4 + length + ((BYTE_CLASS[byte]! & TARGET) === 0 ? 0 : 1));
      // What is behind the end, from this buffer or an earlier one, is not looked at.
      expect(scan.endOfTarget(4, 4 + length)).toBe(4 + length);
    }
  });
});

test('a window full of controls has room, and bytes of an earlier one are not seen', () => {
  scan.read(Buffer.alloc(WINDOW, '\n'), 0, WINDOW);
  expect([...scan.controls.subarray(0, WINDOW + 1)]).toEqual(Array.from({ length: WINDOW + 1 }, (_, at) => at));
  scan.read(Buffer.from('abc'), 0, 3);
  expect(scan.controls[0]).toBe(0);
  expect(scan.controls[1]).toBeGreaterThan(3);
});

type Outcome = readonly [after: number, fields: readonly (readonly number[])[]];

/** What a section says after each of the cuts, and at the end. */
function outcomeOf(bytes: Buffer, cuts: readonly number[], lineScan: LineScan | null): Outcome {
  const section = new FieldSection(MAX_COUNT, MAX_BYTES, lineScan);
  section.begin(0);
  let after = NEED_MORE;
  for (const end of [...cuts, bytes.length]) {
    after = section.parse(bytes.subarray(0, end), 0, end);
    if (after !== NEED_MORE) break;
  }
  const { ids, starts, nameEnds, valueStarts, valueEnds, ends } = section;
  const fields = Array.from({ length: section.count }, (_, k) =>
    [ids, starts, nameEnds, valueStarts, valueEnds, ends].map((column) => column[k]!),
  );
  return [after, fields];
}

const name = fc.constantFrom(
  'Host',
  'Cookie',
  'sec-ch-ua-platform',
  'x'.repeat(15),
  'y'.repeat(16),
  'z'.repeat(90),
  '',
);
const blank = fc.constantFrom('', ' ', '\t', ' \t ');
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', ':', ' ', '\t', '\xe9'), maxLength: 80 }),
  fc.integer({ min: 0, max: 2 * WINDOW }).map((length) => 'v'.repeat(length)),
);
const regularLine = fc.tuple(name, blank, text, blank).map(([a, b, c, d]) => `${a}:${b}${c}${d}\r\n`);
/** Lines that are regular with a byte that may make them something else. */
const brokenLine = fc
  .tuple(regularLine, fc.nat(), fc.constantFrom('\r', '\n', '\0', '\x7f', '\x1f', '\t', ' ', ':', '"', '\xff', '\r\n'))
  .map(([line, at, byte]) => line.slice(0, at % line.length) + byte + line.slice(at % line.length));
const section = fc
  .tuple(
    fc.array(fc.oneof({ weight: 9, arbitrary: regularLine }, { weight: 1, arbitrary: brokenLine }), { maxLength: 50 }),
    fc.constantFrom('\r\n', '', '\r\nGET / HTTP/1.1\r\nHost: next\r\n\r\n', `\r\n${'body'.repeat(1000)}`),
  )
  .map(([lines, end]) => Buffer.from(lines.join('') + end, 'latin1'));
const places = fc.array(fc.nat(), { maxLength: 5 });

test('the scan and the table take the same fields of any section, in any pieces', () => {
  const reads = jest.spyOn(scan, 'read');
  fc.assert(
    fc.property(section, places, (bytes, at) => {
      const cuts = at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
      expect(outcomeOf(bytes, cuts, scan)).toEqual(outcomeOf(bytes, cuts, null));
    }),
    { numRuns: 500 },
  );
  // Most sections are long enough for it.
  expect(reads.mock.calls.length).toBeGreaterThan(500);
  reads.mockRestore();
});

const requestLine = fc
  .tuple(
    fc.constantFrom('GET', 'OPTIONS', 'x'.repeat(64), ''),
    fc.string({ unit: fc.constantFrom('a', '/', ':', '%', '\xe9'), maxLength: 300 }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      fc.string({ unit: fc.constantFrom('#', ' ', '\0', '\x7f', '\t', '\n') }),
    ),
    fc.string({ unit: fc.constantFrom('a', '?'), maxLength: 40 }),
    fc.constantFrom(' HTTP/1.1\r\n', ' HTTP/1.0\r\n', ' HTTP/1.1', '\r\n', ''),
  )
  .map(([method, path, odd, rest, version]) =>
    Buffer.from(`${method} http://a${path}${odd}${rest}${version}`, 'latin1'),
  );

/** What a parser says of a head behind other bytes after each of the cuts, and at the end. */
function headOutcome(bytes: Buffer, start: number, cuts: readonly number[], lineScan: LineScan | null): unknown {
  const limits = { requestLineBytes: 400, headerBytes: MAX_BYTES, headerCount: MAX_COUNT };
  const head = new RequestHead(limits, lineScan);
  head.begin(start);
  let after = NEED_MORE;
  for (const end of [...cuts, bytes.length]) {
    after = head.parse(bytes.subarray(0, end), end);
    if (after !== NEED_MORE) break;
  }
  const { method, methodEnd, targetStart, targetEnd, minor, fields } = head;
  return after > 0 ? [after, method, methodEnd, targetStart, targetEnd, minor, fields.count] : after;
}

test('the scan and the table read the same heads, in any pieces', () => {
  const takes = jest.spyOn(scan, 'take');
  const host = Buffer.from('Host: a\r\n');
  let whole = 0;
  fc.assert(
    fc.property(fc.nat(3), requestLine, section, places, (before, first, fields, at) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 'x'), first, host, fields]);
      const cuts = at.map((place) => before + (place % (bytes.length - before + 1))).toSorted((a, b) => a - b);
      const outcome = headOutcome(bytes, before, cuts, scan);
      expect(outcome).toEqual(headOutcome(bytes, before, cuts, null));
      if (Array.isArray(outcome)) whole++;
    }),
    { numRuns: 1000 },
  );
  expect(takes.mock.results.filter(({ value }) => value === true).length).toBeGreaterThan(100);
  // 46 as a rule, 28 now and then.
  expect(whole).toBeGreaterThan(0);
  takes.mockRestore();
});

test('a buffer that is longer than a head is not taken over', () => {
  expect(scan.take(Buffer.alloc(2048, 'a'))).toBe(true);
  expect(scan.take(Buffer.alloc(2049, 'a'))).toBe(false);
});

test('a section is scanned once or twice, in however many pieces it comes', () => {
  const bytes = Buffer.from(`${`Cookie: ${'v'.repeat(300)}\r\n`.repeat(MAX_COUNT)}\r\n`, 'latin1');
  for (const piece of [1, 50, 97, 150, 311, 1460]) {
    const reads = jest.spyOn(scan, 'read');
    const cuts = Array.from({ length: Math.floor(bytes.length / piece) }, (_, index) => (index + 1) * piece);
    expect(outcomeOf(bytes, cuts, scan)[1]).toHaveLength(MAX_COUNT);
    const scanned = reads.mock.calls.reduce((sum, [, , length]) => sum + length, 0);
    expect(scanned).toBeLessThanOrEqual(2 * bytes.length);
    reads.mockRestore();
  }
});

test('of what is behind a head no more is scanned than the first window', () => {
  const reads = jest.spyOn(scan, 'read');
  const bytes = Buffer.from(`${`Cookie: ${'v'.repeat(300)}\r\n`.repeat(4)}\r\n${'b'.repeat(60_000)}`, 'latin1');
  expect(outcomeOf(bytes, [], scan)[1]).toHaveLength(4);
  expect(reads.mock.calls.map(([, , length]) => length)).toEqual([2048]);
  reads.mockRestore();
});

describe('without the scan', () => {
  class Refused {
    readonly exports = { memory: new WebAssemblyMemory(), scan: () => {}, endOfTarget: () => 0 };

    constructor() {
      throw new Error('no SIMD');
    }
  }
  class WebAssemblyMemory {
    readonly buffer = new ArrayBuffer(0);
  }

  test('there is none where the module is refused', () => {
    expect(createLineScan({ Module: Refused, Instance: Refused })).toBeNull();
  });

  // The project itself starts on no Node without WebAssembly: it takes the types off. Only x64 has a flag that takes SIMD away.
  (process.arch === 'x64' ? test : test.skip)('a processor without SIMD reads heads all the same', () => {
    const script = `
      const { FieldSection } = await import('./src/wire/field-section.ts');
      const { createLineScan } = await import('./src/wire/line-scan.ts');
      const section = new FieldSection(40, 4000);
      const bytes = Buffer.from('Host: www.example\\r\\nCookie: ' + 'v'.repeat(500) + '\\r\\n\\r\\n');
      section.begin(0);
      console.log(createLineScan(), section.parse(bytes, 0, bytes.length) === bytes.length, section.count);`;
    const options = { cwd: join(import.meta.dirname, '..', '..'), encoding: 'utf8' } as const;
    const args = ['--no-enable-ssse3', '--no-warnings', '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, args, options)).toBe('null true 2\n');
  });
});

// A buffer that is as long as a head is taken over whole, of a longer one the part: offsets in the buffer are the same.
test.each([0, 1000, 5000])('finds the same lines in a buffer with %d bytes before and behind them', (around) => {
  const scan = createLineScan()!;
  const lines = 'Host: a\r\nCookie: b\tc\r\n';
  const buf = Buffer.from(`${'x'.repeat(around)}${lines}${'\r\n'.repeat(around)}`, 'latin1');
  const base = scan.read(buf, around, lines.length);
  const found = Array.from({ length: 7 }, (_, k) => scan.controls[k]! + base - around);
  expect(found).toEqual([-1, 7, 8, 18, 20, 21, lines.length]);
  expect([scan.nameEnds[0]! + base - around, scan.nameEnds[2]! + base - around]).toEqual([4, 15]);
});
