import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkedReader } from '../../src/wire/chunked.ts';
import { plainChunkedBody } from '../support/reference/chunked.ts';
import { relayChunks } from '../support/reference/relay-chunks.ts';

const LIMITS = { chunkExtensionBytes: 16, trailerBytes: 64 };

/** Feeds the pieces; what travelled on, whether the body is done, what was left over, or 'malformed'. */
function relay(pieces: readonly string[], framing = true): { out: string; done: boolean; rest: string } | 'malformed' {
  const reader = new ChunkedReader(LIMITS);
  reader.begin(framing);
  let out = '';
  let rest = '';
  for (const piece of pieces) {
    if (reader.done) {
      rest += piece;
      continue;
    }
    const buf = Buffer.from(piece, 'latin1');
    const sink = {
      raw: (start: number, end: number) => void (out += buf.toString('latin1', start, end)),
      text: (bytes: string) => void (out += bytes),
    };
    const at = reader.read(buf, 0, buf.length, sink);
    if (at < 0) return 'malformed';
    rest += buf.toString('latin1', at);
  }
  return { out, done: reader.done, rest };
}

/** Splits a text into pieces at the given offsets. */
function split(text: string, cuts: readonly number[]): string[] {
  const points = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return points.slice(1).map((end, i) => text.slice(points[i], end));
}

describe('chunked framing', () => {
  const cases: { name: string; input: string; /** What travels on, or `malformed`. */ want: string; rest?: string }[] =
    [
      {
        name: 'canonical body travels as it came',
        input: '5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n',
        want: '5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n',
      },
      { name: 'empty body', input: '0\r\n\r\n', want: '0\r\n\r\n' },
      {
        name: 'bytes behind the body are not touched',
        input: '1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n',
        want: '1\r\nx\r\n0\r\n\r\n',
        rest: 'GET / HTTP/1.1\r\n',
      },
      { name: 'extension dropped', input: '5;a=b\r\nhello\r\n0;z\r\n\r\n', want: '5\r\nhello\r\n0\r\n\r\n' },
      { name: 'leading zeros dropped', input: '0005\r\nhello\r\n000\r\n\r\n', want: '5\r\nhello\r\n0\r\n\r\n' },
      { name: 'trailers dropped', input: '1\r\nx\r\n0\r\nFoo: bar\r\nA: b\r\n\r\n', want: '1\r\nx\r\n0\r\n\r\n' },
      { name: 'white space before an extension', input: '1 \t;a\r\nx\r\n0 ;\r\n\r\n', want: '1\r\nx\r\n0\r\n\r\n' },
      { name: 'another number behind the size', input: '0 1\r\nx\r\n0\r\n\r\n', want: 'malformed' },
      { name: 'words behind the size', input: '1 word\r\nx\r\n0\r\n\r\n', want: 'malformed' },
      {
        name: 'a request in place of the trailers',
        input: '0\r\nGET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n',
        want: 'malformed',
      },
      { name: 'trailer without a colon', input: '0\r\nFoo\r\n\r\n', want: 'malformed' },
      { name: 'trailer with a space before its colon', input: '0\r\nFoo : bar\r\n\r\n', want: 'malformed' },
      { name: 'trailer without a name', input: '0\r\n: bar\r\n\r\n', want: 'malformed' },
      { name: 'padding over its bound', input: `1${' '.repeat(20)}\r\nx`, want: 'malformed' },
      { name: 'padding after the size dropped', input: '1  \r\nx\r\n0\r\n\r\n', want: '1\r\nx\r\n0\r\n\r\n' },
      { name: 'bare LF after the size', input: '1\nx\r\n0\r\n\r\n', want: 'malformed' },
      { name: 'bare LF at the end', input: '1\r\nx\r\n0\r\n\n', want: 'malformed' },
      { name: 'data longer than its size', input: '1\r\nxy\r\n0\r\n\r\n', want: 'malformed' },
      { name: 'sign', input: '+1\r\nx\r\n', want: 'malformed' },
      { name: '0x prefix', input: '0x1\r\nx\r\n', want: 'malformed' },
      { name: 'empty size', input: '\r\nx', want: 'malformed' },
      { name: 'size that overflows', input: 'fffffffffffff\r\n', want: 'malformed' },
      { name: 'extension over its bound', input: `1;${'a'.repeat(20)}\r\nx`, want: 'malformed' },
      { name: 'NUL in an extension', input: '1;\0\r\nx', want: 'malformed' },
      { name: 'trailers over their bound', input: `0\r\n${'A: bcdefgh\r\n'.repeat(9)}\r\n`, want: 'malformed' },
      { name: 'trailer that begins with a space', input: '0\r\n Foo: bar\r\n\r\n', want: 'malformed' },
    ];
  test.each(cases)('$name', ({ input, want, rest = '' }) => {
    const whole = relay([input]);
    const bytes = relay([...input]);
    if (want === 'malformed') {
      expect([whole, bytes]).toEqual(['malformed', 'malformed']);
    } else {
      expect(whole).toEqual({ out: want, done: true, rest });
      expect(bytes).toMatchObject({ done: true, rest });
      expect((bytes as { out: string }).out.toLowerCase()).toBe(want.toLowerCase());
    }
  });

  test('any split gives the same payload and framing', () => {
    const chunk = fc.tuple(
      fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }),
      fc.constantFrom('', ';e', ';a=b'),
      fc.nat(2),
    );
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        (chunks, cuts, trailer, framing) => {
          const head = (text: string, extension: string, zeros: number): string =>
            `${'0'.repeat(zeros)}${text.length.toString(16)}${extension}\r\n${text}\r\n`;
          const input = `${chunks.map(([text, extension, zeros]) => head(text, extension, zeros)).join('')}0\r\n${trailer ? 'T: v\r\n' : ''}\r\nrest`;
          const want = framing
            ? `${chunks.map(([text]) => head(text, '', 0)).join('')}0\r\n\r\n`
            : chunks.map(([text]) => text).join('');
          expect(relay(split(input, cuts), framing)).toEqual({ out: want, done: true, rest: 'rest' });
        },
      ),
    );
  });

  test('total on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), (bytes, cuts) => {
        expect(relay(split(Buffer.from(bytes).toString('latin1'), cuts))).toBeDefined();
      }),
    );
  });
});

describe('beside its reference', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '0\r\n\r\n',
      '1\r\nx\r\n',
      '5\r\nhello\r\n',
      '0005;a=b\r\nhello\r\n',
      'A\r\n0123456789\r\n',
      '0;z\r\n',
      'T: v\r\n',
      '\r\n',
      '1 ;\r\nx\r\n',
      '1\nx\r\n',
      '2\r\nx\r\n',
      'g\r\n',
      ';',
    ),
    fc.string({ maxLength: 3, unit: fc.constantFrom(...'0aF;\r\n \t\0') }),
  );

  test('any bytes in any pieces: done at the same place with the same payload, or never', () => {
    let done = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.nat(60), { maxLength: 4 }), (parts, offsets) => {
        const text = parts.join('');
        const plain = plainChunkedBody(text, LIMITS);
        const cuts = offsets.filter((offset) => offset < text.length).sort((a, b) => a - b);
        const relayed = relayChunks(text, LIMITS, cuts, false);
        expect(relayed?.done ?? false).toBe(plain !== null);
        if (plain === null) return;
        done++;
        expect(relayed).toEqual({ out: plain.payload, done: true, length: plain.length });
        expect(relayChunks(text, LIMITS, cuts)).toMatchObject({ done: true, length: plain.length });
      }),
      { numRuns: 3000 },
    );
    expect(done).toBeGreaterThan(20);
  });
});
