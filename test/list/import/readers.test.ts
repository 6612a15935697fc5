/** Each reader alone: what a line comes to, with its column, before anything is decided about it. Whole imports: formats.test.ts. */
import { describe, expect, test } from '@jest/globals';
import { FiltersEngine, Request } from '@ghostery/adblocker';
import { adblockReader } from '../../../src/list/import/adblock.ts';
import { namePattern, urlPattern } from '../../../src/list/import/adblock-rule.ts';
import type { Pattern } from '../../../src/list/import/adblock-rule.ts';
import { csvReader } from '../../../src/list/import/csv.ts';
import { dnsmasqReader } from '../../../src/list/import/dnsmasq.ts';
import { domainsReader } from '../../../src/list/import/domains.ts';
import { haproxyReader } from '../../../src/list/import/haproxy.ts';
import { hostsReader } from '../../../src/list/import/hosts.ts';
import type { Draft, Item, LineOutcome, Reader } from '../../../src/list/import/outcome.ts';
import { hostDraft } from '../../../src/list/import/outcome.ts';
import { beginningOf, exactPath } from '../../../src/list/import/path-drafts.ts';
import { rpzReader } from '../../../src/list/import/rpz.ts';
import { sinkKind } from '../../../src/list/import/sinks.ts';
import { squidReader } from '../../../src/list/import/squid.ts';
import { squidguardReader } from '../../../src/list/import/squidguard.ts';
import { unboundReader } from '../../../src/list/import/unbound.ts';
import {
  firstNonBlank,
  isIpv4,
  isIpv6,
  isName,
  isNameInAnyScript,
  splitComment,
  wordsOf,
} from '../../../src/list/import/words.ts';
import { zoneLine } from '../../../src/list/import/zone-line.ts';

const NO_SINKS: ReadonlySet<string> = new Set();

/** `*.ads.example:80/dir/` and what it is. */
function shortDraft({ host, below, ports, path, ignoreCase }: Draft): string {
  const port = ports === 'any' ? '' : ports === 'default' ? ':web' : `:${ports}`;
  const kind = path === null || path.kind === 'directory' ? '' : ` ${path.kind}`;
  return `${below ? '*.' : ''}${host}${port}${path?.text ?? ''}${kind}${ignoreCase ? ' nocase' : ''}`;
}

function shortItem(item: Item): string {
  switch (item.kind) {
    case 'entry':
      return `${item.at} ${item.drafts.map(shortDraft).join(' + ')}${item.note === null ? '' : ` (${item.note})`}`;
    case 'half':
      return `${item.at} half ${shortDraft(item.draft)} if ${shortDraft(item.partner)} else ${item.without}`;
    case 'exception':
      return `${item.at} but ${item.draft === null ? item.reason : shortDraft(item.draft)}`;
    case 'left':
      return `${item.at} left ${item.reason}`;
  }
}

function short(outcome: LineOutcome): string {
  return typeof outcome === 'string' ? outcome : outcome.items.map(shortItem).join('; ');
}

/** What each line of a file comes to. */
function read(reader: Reader, ...lines: readonly string[]): readonly string[] {
  return lines.map((line) => short(reader.read(line)));
}

describe('words', () => {
  test('have their places; a comment and the blanks before it go', () => {
    expect(wordsOf(' a\tbc  d', 0, 6)).toEqual([
      { at: 1, text: 'a' },
      { at: 3, text: 'bc' },
    ]);
    expect(firstNonBlank('\t x')).toBe(2);
    expect(firstNonBlank('  ')).toBe(2);
    expect(splitComment('a  # why', '#')).toEqual({ end: 3, comment: 'why' });
    expect(splitComment('a', '#')).toEqual({ end: 1, comment: '' });
  });

  test.each([
    { text: '192.0.2.1', is: { v4: true, v6: false, name: false, any: false } },
    { text: '999.0.2.1', is: { v4: true, v6: false, name: false, any: false } },
    { text: '1.2', is: { v4: false, v6: false, name: false, any: false } },
    { text: '2001:db8::1', is: { v4: false, v6: true, name: false, any: false } },
    { text: 'a_b.example.', is: { v4: false, v6: false, name: true, any: true } },
    { text: 'b\u00fccher.example', is: { v4: false, v6: false, name: false, any: true } },
    { text: 'a..example', is: { v4: false, v6: false, name: false, any: false } },
  ])('$text', ({ text, is }) => {
    expect({ v4: isIpv4(text), v6: isIpv6(text), name: isName(text), any: isNameInAnyScript(text) }).toEqual(is);
  });
});

test.each([
  ['0.0.0.0', 'ipv4'],
  ['127.0.0.1', 'ipv4'],
  ['127.0.1.1', 'none'],
  ['192.0.2.7', 'ipv4'],
  ['::', 'ipv6'],
  ['0:0:0:0:0:0:0:1', 'ipv6'],
  ['::ffff:127.0.0.1', 'ipv6'],
  ['2001:DB8::7', 'ipv6'],
  ['2001:db8::8', 'none'],
  ['Block.Example.', 'name'],
  ['block.example.org', 'none'],
])('an answer of %s leads to %s', (address, kind) => {
  expect(sinkKind(address, new Set(['192.0.2.7', '2001:db8::7', 'block.example']))).toBe(kind);
});

test('paths: one as it stands, or all that begin like it', () => {
  const draft = hostDraft('a.example', false);
  expect(shortDraft(exactPath(draft, '/x?y', true))).toBe('a.example/x?y url nocase');
  expect(beginningOf(draft, '/dir/', false).map(shortDraft)).toEqual(['a.example/dir/']);
  expect(beginningOf(draft, '/page', true).map(shortDraft)).toEqual([
    'a.example/page page nocase',
    'a.example/page/ nocase',
  ]);
  expect(beginningOf(draft, '/page?a', false).map(shortDraft)).toEqual(['a.example/page?a url']);
});

describe('lines of a zone', () => {
  test.each([
    { text: 'ads CNAME . ; why', depth: 0, words: ['ads', 'CNAME', '.'], comment: 'why', open: 0 },
    { text: '@ SOA a b (', depth: 0, words: ['@', 'SOA', 'a', 'b'], comment: null, open: 1 },
    { text: ' 1 ; serial', depth: 1, words: ['1'], comment: 'serial', open: 1 },
    { text: ' 5 ))', depth: 1, words: ['5'], comment: null, open: 0 },
    { text: 'a TXT "x ; \\" (y)" z', depth: 0, words: ['a', 'TXT', '"x ; \\" (y)"', 'z'], comment: null, open: 0 },
    { text: 'a\\;b\\ c A 0.0.0.0', depth: 0, words: ['a\\;b\\ c', 'A', '0.0.0.0'], comment: null, open: 0 },
    { text: 'a "open', depth: 0, words: ['a', '"open'], comment: null, open: 0 },
    { text: 'a b\\', depth: 0, words: ['a', 'b\\'], comment: null, open: 0 },
  ])('$text', ({ text, depth, words, comment, open }) => {
    const line = zoneLine(text, depth);
    expect({ words: line.words.map((word) => word.text), comment: line.comment, open: line.depth }).toEqual({
      words,
      comment,
      open,
    });
    for (const word of line.words) expect(text.startsWith(word.text, word.at)).toBe(true);
  });
});

describe('patterns of ad blockers', () => {
  function shortPattern(pattern: Pattern): string {
    if (pattern.kind === 'drafts')
      return `${pattern.drafts.map(shortDraft).join(' + ')}${pattern.note === null ? '' : ` (${pattern.note})`}`;
    return pattern.kind === 'below' ? `below ${pattern.host}` : `left ${pattern.reason} on ${pattern.host ?? 'any'}`;
  }

  test.each([
    ['||ads.example^', '*.ads.example'],
    ['||ads.example', '*.ads.example (prefix_host)'],
    ['||192.0.2.1^', '192.0.2.1'],
    ['||*.ads.example^', 'below ads.example'],
    ['||ads.example/dir/', '*.ads.example:web/dir/'],
    ['||ads.example/page|', '*.ads.example:web/page url'],
    ['||ads.example/page', '*.ads.example:web/page page + *.ads.example:web/page/ (prefix)'],
    ['||ads.example^|', '*.ads.example:web/ url (root_page)'],
    ['||ads.example/a*b', 'left pattern on ads.example'],
    ['||ads.example:8080/x|', '*.ads.example:8080/x url'],
    ['||ads.example:8080', 'left port on ads.example'],
    ['|https://ads.example/x|', 'ads.example:443/x url'],
    ['|http://ads.example^', 'ads.example:80 (separator)'],
    ['||ads.', 'left part_of_name on any'],
    ['ads.example', '*.ads.example (infix_host)'],
    ['/banner/', 'left pattern on any'],
  ])('as browsers use them: %s', (rule, want) => {
    expect(shortPattern(urlPattern(rule, false))).toBe(want);
  });

  test.each([
    ['||ads.example^', '*.ads.example'],
    ['||ads.example', '*.ads.example (prefix_host)'],
    ['ads.example', 'ads.example'],
    ['|ads.example^', 'ads.example'],
    ['|ads.example', 'ads.example (prefix_host)'],
    ['://ads.example^', 'ads.example'],
    // Was a fault: it was said to have no effect.
    ['http://ads.example^', 'ads.example'],
    ['http://ads.example', 'ads.example (prefix_host)'],
    ['https://ads.example^', 'left no_effect on any'],
    ['|http://ads.example^', 'left no_effect on any'],
    // They are compared with an address that ends with the name.
    ['||ads.example|', '*.ads.example'],
    ['|ads.example|', 'ads.example'],
    // Were faults: they were that name alone, and nothing was said of others that end like it.
    ['ads.example|', '*.ads.example (suffix_host)'],
    ['ads.example^', '*.ads.example (suffix_host)'],
    ['ads.example^|', '*.ads.example (suffix_host)'],
    ['192.0.2.1^', '192.0.2.1 (suffix_host)'],
    ['||*.ads.example^', 'below ads.example'],
    ['||ads.example/x^', 'left no_effect on any'],
    ['ads*', 'left pattern on any'],
  ])('as names: %s', (rule, want) => {
    expect(shortPattern(namePattern(rule))).toBe(want);
  });
});

describe('readers', () => {
  test('ad blockers: comments, sections, what changes pages, options, exceptions', () => {
    expect(
      read(
        adblockReader({ match: 'url', sinks: NO_SINKS }),
        '! comment',
        '[Adblock Plus 2.0]',
        'a.example##.banner',
        ' ||ads.example^$important',
        '||ads.example^$third-party',
        '@@||ok.example^',
        '@@||ok.example/x$script',
        '@@||ok.example^$elemhide',
        '/ads[0-9]/',
        '0.0.0.0 ads.example',
      ),
    ).toEqual([
      'comment',
      'frame',
      '0 left cosmetic',
      '1 *.ads.example',
      '0 left conditions',
      '0 but *.ok.example',
      '0 but exception_inexact',
      '0 left cosmetic',
      '0 left regex',
      '0 left bad_line',
    ]);
    expect(read(adblockReader({ match: 'dns', sinks: NO_SINKS }), '0.0.0.0 ads.example')).toEqual(['8 ads.example']);
  });

  // Was a fault: they were comments, so that what holds for some browsers was carried over for all, and another file was not named.
  test('ad blockers: what stands between directives holds for some browsers, and what is included stands elsewhere', () => {
    const lines = [
      '!#if env_mobile',
      '||a.example^',
      '  !#if (adguard && !ext_ublock)',
      '@@||ok.example^',
      '!#else',
      '! comment',
      '!#endif',
      '/ads[0-9]/',
      '!#endif',
      '!#endif',
      '||b.example^',
      '!#iffy',
      '!#include other.txt',
    ];
    expect(read(adblockReader({ match: 'url', sinks: NO_SINKS }), ...lines)).toEqual([
      'frame',
      '0 left conditions',
      'frame',
      '0 but conditions',
      'comment',
      'comment',
      'frame',
      '0 left regex',
      'frame',
      'frame',
      '0 *.b.example',
      'comment',
      '0 left other_file',
    ]);
    // AdGuard Home knows no directives.
    expect(read(adblockReader({ match: 'dns', sinks: NO_SINKS }), ...lines.slice(0, 2))).toEqual([
      'comment',
      '0 *.a.example',
    ]);
    const engine = FiltersEngine.parse('!#if env_mobile\n||a.example^\n!#endif\n||b.example^\n', {
      loadPreprocessors: true,
    });
    const refuses = (url: string): boolean =>
      engine.match(Request.fromRawDetails({ url, type: 'script', sourceUrl: 'https://page.invalid/' })).match;
    expect([refuses('http://a.example/x'), refuses('http://b.example/x')]).toEqual([false, true]);
  });

  test('tables: a column by number or name, quotes over lines, and no end of them', () => {
    const options = { column: '2', separator: ',', subdomains: false };
    expect(read(csvReader(options), '1,ads.example,x', '2,"http://b.example/a?""q""",', '3', '')).toEqual([
      '2 ads.example',
      '3 b.example/a?"q" url',
      '0 left no_cell',
      'blank',
    ]);
    const named = csvReader({ ...options, column: 'URL' });
    expect(read(named, 'id,url', '1,ads.example')).toEqual(['frame', '2 ads.example']);
    const open = csvReader(options);
    expect(read(open, '"one', 'two",ads.example')).toEqual(['continued', '0 ads.example']);
    expect(read(open, '"', ...Array.from({ length: 62 }, () => 'x'))).toEqual(
      Array.from({ length: 63 }, () => 'continued'),
    );
    expect(open.isOpen?.()).toBe(true);
    expect(read(open, 'x')).toEqual(['0 left too_long']);
    expect(open.isOpen?.()).toBe(false);
  });

  test('dnsmasq: names that are refused, that are sent on, and that have another answer', () => {
    expect(
      read(
        dnsmasqReader({ sinks: NO_SINKS }),
        'address=/ads.example/b.example/0.0.0.0 # why',
        'address=/ads.example/#',
        'address=/*ads.example/',
        'address=/*.ads.example/',
        'address=/ads.example/192.0.2.7',
        'server=/ok.example/#',
        'local=/ads.example/',
        'host-record=ads.example,0.0.0.0',
        'cname=ads.example,b.example',
        '\tcname',
        'cname=alone.example',
        'interface-name=x.ads.example,eth0',
        'dynamic-host = y.ads.example,0.0.0.8,eth0',
        'synth-domain=ads.example,192.0.2.0/24,q-',
        'domain=lan.example,192.0.2.0/24,local',
        'domain=#',
        'conf-file=/etc/x',
        'port=53',
        '# only',
        'nonsense here',
      ),
    ).toEqual([
      '9 *.ads.example; 21 *.b.example',
      '9 *.ads.example',
      '9 *.ads.example (suffix_host)',
      '9 half *.ads.example if ads.example else below_only',
      '9 but other_answer',
      '8 but *.ok.example',
      '7 *.ads.example',
      '12 ads.example',
      '6 but other_answer',
      '1 left bad_line',
      '0 left bad_line',
      '15 but other_answer',
      '15 but other_answer',
      '13 but other_answer',
      '7 but other_answer',
      '7 left setting',
      '0 left other_file',
      '0 left setting',
      'comment',
      '0 left bad_line',
    ]);
  });

  test('names: one a line, with or without what is below', () => {
    const lines = ['ads.example # why', '*.ads.example', '.ads.example', '2001:db8::1', 'a b', 'no/name', '#'];
    expect(read(domainsReader({ subdomains: false }), ...lines)).toEqual([
      '0 ads.example',
      '0 half *.ads.example if ads.example else below_only',
      '0 left leading_dot',
      '0 [2001:db8::1]',
      '2 left bad_line',
      '0 left not_a_name',
      'comment',
    ]);
    expect(read(domainsReader({ subdomains: true }), 'ads.example', '.ads.example')).toEqual([
      '0 *.ads.example',
      '0 *.ads.example',
    ]);
  });

  test('HAProxy: what is compared, and how', () => {
    const options = { match: 'str', sample: 'host', values: NO_SINKS, ignoreCase: false };
    expect(
      read(haproxyReader(options), '# x', 'ads.example', 'Ads.example', 'ads.example:80', '', 'ads.example '),
    ).toEqual(['comment', '0 ads.example', '0 left no_effect', '0 left no_effect', 'blank', '11 left no_effect']);
    expect(read(haproxyReader({ ...options, sample: 'hdr' }), 'ads.example:8080', 'ads.example')).toEqual([
      '0 ads.example:8080',
      '0 ads.example:web',
    ]);
    expect(read(haproxyReader({ ...options, match: 'end' }), '.ads.example', 'ads.example')).toEqual([
      '0 half *.ads.example if ads.example else below_only',
      '0 *.ads.example (suffix_host)',
    ]);
    expect(read(haproxyReader({ ...options, sample: 'base', match: 'beg' }), 'ads.example/dir/', '/dir/')).toEqual([
      '0 ads.example:web/dir/',
      '0 left any_host',
    ]);
    expect(read(haproxyReader({ ...options, match: 'ip' }), '192.0.2.1', '192.0.2.0/24', 'a.example')).toEqual([
      '0 192.0.2.1',
      '0 left network',
      '0 left not_an_address',
    ]);
    const map = haproxyReader({ ...options, values: new Set(['block']) });
    expect(read(map, 'ads.example block', 'ads.example pass')).toEqual(['0 ads.example', '12 left value']);
  });

  test('hosts files: names of the machine itself, of real servers, and of none', () => {
    expect(
      read(
        hostsReader({ sinks: NO_SINKS }),
        '0.0.0.0 ads.example # why',
        '127.0.0.1 localhost b.example',
        '192.0.2.7 site.example',
        ':: v6.example',
        'ads.example',
        '#',
        '',
      ),
    ).toEqual([
      '8 ads.example',
      '10 left own_machine; 20 b.example',
      '10 but other_answer',
      '3 half v6.example if v6.example else ipv6_only',
      '0 left bad_line',
      'comment',
      'blank',
    ]);
  });

  test('policy zones: names within the zone, records over lines, and no end of them', () => {
    const reader = rpzReader({ sinks: NO_SINKS });
    expect(
      read(
        reader,
        '$TTL 60',
        'rpz.example. SOA a. b. (1 2 3 4 5)',
        'ads.example CNAME .',
        '*.ads.example CNAME .',
        'ok.example CNAME rpz-passthru.',
        'abs.example.rpz.example. CNAME .',
        'other.example. CNAME .',
        'a.example A 192.0.2.7',
        '32.1.2.0.192.rpz-ip CNAME .',
        '$INCLUDE other',
        '; comment',
      ),
    ).toEqual([
      'frame',
      'frame',
      '0 ads.example',
      '0 half *.ads.example if ads.example else below_only',
      '0 but ok.example',
      '0 abs.example',
      '0 left bad_line',
      '0 but other_answer',
      '0 left trigger',
      '0 left other_file',
      'comment',
    ]);
    expect(read(reader, 'a CNAME (', ...Array.from({ length: 30 }, () => '; x'))).toEqual(
      Array.from({ length: 31 }, () => 'continued'),
    );
    expect(reader.isOpen?.()).toBe(true);
    expect(read(reader, '; x', 'b.example CNAME .')).toEqual(['0 left too_long', '0 b.example']);
  });

  test('Squid: the type of the ACL says what a line is', () => {
    expect(
      read(squidReader({ match: 'dstdomain' }), '.ads.example', 'ads.example # why', 'ads.example.', 'a b'),
    ).toEqual(['0 *.ads.example', '0 ads.example', '0 left no_effect', '2 left bad_line']);
    expect(read(squidReader({ match: 'dst' }), '192.0.2.1', '192.0.2.0/24', 'a.example')).toEqual([
      '0 192.0.2.1 (by_address)',
      '0 left network',
      '0 left not_an_address',
    ]);
    expect(read(squidReader({ match: 'url_regex' }), 'ads[0-9]', 'acl x y')).toEqual([
      '0 left regex',
      '0 left setting',
    ]);
  });

  test('squidGuard: domains with what is below, urls with their server names', () => {
    expect(read(squidguardReader({ match: 'domains' }), 'ads.example', '.ads.example', 'ads.example go', '#')).toEqual([
      '0 *.ads.example',
      '0 left no_effect',
      '0 *.ads.example (own_redirect)',
      'comment',
    ]);
    expect(
      read(squidguardReader({ match: 'urls' }), 'ads.example/dir/', 'www.ads.example', 'http://a.example/'),
    ).toEqual([
      '0 ads.example/dir/ nocase + www.ads.example/dir/ nocase (server_names)',
      '0 www.ads.example (prefix_host)',
      '0 left no_effect',
    ]);
    expect(read(squidguardReader({ match: 'expressions' }), 'ads')).toEqual(['0 left regex']);
  });

  test('Unbound: zones that refuse or let pass, records, and what holds for some clients', () => {
    expect(
      read(
        unboundReader({ sinks: NO_SINKS }),
        'server:',
        '  local-zone: "ads.example" always_nxdomain # why',
        '  local-zone: ok.example transparent',
        '  local-zone: a.example block_a',
        '  local-data: "ads.example 60 IN A 0.0.0.0"',
        '  local-data: "site.example A 192.0.2.7"',
        '  include: other.conf',
        'view:',
        '  local-zone: ads.example refuse',
        'no key',
      ),
    ).toEqual([
      'frame',
      '15 *.ads.example',
      '14 but *.ok.example',
      '14 but conditions',
      '15 ads.example',
      '15 but other_answer',
      '2 left other_file',
      'frame',
      '14 left some_clients',
      '0 left bad_line',
    ]);
  });

  // Was a fault: `view:` was not seen where its name stands in the same line, and an exception behind another setting was not read.
  test('Unbound: several settings in a line', () => {
    expect(
      read(
        unboundReader({ sinks: NO_SINKS }),
        'server: local-zone: "a.example" static',
        'local-zone: "b.example" static local-zone: "x.b.example" transparent # both',
        'server: view:',
        'server: "view:"',
        'view: name: "v"',
        'local-zone: "c.example" static',
      ),
    ).toEqual([
      '21 *.a.example',
      '13 *.b.example; 44 but *.x.b.example',
      'frame',
      '0 left bad_line',
      '6 left setting',
      '13 left some_clients',
    ]);
  });
});
