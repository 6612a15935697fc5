/** Where a list may come from, and which keys go with it: every fault at its key. */
import { describe, expect, test } from '@jest/globals';
import { isTufSource, listSources, sourceViolations } from '../../src/config/list-source.ts';

const faults = (list: object): readonly string[] =>
  sourceViolations(list, ['lists', 0]).map(({ path, message }) => `${path.join('.')}: ${String(message)}`);

describe('a source', () => {
  test.each([
    './own.txt',
    '/etc/cleanfeed/own.txt',
    'own list.txt',
    './own?.txt',
    './own=1?.txt',
    'file:///etc/cleanfeed/own%3Fa=b.txt',
    'file:///etc/cleanfeed/own.txt',
    'https://lists.example/national.txt',
    'HTTPS://lists.example/national.txt',
    'https://lists.example:8443/national.txt?x=1',
  ])('%s', (source) => {
    expect(faults({ source })).toEqual([]);
  });

  test.each([
    ['http://lists.example/a.txt', /plain http could be modified in transit/],
    ['HTTP://lists.example/a.txt', /plain http/],
    ['ftp://lists.example/a.txt', /not from 'ftp:'$/],
    ['tuf+http://lists.example/', /not from 'tuf\+http:'$/],
    ['https://user:secret@lists.example/a.txt', /contains a user name or password/],
    ['https://user@lists.example/a.txt', /contains a user name or password/],
    ['https://[::1/a.txt', /is not a URL/],
    ['https://', /is not a URL/],
    // RFC 8089: a file of another machine.
    ['file://server.example/own.txt', /is not a file: URL of this machine/],
    ['file:///own%2Flist.txt', /is not a file: URL of this machine/],
    // Were taken for paths: the token stood in the fault of the file that was not there, in the log and in the status.
    ['lists.example/list.txt?token=secret', /is a path with the query of a URL; a URL begins with https:/],
    ['//lists.example/list.txt?token=secret', /is a path with the query of a URL/],
    ['https//lists.example/list.txt?token=secret', /is a path with the query of a URL/],
    ['./list.txt?token=', /is a path with the query of a URL/],
  ])('not %s', (source, message) => {
    expect(faults({ source })).toEqual([expect.stringMatching(message)]);
    expect(faults({ source })[0]).toMatch(/^lists\.0\.source: /);
  });

  test('a password is never in a message', () => {
    expect(faults({ source: 'https://user:secret@lists.example/a.txt' }).join()).not.toContain('secret');
    expect(faults({ source: 'tuf+https://user:secret@lists.example/', root: 'r', identity: 'i' }).join()).not.toContain(
      'secret',
    );
  });
});

describe('a protected list', () => {
  const LIST = { source: 'tuf+https://lists.example/isp-a/', root: './root.json', identity: './node.age' };

  test('with all that it needs', () => {
    expect(faults(LIST)).toEqual([]);
    expect(faults({ ...LIST, mirrors: ['tuf+file:///srv/isp-a/'], delay: '1h', witnesses: [] })).toEqual([]);
    expect(faults({ ...LIST, source: 'TUF+file:///srv/isp-a/' })).toEqual([]);
  });

  test('without a root, or an identity', () => {
    expect(faults({ source: LIST.source })).toEqual([
      'lists.0.source: a protected list needs root',
      'lists.0.source: a protected list needs identity',
    ]);
    expect(faults({ ...LIST, root: null })).toEqual(['lists.0.source: a protected list needs root']);
  });

  // Was a fault: with `then: drop` the list was not in force for most of each day.
  test.each([
    { interval: '1d', after: '1h', want: true },
    { interval: '1d', after: '47h', want: true },
    { interval: '1d', after: '2d', want: false },
    { interval: 43_200, after: '23h', want: true },
    { interval: 'often', after: '1h', want: false },
    { interval: null, after: '1h', want: false },
  ])('asked every $interval, and gone after $after: $want', ({ interval, after, want }) => {
    expect(faults({ ...LIST, interval, ifPublisherGone: { after } })).toEqual(
      want
        ? [
            'lists.0.ifPublisherGone.after: is shorter than two of `interval`: the publisher would count as gone between two questions',
          ]
        : [],
    );
  });

  // Was a fault: each key that goes with another source was one more.
  test.each([
    { source: 'http://l.example/isp-a/', what: /plain http/ },
    { source: 'tuf+http://l.example/isp-a/', what: /not from 'tuf\+http:'$/ },
    { source: 'tufhttps://l.example/isp-a/', what: /not from 'tufhttps:'$/ },
  ])('$source is one fault, whatever goes with it', ({ source, what }) => {
    const more = { ca: 'ca.pem', auth: { bearer: 'credential:a' }, delay: '1h' };
    expect(faults({ ...LIST, ...more, source })).toEqual([expect.stringMatching(what)]);
    expect(faults({ ...LIST, ...more, mirrors: [source] })).toEqual([expect.stringMatching(what)]);
  });

  test('a mirror that signs nothing', () => {
    expect(faults({ ...LIST, mirrors: ['tuf+https://b.example/', 'https://c.example/'] })).toEqual([
      'lists.0.mirrors.1: a mirror is a tuf+https: or tuf+file: URL',
    ]);
    expect(faults({ ...LIST, mirrors: ['tuf+https://user:secret@b.example/'] })).toEqual([
      expect.stringMatching(/^lists\.0\.mirrors\.0: .*user name or password/),
    ]);
  });
});

test('keys that mean nothing to a source: whoever wrote them means something that would not happen', () => {
  expect(faults({ source: './own.txt', ca: './ca.pem', auth: { bearer: './t' }, identity: './i' })).toEqual([
    'lists.0.ca: belongs to a source over https',
    'lists.0.auth: belongs to a source over https',
    'lists.0.identity: belongs to a tuf+https: or tuf+file: source',
  ]);
  expect(faults({ source: 'https://lists.example/a.txt', delay: '1h', ca: './ca.pem' })).toEqual([
    'lists.0.delay: belongs to a tuf+https: or tuf+file: source',
  ]);
});

test.each([
  [{ basic: './b', bearer: './t' }, ['lists.0.auth.basic: cannot be combined with bearer']],
  [{ clientCertificate: './c' }, ['lists.0.auth.clientCertificate: needs clientKey']],
  [{ clientKey: './k' }, ['lists.0.auth.clientKey: needs clientCertificate']],
  [{ clientCertificate: './c', clientKey: './k', bearer: './t' }, []],
])('auth %j', (auth, want) => {
  expect(faults({ source: 'https://lists.example/a.txt', auth })).toEqual(want);
});

test('of each list, and of no shape that is none', () => {
  const data = { lists: [{ source: './a' }, { source: 'http://b.example/' }, null, 7, { source: 7 }] };
  expect(listSources(data).map(({ path }) => path)).toEqual([['lists', 1, 'source']]);
  for (const odd of [null, undefined, 7, 'lists', [], { lists: {} }]) expect(listSources(odd)).toEqual([]);
});

test.each([
  ['tuf+https://a.example/', true],
  ['TUF+FILE:///srv/', true],
  ['tuf+http://a.example/', false],
  ['https://a.example/', false],
  ['tuf', false],
])('%s is of a repository: %j', (source, want) => {
  expect(isTufSource(source)).toBe(want);
});
