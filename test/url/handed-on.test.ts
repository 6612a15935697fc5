import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { handedOn } from '../../src/url/handed-on.ts';
import { byteString, escapeRich } from './arbitraries.ts';

function textsOf(raw: string): ReadonlySet<string> {
  return new Set(handedOn(raw));
}

describe('handedOn', () => {
  test.each([
    { raw: '/a;b', texts: ['/a;b'], who: 'everybody' },
    { raw: '/page%3b%2f', texts: ['/page;/', '/page;%2f'], who: 'nginx, and Apache with NoDecode' },
    { raw: '/q/..%3b/../page', texts: ['/q/..;/../page', '/q/page'], who: 'nginx' },
    {
      raw: '/@%2Fy/../;%2Fdir/',
      texts: ['/@/y/../;/dir/', '/@/;/dir/', '/@%2Fy/../;%2Fdir/', '/;%2Fdir/', '/;/dir/'],
      who: 'Apache with On',
    },
    {
      raw: '/a%2fb/%2e%2E/c',
      texts: ['/a/b/../c', '/a/c', '/a%2fb/../c', '/c'],
      who: 'Apache, to which an escaped dot is one',
    },
    {
      raw: '/a%5c..%2f',
      texts: ['/a\\../', '/', '/a\\..%2f', '/a/..%2f', '/a\\../'],
      who: 'those to whom a backslash is a slash',
    },
    {
      raw: '/q;\\%2e.\\page',
      texts: ['/q;\\..\\page', '/page'],
      who: 'Node with new URL',
    },
  ])('$raw becomes $texts ($who)', ({ raw, texts }) => {
    expect([...textsOf(raw)].toSorted()).toEqual([...new Set(texts)].toSorted());
  });

  test('what stands for a delimiter stays an escape', () => {
    expect([...textsOf('/a%3f%2f%253f')]).toEqual(['/a%3f/%3f', '/a%3f%2f%3f']);
  });

  test('fourteen texts at most, none longer than what came and a slash', () => {
    let most = 0;
    fc.assert(
      fc.property(
        fc.oneof(byteString, escapeRich),
        fc.constantFrom('', '//', '\\', '%2f', '//..\\%2f'),
        (start, end) => {
          const raw = `/${start}${end}`;
          const texts = [...handedOn(raw)];
          most = Math.max(most, texts.length);
          expect(texts.every((text) => text.length <= raw.length + 1)).toBe(true);
        },
      ),
    );
    expect(most).toBe(14);
  });
});
