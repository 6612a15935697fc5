import { describe, expect, test } from '@jest/globals';
import { displayUrl } from '../../src/url/display.ts';
import { splitUrl, withoutWebSocket } from '../../src/url/split.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { testWithCorpus } from '../support/corpora.ts';

/**
 * The published vectors of Safe Browsing v4 (canonicalization), as `urls_test.go` of google/safebrowsing at bbf0d20d26b32d99fd21664677fe31ee9f0f66e3
 * has them too; their own host names are replaced where they are not reserved.
 */
const SAFE_BROWSING: readonly (readonly [string, string | null])[] = [
  ['http://host/%25%32%35', 'http://host/%25'],
  ['http://host/%25%32%35%25%32%35', 'http://host/%25%25'],
  ['http://host/%2525252525252525', 'http://host/%25'],
  ['http://host/asdf%25%32%35asd', 'http://host/asdf%25asd'],
  ['http://host/%%%25%32%35asd%%', 'http://host/%25%25%25asd%25%25'],
  ['http://www.host.example/', 'http://www.host.example/'],
  [
    'http://%31%39%32%2e%30%2e%32%2e%32%36/%2E%73%65%63%75%72%65/%77%77%77%2E%65%78%2E%74%65%73%74/',
    'http://192.0.2.26/.secure/www.ex.test/',
  ],
  [
    'http://192.0.2.11/uploads/%20%20%20%20/.verify/.eBaysecure=update-x;y=z/',
    'http://192.0.2.11/uploads/%20%20%20%20/.verify/.eBaysecure=update-x;y=z/',
  ],
  [
    'http://host%23.test/%257Ea%2521b%2540c%2523d%2524e%25f%255E00%252611%252A22%252833%252944_55%252B',
    'http://host%23.test/~a!b@c%23d$e%25f^00&11*22(33)44_55+',
  ],
  ['http://3221225995/blah', 'http://192.0.2.11/blah'],
  ['http://www.host.example/blah/..', 'http://www.host.example/'],
  ['www.host.example/', 'http://www.host.example/'],
  ['www.host.example', 'http://www.host.example/'],
  ['http://www.host.example/blah#frag', 'http://www.host.example/blah'],
  ['http://www.HOST.example/', 'http://www.host.example/'],
  ['http://www.host.example.../', 'http://www.host.example/'],
  ['http://www.host.example/foo\tbar\rbaz\n2', 'http://www.host.example/foobarbaz2'],
  ['http://www.host.example/q?', 'http://www.host.example/q?'],
  ['http://www.host.example/q?r?', 'http://www.host.example/q?r?'],
  ['http://www.host.example/q?r?s', 'http://www.host.example/q?r?s'],
  ['http://host.example/foo#bar#baz', 'http://host.example/foo'],
  ['http://host.example/foo;', 'http://host.example/foo;'],
  ['http://host.example/foo?bar;', 'http://host.example/foo?bar;'],
  ['http://\u0001\u0080.test/', 'http://%01%80.test/'],
  ['http://notrailingslash.test', 'http://notrailingslash.test/'],
  ['http://www.gotaport.test:1234/', 'http://www.gotaport.test/'],
  ['  http://www.host.example/  ', 'http://www.host.example/'],
  ['http:// leadingspace.test/', 'http://%20leadingspace.test/'],
  ['http://%20leadingspace.test/', 'http://%20leadingspace.test/'],
  ['%20leadingspace.test/', 'http://%20leadingspace.test/'],
  ['https://www.securesite.test/', 'https://www.securesite.test/'],
  ['http://host.test/ab%23cd', 'http://host.test/ab%23cd'],
  ['http://host.test//twoslashes?more//slashes', 'http://host.test/twoslashes?more//slashes'],
  ['', null],
  ['/blah', null],
  ['#ref', null],
  ['?query#ref', null],
  ['http://#ref', null],
  ['http:///blah#ref', null],
  ['http://?query#ref', null],
  ['mailto:someone@host.example', null],
];

describe('displayUrl', () => {
  test.each(SAFE_BROWSING)('%j is %j', (input, want) => {
    expect(displayUrl(input)).toBe(want);
  });

  test.each([
    ['ftp://host.example/', null],
    ['http://host.example:99999/', null],
    ['http://...', null],
    ['HTTP://user:pw@Host.example:80\\a?B', 'http://host.example/a?B'],
    ['http://good.example@evil.example/', 'http://evil.example/'],
    ['host.example:8080/x', 'http://host.example/x'],
    ['http://[::ffff:192.0.2.1]:8080/', 'http://192.0.2.1/'],
    ['http://192.0.2.256/', 'http://192.0.2.256/'],
    [`http://a${' '.repeat(100_000)}b/`, `http://a${'%20'.repeat(100_000)}b/`],
  ])('%j is %j', (input, want) => {
    expect(displayUrl(input)).toBe(want);
  });

  testWithCorpus('is idempotent on real addresses', 'url/benign-urls.txt', (text) => {
    for (const line of text
      .replace('\ufeff', '')
      .split('\n')
      .filter((address) => address !== '')) {
      const form = displayUrl(Buffer.from(line, 'utf8').toString('latin1'));
      if (form !== null) expect(displayUrl(form)).toBe(form);
    }
  });
});

describe('splitUrl', () => {
  test.each([
    ['http://a.example:8080/x?y#z', { scheme: 'http', host: 'a.example', port: 8080, target: '/x?y' }],
    ['https://a.example:', { scheme: 'https', host: 'a.example', port: null, target: '' }],
    ['a.example?q', { scheme: 'http', host: 'a.example', port: null, target: '?q' }],
    ['http://[::1]:80/', { scheme: 'http', host: '[::1]', port: 80, target: '/' }],
    ['http://a.example:0/', null],
    ['javascript:alert(1)', null],
    ['localhost:8080/x', { scheme: 'http', host: 'localhost', port: 8080, target: '/x' }],
    ['a.example:/x', { scheme: 'http', host: 'a.example', port: null, target: '/x' }],
    ['ftp:/a.example/x', null],
    ['ws:/a.example/', null],
    ['ws:', null],
    ['mailto:x@a.example', null],
    ['a.b://c.example/', null],
    ['a.b:c.example/', null],
    ['http:///a.example/', null],
    ['HTTP:\\\\/a.example/', null],
    ['https:/', null],
  ])('%j', (input, want) => {
    expect(splitUrl(input)).toEqual(want);
  });

  // Was a fault: `http:/a.example/` was a host named "http". What browsers do is known to Node's URL.
  describe.each(['http', 'https', 'HTTP', 'hTTpS'])('%s:', (scheme) => {
    const slashes = ['', '/', '//', '\\', '\\\\', '/\\', '\\/', '/\t/', '\n'];
    const rests = [
      'a.example',
      'a.example/',
      'a.example/x?y',
      'a.example:81/',
      'user@a.example/',
      'u:p@a.example:81/x',
      '[::1]/',
      '80',
      '80/',
      'localhost:8080/x',
      '',
      '?x',
      '#x',
      ':80/',
      '@/',
    ];
    test.each(slashes.flatMap((between) => rests.map((rest) => `${scheme}:${between}${rest}`)))(
      '%j as browsers read it',
      (input) => {
        const got = splitUrl(input);
        const url = URL.canParse(input) ? new URL(input) : null;
        const host = got === null ? null : canonicalHost(got.host);
        expect(host).toBe(url === null ? null : url.hostname);
        if (got === null || url === null) return;
        const standard = url.protocol === 'http:' ? 80 : 443;
        expect([`${got.scheme}:`, got.port ?? standard]).toEqual([
          url.protocol,
          url.port === '' ? standard : Number(url.port),
        ]);
        expect(got.target.replace(/^(?!\/)/, '/')).toBe(url.pathname + url.search);
      },
    );
  });
});

test.each([
  ['ws://host.test/ws://x', 'http://host.test/ws://x'],
  ['WS://host.test/', 'http://host.test/'],
  ['wss://host.test/', 'https://host.test/'],
  [' ws://host.test', ' http://host.test'],
  ['ws:80', 'ws:80'],
  ['wsx://host.test/', 'wsx://host.test/'],
  ['http://host.test/?ws://x', 'http://host.test/?ws://x'],
])('withoutWebSocket(%j) is %j', (url, want) => {
  expect(withoutWebSocket(url)).toBe(want);
});
