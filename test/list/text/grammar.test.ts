/** The grammar of the text list: what each form means, and that every fault says where and what would be right. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { parseTextList } from '../../../src/list/text/grammar.ts';
import type { LineOutcome } from '../../../src/list/text/grammar.ts';

/** Of lines; the last one is ended. */
function parse(text: string | Uint8Array, action: ListAction = 'block'): LineOutcome[] {
  return [...parseTextList(Buffer.concat([Buffer.from(text), Buffer.from('\n')]), { list: 3, action })];
}

/** The entry of a single line, in a short form. */
function entryOf(line: string): string {
  const [outcome] = parse(line);
  if (outcome?.kind !== 'entry') return JSON.stringify(outcome);
  const { host, subdomains, path, port } = outcome.entry;
  const scope =
    path.kind === 'host' ? '' : ` ${path.path}${path.kind === 'url' && path.query !== null ? `?${path.query}` : ''}`;
  return `${path.kind} ${subdomains ? '*.' : ''}${host}${port === 0 ? '' : `:${port}`}${scope}`;
}

function faultOf(line: string | Uint8Array, action: ListAction = 'block'): string {
  const [outcome] = parse(line, action);
  if (outcome?.kind !== 'error') return `no fault: ${outcome?.kind}`;
  const { diagnostic: fault } = outcome;
  return `l:${fault.line}:${fault.column}: ${fault.message}`;
}

describe('addresses', () => {
  test.each([
    ['http://host.example/a/b.html?x=1', 'url host.example /a/b.html?x=1'],
    ['http://host.example/a/b.html', 'url host.example /a/b.html'],
    ['http://host.example/a/b.html?', 'url host.example /a/b.html'],
    ['http://host.example/a/b.html?*', 'page host.example /a/b.html'],
    ['http://host.example/dir/*', 'directory host.example /dir/'],
    ['http://host.example/*', 'directory host.example /'],
    ['host.example', 'host host.example'],
    ['HOST.Example.', 'host host.example'],
    ['*.host.example', 'host *.host.example'],
    ['*.host.example/dir/*', 'directory *.host.example /dir/'],
    ['http://*.host.example/a', 'url *.host.example /a'],
    ['host.example/*', 'directory host.example /'],
    ['host.example/a', 'url host.example /a'],
    ['host.example/', 'url host.example /'],
    ['http://host.example', 'url host.example /'],
    ['http://host.example/', 'url host.example /'],
    ['HTTPS://host.example/a', 'url host.example /a'],
    ['host.example?x=1', 'url host.example /?x=1'],
    ['host.example?*', 'page host.example /'],
    ['http://host.example:8080/x', 'url host.example:8080 /x'],
    ['http://host.example:80/x', 'url host.example:80 /x'],
    ['host.example:8443', 'host host.example:8443'],
    ['single', 'host single'],
    ['under_score.example', 'host under_score.example'],
    ['192.0.2.1', 'host 192.0.2.1'],
    ['0300.0.2.1/a', 'url 192.0.2.1 /a'],
    ['[2001:DB8:0::1]', 'host [2001:db8::1]'],
    ['[2001:db8::1]:8080/a', 'url [2001:db8::1]:8080 /a'],
    ['bücher.example', 'host xn--bcher-kva.example'],
    ['http://host.example/ü', 'url host.example /%C3%BC'],
    ['http://host.example/a*b', 'url host.example /a*b'],
    ['http://host.example/a*', 'url host.example /a*'],
    ['http://host.example/a?x=*y', 'url host.example /a?x=*y'],
    ['http://host.example/a#top', 'url host.example /a'],
    ['http://host.example\\a', 'url host.example /a'],
    ['http://host.example/a/../b//c', 'url host.example /b/c'],
    // An escape never makes a pattern.
    ['http://host.example/dir/%2A', 'url host.example /dir/*'],
    ['http://host.example/dir%2F*', 'url host.example /dir/*'],
    ['http://host.example/__proto__', 'url host.example /__proto__'],
    ['constructor', 'host constructor'],
  ])('%s', (line, want) => {
    expect(entryOf(line)).toBe(want);
  });
});

describe('faults name the place and what would be right', () => {
  test.each([
    [
      'http:/host.example/x',
      "l:1:6: two slashes follow the scheme; write 'http://host.example/path', or the host alone",
    ],
    ['HTTPS:host.example', "l:1:7: two slashes follow the scheme; write 'http://host.example/path', or the host alone"],
    [
      'http:\\\\host.example',
      "l:1:6: two slashes follow the scheme; write 'http://host.example/path', or the host alone",
    ],
    ['http:80/x', "l:1:6: two slashes follow the scheme; write 'http://host.example/path', or the host alone"],
    ['ftp://host.example/', 'l:1:1: only the schemes http and https can be listed'],
    ['http:///a', 'l:1:8: a host is missing; write host.example or host.example/path'],
    ['/a', 'l:1:1: a host is missing; write host.example or host.example/path'],
    ['//host.example', 'l:1:1: a host is missing; write host.example or host.example/path'],
    ['http://me:secret@host.example/', 'l:1:17: user information (before @) cannot be listed; write the host alone'],
    ['*', "l:1:1: '*' in a host may only stand at the beginning, as '*.'"],
    ['a.*.example', "l:1:3: '*' in a host may only stand at the beginning, as '*.'"],
    ['*.*.example', "l:1:3: '*' in a host may only stand at the beginning, as '*.'"],
    ['  *host.example', "l:1:3: '*' in a host may only stand at the beginning, as '*.'"],
    ['%2A.host.example', 'l:1:1: not a host name or IP address that can be connected to'],
    ['*.', 'l:1:3: not a host name or IP address that can be connected to'],
    ['256.0.0.1', 'l:1:1: not a host name or IP address that can be connected to'],
    ['ho^st.example', 'l:1:1: not a host name or IP address that can be connected to'],
    ['*.192.0.2.1', "l:1:1: an IP address has no subdomains; write it without '*.'"],
    ['2001:db8::1', 'l:1:1: one colon at most, before the port; an IPv6 address is written in square brackets'],
    ['host.example:', 'l:1:14: the port must be 1 to 65535, without leading zeros'],
    ['host.example:0/a', 'l:1:14: the port must be 1 to 65535, without leading zeros'],
    ['host.example:65536', 'l:1:14: the port must be 1 to 65535, without leading zeros'],
    ['host.example/a?x?*', "l:1:18: '?*' stands alone after the path; write '*' of a query as %2A"],
    ['host.example/a?x=/*', "l:1:19: '/*' belongs to a path and a query follows it; write '*' of a query as %2A"],
    ['host.example/a#/*', "l:1:17: '*' in a fragment matches nothing; fragments never reach a server, leave it out"],
    ['host.example\\*', "l:1:13: write '/*' for everything below"],
    [`host.example/${'d/'.repeat(33)}*`, 'l:1:80: the directory has 33 segments; at most 32 can be matched'],
    ['bücher.example:x', 'l:1:16: the port must be 1 to 65535, without leading zeros'],
    [
      'host.example/a\u00a0count',
      'l:1:15: invisible character U+00A0; remove it, or percent-encode it if it belongs to the address',
    ],
    [
      'host.example cuont',
      "l:1:14: unknown attribute; did you mean 'count'? (an address holds no white space: write %20)",
    ],
    [
      'host.example/a b.html',
      'l:1:16: unknown attribute; known are dns, steer, count, test, fold, expires, reason (an address holds no white space: write %20)',
    ],
    [
      'host.example =x',
      'l:1:14: unknown attribute; known are dns, steer, count, test, fold, expires, reason (an address holds no white space: write %20)',
    ],
    ['host.example count=1', "l:1:19: 'count' takes no value"],
    ['host.example dns dns', "l:1:18: 'dns' is given twice"],
    ['host.example expires', 'l:1:14: write expires=YYYY-MM-DD, the last day (UTC) on which the entry holds'],
    ['host.example expires=2026-1-1', 'l:1:14: write expires=YYYY-MM-DD, the last day (UTC) on which the entry holds'],
    ['host.example expires=2027-02-29', 'l:1:22: there is no such day (from 2000-01-01 on)'],
    ['host.example expires=1970-01-01', 'l:1:22: there is no such day (from 2000-01-01 on)'],
    ['host.example/a fold', 'l:1:16: write fold=case,params,slash,info, or some of them, without white space'],
    ['host.example/a fold=', 'l:1:16: write fold=case,params,slash,info, or some of them, without white space'],
    ['host.example/a fold=case,slahs', 'l:1:26: unknown fold; known are case, params, slash, info'],
    ['host.example/a fold=case,', 'l:1:26: unknown fold; known are case, params, slash, info'],
    [
      'host.example/a.php/* fold=case,info',
      "l:1:21: 'info' is about pages, and this entry covers everything below; leave it out",
    ],
    [
      'host.example/a.html fold=info',
      "l:1:20: 'info' is about pages of programs (.php, .cgi, .pl, .jsp, .asp, .aspx); for another one, list what is below it (/page/*) beside it",
    ],
    [
      'http://host.example fold=info',
      "l:1:20: 'info' is about pages of programs (.php, .cgi, .pl, .jsp, .asp, .aspx); for another one, list what is below it (/page/*) beside it",
    ],
    ['host.example/a fold=case,case', "l:1:26: 'case' is given twice"],
    [
      'host.example fold=case',
      "l:1:13: 'fold' is about paths, and this entry covers the whole host; leave it out, or write the path",
    ],
    ['host.example reason=x', 'l:1:14: write reason="…", in straight double quotes, none inside, white space after it'],
    [
      'host.example reason="x',
      'l:1:14: write reason="…", in straight double quotes, none inside, white space after it',
    ],
    [
      'host.example reason="x"y',
      'l:1:14: write reason="…", in straight double quotes, none inside, white space after it',
    ],
    ['host.example reason=" "', 'l:1:21: the reason is empty'],
    ['host.example/a\u0000', 'l:1:15: control character U+0000; percent-encode it if it belongs to the address'],
    ['host.example\rhost.example', 'l:1:13: a carriage return (U+000D) within the line; lines end with LF, or CR LF'],
  ])('%s', (line, want) => {
    expect(faultOf(line)).toBe(want);
  });

  test('a line without end', () => {
    expect(faultOf(`host.example/${'a'.repeat(16_384)}`)).toBe(
      'l:1:1: the line has 16397 bytes; at most 16384 are read',
    );
  });

  test('bytes that are not UTF-8 are found where they stand, in comments too', () => {
    const bad = Buffer.concat([Buffer.from('host.example # ü'), Buffer.from([0xe9, 0x74, 0xe9])]);
    expect(faultOf(bad)).toBe('l:1:17: not UTF-8; save the file as UTF-8, or percent-encode the byte');
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffhost.example\n', 'utf16le'), 'l:1:1: the file is UTF-16; save it as UTF-8'],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 97, 0, 0, 0]), 'l:1:1: the file is UTF-32; save it as UTF-8'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 10, 10]), 'l:1:1: the file is gzip-compressed; unpack it first'],
  ])('a file of another format is one fault: %s', (_, bytes, want) => {
    expect(parse(bytes)).toHaveLength(1);
    expect(faultOf(bytes)).toBe(want);
  });
});

describe('lines', () => {
  test('BOM, CRLF, blanks, comments; ids are line numbers', () => {
    const outcomes = parse(
      '\ufeffa.example\r\n\r\n  # comment\r\n\tb.example # comment\n# c.example\nd.example/x#y   #z',
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      'entry',
      'nothing',
      'nothing',
      'entry',
      'nothing',
      'entry',
    ]);
    const ids = outcomes.flatMap((outcome) =>
      outcome.kind === 'entry' ? [[outcome.entry.id, outcome.entry.host, outcome.entry.list]] : [],
    );
    expect(ids).toEqual([
      [1n, 'a.example', 3],
      [4n, 'b.example', 3],
      [6n, 'd.example', 3],
    ]);
  });

  test('attributes in any order', () => {
    const [outcome] = parse(
      'a.example\treason="court # 7" expires=2027-03-31  test dns steer count#x'.replace('#x', ' #x'),
    );
    expect(outcome).toMatchObject({
      kind: 'entry',
      entry: { dns: true, steer: true, count: true, test: true, expires: 20_908 },
    });
    expect(Date.UTC(2027, 2, 31) / 86_400_000).toBe(20_908);
  });

  test('a day beyond 16 bits is as late as it gets', () => {
    expect(parse('a.example/A;b/C/?Q fold=case,params,slash')[0]).toMatchObject({
      entry: { fold: 7, path: { kind: 'url', path: '/a/c', query: 'Q' } },
    });
    expect(parse('a.example/a.php/x.PHP?Q fold=info')[0]).toMatchObject({
      entry: { fold: 8, path: { kind: 'url', path: '/a.php/x.PHP', query: 'Q' } },
    });
    expect(parse('a.example/A.Php/?* fold=info,slash,case')[0]).toMatchObject({
      entry: { fold: 13, path: { kind: 'page', path: '/a.php' } },
    });
    expect(parse('a.example/A;b/* fold=slash,case')[0]).toMatchObject({
      entry: { fold: 5, path: { kind: 'directory', path: '/a;b/' } },
    });
    expect(parse('a.example expires=9999-12-31')[0]).toMatchObject({ entry: { expires: 65_535 } });
  });
});

describe('allow lists', () => {
  test.each([
    ['a.example', 'l:1:10: an entry of an allow list needs reason="…" and expires=YYYY-MM-DD'],
    ['a.example expires=2027-01-01', 'l:1:10: an entry of an allow list needs reason="…"'],
    ['a.example reason="x"', 'l:1:10: an entry of an allow list needs expires=YYYY-MM-DD'],
    [
      'a.example reason="x" expires=2027-01-01 count',
      "l:1:10: 'count' makes no sense in an allow list: its entries never block",
    ],
    ['a.example reason="x" expires=2027-01-01', 'no fault: entry'],
  ])('%s', (line, want) => {
    expect(faultOf(line, 'allow')).toBe(want);
  });
});

describe('any bytes', () => {
  test('one outcome a line, positions inside the line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const columns = parse(bytes).map((outcome) => (outcome.kind === 'error' ? outcome.diagnostic.column : 1));
        expect(columns.every((column) => column >= 1 && column <= bytes.length + 1)).toBe(true);
      }),
    );
  });

  test("lines made of the grammar's own pieces never throw and give canonical entries", () => {
    const piece = fc.constantFrom(
      'http://',
      'https://',
      '*.',
      '*',
      'host',
      '.example',
      '.',
      ':',
      '80',
      '/',
      '/*',
      '?',
      '?*',
      '#',
      ' ',
      '\t',
      'dns',
      'expires=',
      '2027-01-01',
      'reason=',
      '"',
      '@',
      '[',
      ']',
      '::1',
      '%2F',
      '%',
      'ü',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const [outcome] = parse(pieces.join(''));
        if (outcome?.kind !== 'entry') return;
        const { entry } = outcome;
        expect(entry.host).toMatch(/^[^*/?#\s]+$/);
        const path = entry.path.kind === 'host' ? '/' : entry.path.path;
        expect(path).toMatch(entry.path.kind === 'directory' ? /^\/(?:.*\/)?$/s : /^\//);
      }),
      { numRuns: 2000 },
    );
  });
});
