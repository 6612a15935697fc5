import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalTarget,
  canonicalTargetInFull,
  directoryDepth,
  plainTarget,
  resolvedDots,
  unfoldedPath,
} from '../../src/url/path.ts';
import { byteString, chooser, choices, escapeRich, segmentText, spelledByte } from './arbitraries.ts';

function keyOf(target: string): string {
  const { path, query } = canonicalTarget(target);
  return query === null ? path : `${path}?${query}`;
}

describe('unfoldedPath', () => {
  test.each([
    { raw: '/a b\x00\x7f\xff', want: '/a%20b%00%7F%FF' },
    { raw: '/%2f%c3%A9//../.\\;x', want: '/%2F%C3%A9//../.\\;x' },
    { raw: 'a', want: '/a' },
    { raw: '', want: '/' },
  ])('$raw is $want: nothing but escaped', ({ raw, want }) => {
    expect(unfoldedPath(raw)).toBe(want);
  });
});

describe('resolvedDots', () => {
  // Segment by segment, as a list.
  const plainly = (path: string, merged: boolean): string => {
    if (path.startsWith('/') && !path.includes('/.') && !(merged && path.includes('//'))) return path;
    const segments = (path.startsWith('/') ? path.slice(1) : path).split('/');
    const kept: string[] = [];
    for (const [i, segment] of segments.entries()) {
      if (segment === '..') kept.pop();
      else if (segment !== '.' && !(segment === '' && (merged || i === segments.length - 1))) kept.push(segment);
    }
    const isDirectory = ['', '.', '..'].includes(segments.at(-1) ?? '');
    return kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`;
  };

  test.each([true, false])('is what a list of segments gives, runs of slashes merged: %s', (merged) => {
    const paths = fc
      .array(fc.constantFrom('/', '/', '.', '..', 'a', 'b.c'), { maxLength: 24 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(paths, (path) => expect(resolvedDots(path, merged)).toBe(plainly(path, merged))),
      { numRuns: 2000 },
    );
  });

  test('many slashes and backslashes are one, whatever else is in the path', () => {
    expect(keyOf(`/a${'\\'.repeat(16_000)}b${'/'.repeat(100)}\xff\\.`)).toBe('/a/b/%FF/');
  });
});

describe('canonicalTarget', () => {
  test.each([
    { name: 'empty path', input: '', want: '/' },
    { name: 'query without a path', input: '?x', want: '/?x' },
    { name: 'no leading slash', input: 'a/b', want: '/a/b' },
    { name: 'plain', input: '/a/b.html?x=1', want: '/a/b.html?x=1' },
    { name: 'empty query is none', input: '/q?', want: '/q' },
    { name: 'a query may hold a question mark', input: '/q?r?s', want: '/q?r?s' },
    { name: 'query of one question mark', input: '/q??', want: '/q??' },
    { name: 'fragment goes', input: '/a#b?c', want: '/a' },
    { name: 'fragment leaves an empty query', input: '/a?#b', want: '/a' },
    { name: 'escaped hash stays', input: '/a%23b', want: '/a%23b' },
    { name: 'repeated escapes', input: '/%25%34%31', want: '/A' },
    { name: 'bad escapes', input: '/%zz%', want: '/%25zz%25' },
    { name: 'escaped slash', input: '/a%2Fb%2f%2fc', want: '/a/b/c' },
    { name: 'backslashes, escaped too', input: '\\a\\b%5Cc', want: '/a/b/c' },
    { name: 'backslash in a query stays', input: '/a?b\\c', want: '/a?b\\c' },
    { name: 'duplicate slashes', input: '//a///b//', want: '/a/b/' },
    { name: 'slashes in a query stay', input: '/a?b//c/../d', want: '/a?b//c/../d' },
    { name: 'dot segments', input: '/a/./b/../c/..', want: '/a/' },
    { name: 'escaped dot segments', input: '/a/%2e%2E/b', want: '/b' },
    { name: 'dots above the root', input: '/../../a', want: '/a' },
    { name: 'slashes collapse before dots climb', input: '/a//../b', want: '/b' },
    { name: 'three dots are a name', input: '/.../.a/b.', want: '/.../.a/b.' },
    { name: 'raw tab, CR, LF vanish', input: '/f\to\r\no?a\nb', want: '/foo?ab' },
    { name: 'escaped tab stays', input: '/a%09b', want: '/a%09b' },
    { name: 'escape put together by a vanishing tab', input: '/%4\t1', want: '/A' },
    { name: 'space and high bytes', input: '/ \u00e9\u007f', want: '/%20%E9%7F' },
    { name: 'NUL', input: '/%00', want: '/%00' },
    { name: 'escaped question mark is not one', input: '/a%3fb?c%253Fd', want: '/a%3Fb?c%3Fd' },
    { name: 'path case is kept', input: '/A', want: '/A' },
  ])('$name', ({ input, want }) => {
    expect(keyOf(input)).toBe(want);
  });

  test.each([
    ['/a', '/A'],
    ['/a?b=1&c=2', '/a?c=2&b=1'],
    ['/a?b+c', '/a?b%20c'],
    ['/a+b', '/a%20b'],
    ['/a%3Fb', '/a?b'],
    ['/dir', '/dir/'],
    ['/caf%C3%A9', '/caf%E9'],
    ['/a;b', '/a'],
    ['/a?b', '/a?b&'],
    ['/a%09', '/a'],
  ])('%j and %j stay distinct', (one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  test('is idempotent and total, and its form is printable ASCII', () => {
    fc.assert(
      fc.property(fc.oneof(byteString, escapeRich), (text) => {
        const key = keyOf(text);
        expect(keyOf(key)).toBe(key);
        expect(key).toMatch(/^\/[!-~]*$/);
      }),
      { numRuns: 3000 },
    );
  });

  test('the fast path is taken for plain targets and agrees with the full treatment', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          byteString,
          escapeRich,
          fc.webPath(),
          fc.webQueryParameters().map((query) => `/x?${query}`),
        ),
        (text) => {
          if (plainTarget(text) !== null) taken += 1;
          expect(canonicalTarget(text)).toEqual(canonicalTargetInFull(text));
        },
      ),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  test('every spelling that is folded has the same key', () => {
    fc.assert(
      fc.property(
        fc.array(segmentText, { maxLength: 5 }),
        fc.boolean(),
        fc.option(segmentText),
        choices,
        (segments, directory, query, numbers) => {
          const path = `/${segments.join('/')}${directory && segments.length > 0 ? '/' : ''}`;
          const want = `${path}${query === null ? '' : `?${query}`}`;
          expect(keyOf(want)).toBe(want);
          expect(keyOf(respelled(path, query, chooser(numbers)))).toBe(want);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('a changed, added or dropped character is another key', () => {
    fc.assert(
      fc.property(
        fc.array(segmentText, { minLength: 1, maxLength: 4 }),
        fc.option(segmentText),
        fc.nat(),
        fc.constantFrom(...'qQ7+*'),
        (segments, query, position, character) => {
          const target = `/${segments.join('/')}${query === null ? '' : `?${query}`}`;
          const at = 1 + (position % (target.length - 1));
          const changed = [
            `${target.slice(0, at)}${character}${target.slice(at)}`,
            `${target.slice(0, at)}${character}${target.slice(at + 1)}`,
          ];
          for (const other of changed) if (other !== target) expect(keyOf(other)).not.toBe(keyOf(target));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('directoryDepth', () => {
  test.each([
    ['/', 0],
    ['/a/', 1],
    ['/a/b/c/', 3],
  ])('%s is %d', (path, depth) => {
    expect(directoryDepth(canonicalTarget(path).path)).toBe(depth);
  });
});

/** The same key in other letters: each choice is one of the foldings of the contract. */
function respelled(path: string, query: string | null, next: () => number): string {
  const spelledPath = [...path]
    .map((character) => (character === '/' ? spelledSlash(next()) : spelled(character, next())))
    .join('');
  const spelledQuery =
    query === null
      ? ['', '?', '?\t'][next() % 3]!
      : `?${[...query].map((character) => spelled(character, next())).join('')}`;
  return `${spelledPath}${spelledQuery}${['', '#', '#frag?ment/', '\n'][next() % 4]!}`;
}

function spelledSlash(choice: number): string {
  return ['/', '/', '//', '/./', '/%2e/', '/x/../', '\\', '%2F', '%255c', '/\t', '/y%2F..\\', '/.//'][choice]!;
}

function spelled(character: string, choice: number): string {
  return choice < 8
    ? spelledByte(character.charCodeAt(0), choice % 4)
    : `${character}${['\t', '\r', '\n', ''][choice - 8]!}`;
}
