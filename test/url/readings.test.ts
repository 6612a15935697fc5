import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeFully } from '../../src/url/bytes.ts';
import { isAmbiguous } from '../../src/url/dot-segments.ts';
import { FOLD, foldedPath } from '../../src/url/fold.ts';
import { canonicalPath, rootedPath } from '../../src/url/path.ts';
import { MAX_PATH_KEYS } from '../../src/url/path-key-set.ts';
import { readingName } from '../../src/url/reading-axes.ts';
import { readings } from '../../src/url/readings.ts';
import { MAX_STEPS } from '../../src/url/steps.ts';
import { pathKeys, RawPath } from '../../src/url/path-keys.ts';
import { slowReadings } from '../support/reference/path-readings.ts';
import { byteString, escapeRich } from './arbitraries.ts';
import { share, shareOf } from '../support/share.ts';

function keysOf(raw: string, fold = 0): readonly string[] {
  return pathKeys(raw, fold)?.paths ?? ['refused'];
}

/** Everything that origins read differently, close together. */
const tricky = fc
  .array(
    fc.constantFrom(
      '/',
      '//',
      '\\',
      '%5c',
      '%5C',
      '%255c',
      '%2f',
      '%252F',
      '%25252f',
      '.',
      '..',
      '%2e',
      '%2E.',
      '%252e',
      ';',
      ';x',
      '%3b',
      '%3f',
      'a',
      'b',
      'page',
      '%',
      '%2',
      '@',
      ':',
      '!',
      '%61',
      '%%32f',
      '%0a',
      '%20',
    ),
    { maxLength: 14 },
  )
  .map((parts) => `/${parts.join('')}`);

describe('isAmbiguous', () => {
  test.each([
    '/..',
    '/../a',
    '/a/..',
    '/a/../b',
    '/a\\..',
    '/a\\..\\b',
    '//',
    '//a',
    '/\\a',
    '\\\\a',
    '/.',
    '/./a',
    '/a/.',
    '/.;x/a',
    '/a/..;x',
    '/...;x/b',
    '/...',
  ])('%s is', (decoded) => {
    expect(isAmbiguous(decoded)).toBe(true);
  });

  test.each([
    '',
    '/',
    '/a',
    '/a/',
    '/a//b',
    '/a\\b',
    '/.a',
    '/a./b',
    '/..a',
    '/a..',
    '/a..b/c',
    '/a;..',
    '/a;x/b',
    '/a.;x',
    '/...a',
  ])('%s is not', (decoded) => {
    expect(isAmbiguous(decoded)).toBe(false);
  });
});

describe('pathKeys', () => {
  /** What an audit read listed pages by: who served them, and the key that an entry has. */
  test.each([
    { raw: '/q%5cy%2f..%2fpage', key: '/page', who: 'nginx, PHP, Express, Python' },
    { raw: '/q%252fy%2f..%2fpage', key: '/page', who: 'nginx, PHP, Express, Python' },
    { raw: '/q%5cy/../page', key: '/page', who: 'nginx, Apache, PHP, Express, Python' },
    { raw: '/dir/%252e%252e/x', key: '/dir/../x', who: 'nginx try_files, Apache fallback, PHP, Express' },
    { raw: '/dir/a%5c..%5c..%5cx', key: '/dir/a/../../x', who: 'nginx try_files, Apache fallback, PHP, Express' },
    { raw: '/dir//../x', key: '/dir/x', who: 'Express, new URL' },
    { raw: '/dir/fine/q%5cy%2f..%2f..%2fz', key: '/dir/z', who: 'nginx' },
    { raw: '//x/page', key: '/page', who: 'new URL, PHP parse_url' },
    { raw: '/\\x/page', key: '/page', who: 'new URL' },
    { raw: '/%2fx/page', key: '/page', who: 'new URL behind nginx that hands on what it decoded' },
    { raw: '/%5cx/a%2fb/../page', key: '/page', who: 'new URL(decodeURI(target), base)' },
    { raw: '/p%2fa/.%252e/page', key: '/page', who: 'new URL(decodeURI(target), base)' },
    { raw: '/x%2fy%5c../dir/', key: '/dir/', who: 'new URL(decodeURI(target), base)' },
    { raw: '/%255cx%2fpage', key: '/page', who: 'new URL of what was decoded twice' },
    { raw: '//x%2fpage', key: '/page', who: 'new URL of what was decoded' },
    { raw: '//u@h%61:8/page', key: '/a:8/page', who: 'url.parse' },
    // Were misses: `npx serve` read listed pages by them.
    { raw: '//a@%2f@%2fpage', key: '/page', who: 'url.parse, to which the last @ counts' },
    { raw: '//a%2f@!%2fpage', key: '/page', who: 'url.parse of Node 20 and later' },
    { raw: "//a%2f@b'%2f..%2fpage", key: '/page', who: 'url.parse, then a file server' },
    {
      raw: '//a\\@/a\\..',
      key: '/',
      who: 'who ends an authority at a slash only, and takes a backslash for one later',
    },
    { raw: '/.//a\\dir/', key: '/dir/', who: 'new URL behind nginx that hands on $uri' },
    { raw: '/dir/../x', key: '/dir/../x', who: 'Express app.use, Go handlers' },
    { raw: '/dir/./fine/page', key: '/dir/./fine/page', who: 'Express app.use, Go handlers' },
    { raw: '/x%2fy/../z%2f..%2fpage', key: '/page', who: 'Apache AllowEncodedSlashes On' },
    { raw: '/.;a/page', key: '/page', who: 'Tomcat' },
    { raw: '/page//.;a%2fpage', key: '/page/', who: 'Tomcat' },
    { raw: '/page/.', key: '/page', who: 'path.join' },
    { raw: '/deep/page/x/..', key: '/deep/page', who: 'path.join' },
    { raw: '/l%5ca/%\\../%2f../page', key: '/page', who: 'new URL, then path.join' },
    {
      raw: '/q/q\\y/../.%252e\\dir/',
      key: '/dir/',
      who: 'new URL(decodeURI(target), base) behind nginx that hands on $uri',
    },
  ])('$raw is $key to $who', ({ raw, key }) => {
    expect(keysOf(raw)).toContain(key);
  });

  // Were misses: CodeIgniter 3 and Mongoose (in C) take dot segments out and nothing with them.
  test.each([
    { raw: '/deep/../er/page', key: '/deep/er/page' },
    { raw: '/deep/../../er//page', key: '/deep/er/page' },
    { raw: '/../deep/..%2f./er/page/..', key: '/deep/er/page' },
    { raw: '/deep/%252e%252E/er/page', key: '/deep/er/page' },
    { raw: '/deep\\..\\er/page/../', key: '/deep/er/page/' },
    { raw: '/deep/;a/..;b/er/page', fold: FOLD.params, key: '/deep/er/page' },
    { raw: '/./dir/..', key: '/dir/' },
    { raw: '/.\\dir/%2e', key: '/dir/' },
    { raw: '/..', key: '/' },
  ])('$raw is $key to who takes dots out', ({ raw, key, fold = 0 }) => {
    expect(keysOf(raw, fold)).toContain(key);
  });

  // explain said of such a key that the canonical form has it.
  test('no reading but the canonical form has its name', () => {
    const keys = pathKeys('/deep/er%25255ca\\.%5c%2f../p\\a/../pag%65', 0);
    expect(keys?.paths).toContain('/deep/er/page');
    expect(keys?.axes.filter((axes) => axes === 0)).toEqual([0]);
  });

  // Was a miss: what stands behind the first `;` is the query, slashes and dots too, to Fastify up to version 4, and to Restify.
  test.each([
    { raw: '/page;/x', fold: FOLD.params, key: '/page' },
    { raw: '/page;x/y', fold: FOLD.params, key: '/page' },
    { raw: '/dir/%78;a/b;c', fold: FOLD.params, key: '/dir/x' },
    { raw: '/page;/../x', fold: 0, key: '/page' },
    { raw: '/dir/../x;/..', fold: FOLD.params, key: '/dir/../x' },
  ])('$raw is $key where ; begins the query (fold $fold)', ({ raw, fold, key }) => {
    expect(keysOf(raw, fold)).toContain(key);
  });

  // Were misses: Tomcat behind Apache httpd or lighttpd, which decode `%3B` and take `%2F` for a letter.
  test.each([
    { raw: '/deep%3b/er/page;%2f', key: '/deep/er/page' },
    { raw: '/page%3b%2f', key: '/page' },
    { raw: '/;%2fa/dir%3b/', key: '/dir/' },
    { raw: '/y/..%3b/page;%2f', key: '/page' },
    { raw: '/x/a%2fy/../..%3b/page', key: '/page' },
    { raw: '/e%2fy/../page%3b', key: '/page' },
    { raw: '/a%2fq/%2e./dir%3b/', key: '/dir/' },
    { raw: '/@%2fy/../;%2Fdir/', key: '/dir/' },
    { raw: '/deep/er/x%2fy/../page%3b', key: '/deep/er/page' },
    { raw: '/a//x%2fa/../..;%2fpage', key: '/page' },
    // The server in front takes `\\` for a slash, and keeps `%2f`, which ended the parameter where all is decoded.
    { raw: '/;%2fx\\page', key: '/page' },
    { raw: '/x;%2fy%5cpage', key: '/x/page' },
  ])('$raw is $key to a server in front, and to Tomcat behind it', ({ raw, key }) => {
    expect(keysOf(raw, FOLD.params)).toContain(key);
  });

  // Were misses: who gave out listed pages for them is in src/url/other-texts.ts.
  test.each([
    { raw: '/q/x%252fy/..%%32f../page', key: '/page' },
    { raw: '/q%252fa/..%%32fdir/', key: '/dir/' },
    { raw: '/q%252fa/..%2%46dir/', key: '/dir/' },
    { raw: '/%u0070age', key: '/page' },
    { raw: '/x/%u002e%u002E/page', key: '/page' },
    { raw: '/dir%u002fx', key: '/dir/x' },
    { raw: '/%ud83d%ude00%u00e9', key: '/%F0%9F%98%80%C3%A9' },
    { raw: '/page%00', key: '/page' },
    { raw: '/x/..%00/y/../page%00', key: '/' },
    { raw: '/page%u0000x', key: '/page' },
    { raw: '/page%', key: '/page' },
    { raw: '/x/..%/%7', key: '/x/..%25/' },
    { raw: '/dir/%2E%2e%E', key: '/' },
    { raw: '/.../page', key: '/page' },
    { raw: '/page/...', key: '/page' },
    { raw: '/x/.%2E..%5c../page', key: '/page' },
    { raw: '/page%0a', key: '/page' },
    { raw: '/page%20%1F', key: '/page' },
    { raw: '/page%0%61', key: '/page' },
    { raw: '/page%u000a', key: '/page' },
    { raw: '/pa%0Dge%09', key: '/page' },
    { raw: '/x/.%0A./page', key: '/page' },
    { raw: '/deep/..%0a/../page%0a', key: '/deep/page' },
    { raw: '/page%00x%20', key: '/page' },
    { raw: '/page%2500', key: '/page' },
    { raw: '/page%250a', key: '/page' },
    { raw: '/pa%250dge', key: '/page' },
    { raw: '/%25u0070age', key: '/page' },
    { raw: '/%252e../page', key: '/page' },
    { raw: '/%25page', key: '/page' },
    { raw: '/page%25', key: '/page' },
    { raw: '/page%25%20', key: '/page' },
    { raw: '/q/q\\y/../..%255cdir/', key: '/dir/' },
    { raw: '/pa%254%2fge', key: '/page' },
    { raw: '/x/..%25%2f/page', key: '/page' },
  ])('$raw is $key to a few servers', ({ raw, key }) => {
    expect(keysOf(raw)).toContain(key);
  });

  test('a path that ends in very many half escapes is read in two ways', () => {
    expect(keysOf(`/page${'%'.repeat(5000)}`)).toEqual([`/page${'%25'.repeat(5000)}`, `/page${'%25'.repeat(4999)}`]);
  });

  test('a long path with a text of its own is read, one with very many is refused before all of them are made', () => {
    const long = 'a%41'.repeat(2000);
    expect(keysOf(`/${long}%`)).toHaveLength(2);
    expect(pathKeys(`/%%32f%u0061/.../${long}%00`, 0)).toBeNull();
    expect(pathKeys('/%%32f%u0061/a%41%00', 0)).not.toBeNull();
  });

  test('three servers in a row make seven texts of a path', () => {
    expect(keysOf('/%u0061/..../b%00').toSorted()).toEqual(
      [
        '/%25u0061/..../b%00',
        '/a/..../b%00',
        '/a/..../b',
        '/a/b',
        '/a/b%00',
        '/%25u0061/..../b',
        '/%25u0061/b',
        '/%25u0061/b%00',
        // Who resolves no dots.
        '/a/./b',
        '/a/./b%00',
        '/%25u0061/./b',
        '/%25u0061/./b%00',
      ].toSorted(),
    );
  });

  test.each([
    '/%u00',
    '/%u00g0',
    '/%U0070age',
    '/%0/',
    '/%/x',
    '/%g',
    '/u0070',
    '/a.../b',
    '/...a/b',
    '/a%20b',
    '/page%2521',
    '/page%21',
    '/\u00A0page',
    '/%2570age',
    '/%20/page',
    '/page+',
  ])('%s has no such text', (raw) => {
    expect(keysOf(raw)).toEqual([canonicalPath(raw)]);
  });

  test.each(['/a/b', '/a%2fb', '/a//b', '/a\\b', '/a%252fb/', '/.well-known/x', '/a..b/', '/a;x/b', '', 'a/b'])(
    '%s has one key',
    (raw) => {
      expect(keysOf(raw)).toEqual([canonicalPath(raw)]);
    },
  );

  test('a key that several readings give under a fold has the name of the first', () => {
    let merged = 0;
    fc.assert(
      fc.property(tricky, (raw) => {
        const [plain, folded] = [pathKeys(raw, 0), pathKeys(raw, FOLD.slash)];
        if (plain === null || folded === null) return;
        const first = new Map<string, number>();
        plain.paths.forEach((path, i) => {
          const key = path.replace(/(?<=.)\/$/, '');
          if (first.has(key)) merged += 1;
          else first.set(key, plain.axes[i] ?? -1);
        });
        expect([folded.paths, folded.axes]).toEqual([[...first.keys()], [...first.values()]]);
      }),
      { numRuns: 500 },
    );
    expect(merged).toBeGreaterThan(0);
  });

  test('the canonical form comes first, keys are distinct and printable, and each has the name of a reading', () => {
    let ambiguous = 0;
    fc.assert(
      fc.property(fc.oneof(tricky, byteString, escapeRich), fc.nat(7), (raw, fold) => {
        const keys = pathKeys(raw, fold);
        if (keys === null) return;
        if (keys.paths.length > 1) ambiguous += 1;
        expect(keys.paths.length).toBeLessThanOrEqual(MAX_PATH_KEYS);
        expect(new Set(keys.paths).size).toBe(keys.paths.length);
        expect(keys.axes).toHaveLength(keys.paths.length);
        for (const path of keys.paths) expect(path).toMatch(/^\/[!-~]*$/);
        if ((fold & FOLD.params) === 0) expect(keys.paths[0]).toBe(foldedPath(canonicalPath(raw), fold));
        for (const axes of keys.axes.slice(1)) expect(readingName(axes)).toMatch(/^as .+ reads? it: ./);
      }),
      { numRuns: shareOf(4000, 3) },
    );
    expect(ambiguous).toBeGreaterThan(60);
  });

  test('gives the keys that whole strings give, or refuses because they are more than are looked up', () => {
    let compared = 0;
    let tooLaborious = 0;
    fc.assert(
      fc.property(tricky, fc.constantFrom(0, FOLD.case, FOLD.params, FOLD.slash, 7), (raw, fold) => {
        if (
          !isAmbiguous(decodeFully(raw)) &&
          !/%u00|%0[09ad]|%2?(?:%|$)|(?:%(?!00)[01][0-9a-f]|%20)$|(?:\.|%2e){3}/i.test(raw)
        )
          return;
        const wanted = new Set(
          [...slowReadings(raw, (fold & FOLD.params) === 0 ? 'both' : 'params')].map((path) =>
            foldedPath(rootedPath(path), fold),
          ),
        );
        const keys = pathKeys(raw, fold);
        compared += 1;
        if (keys === null && wanted.size <= MAX_PATH_KEYS) tooLaborious += 1;
        else
          expect(keys === null ? 'refused' : new Set(keys.paths)).toEqual(
            wanted.size > MAX_PATH_KEYS ? 'refused' : wanted,
          );
      }),
      { numRuns: shareOf(6000, 3) },
    );
    expect(compared).toBeGreaterThan(600);
    expect(tooLaborious).toBeLessThan(compared / 33);
  });

  test('gives the keys that whole strings give, also of paths with the name of a program in PHP', () => {
    let compared = 0;
    const script = fc.constantFrom(
      '/index.php/',
      '/index%2Ephp',
      '/index.php%2f',
      '%2f%69ndex.ph%70//',
      '/index.php/index.php/',
    );
    const fold = fc.constantFrom(0, FOLD.case, FOLD.slash);
    fc.assert(
      fc.property(fc.constantFrom('', '/a', '/..', '//b', '/%'), script, tricky, fold, (head, name, tail, asked) => {
        const raw = `${head}${name}${tail}`;
        const keys = pathKeys(raw, asked);
        if (keys === null) return;
        compared += 1;
        const wanted = [...slowReadings(raw, 'both')].map((path) => foldedPath(rootedPath(path), asked));
        expect(new Set(keys.paths)).toEqual(new Set(wanted));
      }),
      { numRuns: shareOf(2000, 2) },
    );
    expect(compared).toBeGreaterThan(250);
  });

  test.each([
    ['64 pieces', `/..${'/a'.repeat(63)}`, 64],
    ['65 pieces', `/..${'/a'.repeat(64)}`, null],
    ['2,048 bytes', `/../${'a'.repeat(2044)}`, 1],
    ['2,049 bytes', `/../${'a'.repeat(2045)}`, null],
  ])('%s', (_name, raw, wanted) => {
    expect(pathKeys(raw, 0) === null).toBe(wanted === null);
  });

  test.each([
    String.raw`//h%2f/..%5c..\..//%252e%252e/${'a'.repeat(1900)}`,
    `/${String.raw`x%2f.%5c\a//.%252f.%255c`.repeat(12)}`,
  ])('%s has few keys and takes too many steps', (raw) => {
    expect(slowReadings(raw, 'both').size).toBeLessThan(MAX_PATH_KEYS);
    expect(pathKeys(raw, 0)).toBeNull();
  });

  test('a path takes its steps: with as many it is read, with one less it is refused', () => {
    const raw = '/a/%2e%2e/b%2f..//c';
    const isRead = (left: number): boolean => readings.of(raw, 0, { left }) !== null;
    const budget = { left: 1_000_000 };
    expect(readings.of(raw, 0, budget)).not.toBeNull();
    const taken = 1_000_000 - budget.left;
    expect([isRead(taken), isRead(taken - 1)]).toEqual([true, false]);
  });

  test('all that is read of a request takes no more than its steps', () => {
    expect(MAX_STEPS).toBe(11_000);
    const raw = (length: number): string => String.raw`//h%2f/..%5c..\..//%252e%252e/${'a'.repeat(length)}`;
    const taken = (length: number): number => {
      const budget = { left: 1_000_000 };
      readings.of(raw(length), 0, budget);
      return 1_000_000 - budget.left;
    };
    const all = Array.from({ length: 1900 }, (_, i) => i);
    const lengths = share(all, 8);
    expect(lengths.map(taken).some((steps) => steps > MAX_STEPS)).toBe(true);
    expect(lengths.filter((length) => (pathKeys(raw(length), 0) === null) !== taken(length) > MAX_STEPS)).toEqual([]);
  });

  test('folds of one path share its readings', () => {
    const path = new RawPath('/A/../B/;x/C/');
    for (const fold of [0, FOLD.case, FOLD.params, FOLD.slash, 7])
      expect(path.keysUnder(fold)).toEqual(pathKeys('/A/../B/;x/C/', fold));
  });

  test('under which folds a path was asked for before makes no difference, where only another text of it has a parameter', () => {
    const path = new RawPath('/page%u003bx');
    path.keysUnder(0);
    expect(path.keysUnder(FOLD.params)).toEqual(pathKeys('/page%u003bx', FOLD.params));
    expect(keysOf('/page%u003bx', FOLD.params)).toContain('/page');
  });

  test('long and deep paths that nobody reads differently are not bounded here', () => {
    expect(keysOf(`${'/a'.repeat(500)}/%41`)).toEqual([`${'/a'.repeat(500)}/A`]);
    expect(keysOf(`/${'a'.repeat(5000)}`)).toHaveLength(1);
  });

  test('a path whose parts everybody reads differently has too many', () => {
    expect(
      pathKeys(
        String.raw`/\%252e%252e..%2f//%252e%252e%5c/%2f/b%25252f%2e%2e%2e%2e\/..//a%252F/a%2f%252F;x\/%2e%2e`,
        0,
      ),
    ).toBeNull();
  });
});
