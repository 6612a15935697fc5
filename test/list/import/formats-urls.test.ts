/** Formats that name more than hosts, line by line, as in formats.test.ts. */
import { describe, expect, test } from '@jest/globals';
import { made, table, wanted, withOptions } from './format-rows.ts';
import type { ImportedOptions } from './imported.ts';

describe('adblock, as browsers use it', () => {
  const both = (host: string, rest: string): string[] => [`http://${host}:80${rest}`, `http://${host}:443${rest}`];
  test.each(
    table(
      [
        { lines: ['[Adblock Plus 2.0]', '! comment', '# comment', '||ads.example^'], entries: ['*.ads.example'] },
        { lines: ['||ads.example^$important,all'], entries: ['*.ads.example'] },
        { lines: ['||ads.example^$third-party'], said: ['1:1 conditions'] },
        { lines: ['||ads.example^$script,domain=a.example|b.example'], said: ['1:1 conditions'] },
        { lines: ['||ads.example/dir/'], entries: both('*.ads.example', '/dir/* fold=case') },
        { lines: ['||ads.example/Dir/*$match-case'], entries: both('*.ads.example', '/Dir/*') },
        { lines: ['||ads.example/a.js|'], entries: both('*.ads.example', '/a.js fold=case') },
        {
          lines: ['||ads.example/a.js'],
          entries: [...both('*.ads.example', '/a.js?* fold=case'), ...both('*.ads.example', '/a.js/* fold=case')],
          said: ['1:1 prefix'],
        },
        {
          lines: ['||ads.example/a.js^'],
          entries: [...both('*.ads.example', '/a.js?* fold=case'), ...both('*.ads.example', '/a.js/* fold=case')],
          said: ['1:1 separator'],
        },
        { lines: ['||ads.example/a?b=1|'], entries: both('*.ads.example', '/a?b=1 fold=case') },
        { lines: ['||ads.example/'], entries: ['*.ads.example:80', '*.ads.example:443'] },
        { lines: ['||ads.example^|'], entries: both('*.ads.example', '/ fold=case'), said: ['1:1 root_page'] },
        { lines: ['||ads.example:8080^'], entries: ['*.ads.example:8080'] },
        { lines: ['||ads.example'], entries: ['*.ads.example'], said: ['1:1 prefix_host'] },
        { lines: ['||ads.'], said: ['1:1 part_of_name'] },
        { lines: ['||192.0.2.7^'], entries: ['192.0.2.7'] },
        { lines: ['|http://ads.example/x|'], entries: ['http://ads.example:80/x fold=case'] },
        { lines: ['|https://ads.example^'], entries: ['ads.example:443'], said: ['1:1 separator'] },
        { lines: ['||*.ads.example^'], said: ['1:1 below_only'] },
        { lines: ['||*.ads.example^', '||ads.example^'], entries: ['*.ads.example', '*.ads.example'] },
        {
          lines: ['||ads.example|', '||ads.example/a*b', '||ads.example/a^b'],
          said: ['1:1 no_effect', '2:1 pattern', '3:1 pattern'],
        },
        { lines: ['ads.example'], entries: ['*.ads.example'], said: ['1:1 infix_host'] },
        {
          lines: ['-banner.', '/banner/', '/^ads[0-9]/$script', '|ads'],
          said: ['1:1 pattern', '2:1 regex', '3:1 regex', '4:1 pattern'],
        },
        {
          lines: ['site.example##.ad', '##.ad', 'site.example#@#.ad', '#?#div'],
          said: ['1:1', '2:1', '3:1', '4:1'].map((at) => `${at} cosmetic`),
        },
        { lines: ['0.0.0.0 ads.example', '||a b^'], said: ['1:1 bad_line', '2:1 bad_line'] },
        { lines: ['||ads.example^', '||ads.example^$badfilter'], said: ['1:1 excepted', '2:1 badfilter'] },
        { lines: ['||ads.example^', '@@||good.ads.example^'], said: ['1:1 excepted', '2:1 exception'] },
        {
          lines: ['||a.example^', '@@||b.example/x$script'],
          entries: ['*.a.example'],
          said: ['2:1 exception_inexact'],
        },
        { lines: ['||a.example^', '@@||a.example^$generichide'], entries: ['*.a.example'], said: ['2:1 cosmetic'] },
        { lines: ['||ads.example/%41', '||ads.example/a/../b|'], said: ['1:1 other_spelling', '2:1 other_spelling'] },
      ].map((row) => withOptions(row, { match: 'url' })),
    ),
  )('%s', (_, row) => {
    expect(made('adblock', row)).toEqual(wanted(row));
  });
});

describe('adblock, as AdGuard Home uses it', () => {
  test.each(
    table(
      [
        { lines: ['||ads.example^', '||a.example^|'], entries: ['*.ads.example', '*.a.example'] },
        {
          lines: ['ads.example', '|b.example^', '0.0.0.0 c.example'],
          entries: ['ads.example', 'b.example', 'c.example'],
        },
        { lines: ['||ads.example'], entries: ['*.ads.example'], said: ['1:1 prefix_host'] },
        {
          lines: ['||ads.example/x', '||ads.example^$dnstype=AAAA', '||ads.example^$client=192.0.2.1'],
          said: ['1:1 no_effect', '2:1 conditions', '3:1 conditions'],
        },
        { lines: ['://ads.example^'], entries: ['ads.example'] },
        { lines: ['@@ads.example'], said: ['1:1 exception_inexact'] },
        { lines: ['@@||ads.example/x'], said: ['1:1 no_effect'] },
        { lines: ['||a.example^', '||b.a.example^$dnsrewrite=192.0.2.7'], said: ['1:1 excepted', '2:1 conditions'] },
        { lines: ['/ads/', 'ads*'], said: ['1:1 regex', '2:1 pattern'] },
      ].map((row) => withOptions(row, { match: 'dns' })),
    ),
  )('%s', (_, row) => {
    expect(made('adblock', row)).toEqual(wanted(row));
  });
});

describe('squid', () => {
  test.each(
    table([
      {
        lines: ['# c', '.ads.example', 'B.example # why'],
        options: { match: 'dstdomain' },
        entries: ['*.ads.example', 'b.example'],
      },
      {
        lines: ['.a.example .b.example', 'a.example.', '-n', 'a*.example', '192.0.2.7'],
        options: { match: 'dstdomain' },
        entries: ['192.0.2.7'],
        said: ['1:12 bad_line', '2:1 no_effect', '3:1 setting', '4:1 not_a_name'],
      },
      { lines: ['^http://ads', '-i foo'], options: { match: 'url_regex' }, said: ['1:1 regex', '2:1 regex'] },
      {
        lines: ['192.0.2.7', '192.0.2.0/24'],
        options: { match: 'dst' },
        entries: ['192.0.2.7'],
        said: ['1:1 by_address', '2:1 network'],
      },
      { lines: ['acl ads dstdomain .ads.example'], options: { match: 'dstdomain' }, said: ['1:1 setting'] },
    ]),
  )('%s', (_, row) => {
    expect(made('squid', row)).toEqual(wanted(row));
  });
});

describe('squidguard', () => {
  test.each(
    table([
      { lines: ['ads.example', '192.0.2.7'], options: { match: 'domains' }, entries: ['*.ads.example', '192.0.2.7'] },
      {
        lines: ['.a.example', 'a.example:80', 'a.example/x', 'a.example http://page.invalid/', 'b.example.'],
        options: { match: 'domains' },
        entries: ['*.a.example'],
        said: ['1:1 no_effect', '2:1 no_effect', '3:1 no_effect', '4:1 own_redirect', '5:1 no_effect'],
      },
      {
        lines: ['ads.example/dir/'],
        options: { match: 'urls' },
        entries: ['http://ads.example/dir/* fold=case', 'http://www.ads.example/dir/* fold=case'],
        said: ['1:1 server_names'],
      },
      {
        lines: ['www.ads.example/dir/', 'www.b.example', '192.0.2.7/dir/'],
        options: { match: 'urls', steers: true, permitsDns: true },
        entries: [
          'http://www.ads.example/dir/* fold=case steer',
          'www.b.example dns steer',
          'http://192.0.2.7/dir/* fold=case',
        ],
        said: ['1:1 server_names', '2:1 prefix_host', '3:1 server_names'],
      },
      {
        lines: ['www.ads.example/p'],
        options: { match: 'urls' },
        entries: ['http://www.ads.example/p?* fold=case', 'http://www.ads.example/p/* fold=case'],
        said: ['1:1 prefix'],
      },
      {
        lines: ['ads.example'],
        options: { match: 'urls' },
        entries: ['ads.example', 'www.ads.example'],
        said: ['1:1 prefix_host'],
      },
      {
        lines: ['http://ads.example/p', 'ads.example:81/p', 'ads.example/a/../b', '*/x', 'ads.example./p'],
        options: { match: 'urls' },
        said: ['1:1 no_effect', '2:1 port', '3:1 other_spelling', '4:1 not_a_name', '5:1 no_effect'],
      },
      {
        lines: ['dest ads {', '  }', 'ads.example # {'],
        options: { match: 'domains' },
        entries: ['*.ads.example'],
        said: ['1:1 configuration', '2:3 configuration'],
      },
      { lines: ['(ads|banner)'], options: { match: 'expressions' }, said: ['1:1 regex'] },
    ]),
  )('%s', (_, row) => {
    expect(made('squidguard', row)).toEqual(wanted(row));
  });
});

describe('haproxy', () => {
  const of = (match: string, sample: string, more: ImportedOptions = {}): ImportedOptions => ({
    match,
    sample,
    ...more,
  });
  test.each(
    table([
      { lines: ['# c', '  ads.example'], options: of('str', 'host'), entries: ['ads.example'] },
      {
        lines: ['ads.example', 'b.example:8080'],
        options: of('str', 'hdr'),
        entries: ['ads.example:80', 'ads.example:443', 'b.example:8080'],
      },
      {
        lines: ['Ads.example', 'ads.example.', 'ads.example ', 'b.example:80'],
        options: of('str', 'host'),
        said: ['1:1 no_effect', '2:1 no_effect', '3:12 no_effect', '4:1 no_effect'],
      },
      { lines: ['Ads.example'], options: of('str', 'host', { ignoreCase: true }), entries: ['ads.example'] },
      { lines: ['ads.example'], options: of('dom', 'host'), entries: ['*.ads.example'], said: ['1:1 infix_host'] },
      {
        lines: ['ads.example', '.b.example'],
        options: of('end', 'host'),
        entries: ['*.ads.example'],
        said: ['1:1 suffix_host', '2:1 below_only'],
      },
      {
        lines: ['ads.example', 'ads.'],
        options: of('beg', 'host'),
        entries: ['ads.example'],
        said: ['1:1 prefix_host', '2:1 part_of_name'],
      },
      {
        lines: ['ads', 'a.b'],
        options: of('sub', 'host'),
        entries: ['*.a.b'],
        said: ['1:1 part_of_name', '2:1 infix_host'],
      },
      { lines: ['^ads'], options: of('reg', 'host'), said: ['1:1 regex'] },
      {
        lines: ['192.0.2.7', '192.0.2.0/24'],
        options: of('ip', 'host'),
        entries: ['192.0.2.7'],
        said: ['2:1 network'],
      },
      {
        lines: ['ads.example be_block', 'b.example be_ok', 'c.example'],
        options: of('str', 'host', { values: new Set(['be_block']) }),
        entries: ['ads.example'],
        said: ['2:11 value', '3:1 value'],
      },
      { lines: ['ads.example be_block'], options: of('str', 'host'), said: ['1:13 value'] },
      {
        lines: ['ads.example/dir/'],
        options: of('beg', 'base'),
        entries: ['http://ads.example:80/dir/*', 'http://ads.example:443/dir/*'],
      },
      {
        lines: ['ads.example/p'],
        options: of('str', 'base', { ignoreCase: true }),
        entries: ['http://ads.example:80/p?* fold=case', 'http://ads.example:443/p?* fold=case'],
      },
      {
        lines: ['/dir/', 'a.example', 'a.example/p?q', 'a.example:81/p'],
        options: of('str', 'base'),
        entries: ['http://a.example:81/p?*'],
        said: ['1:1 any_host', '2:1 no_effect', '3:1 no_effect'],
      },
    ]),
  )('%s', (_, row) => {
    expect(made('haproxy', row)).toEqual(wanted(row));
  });
});

describe('csv', () => {
  test.each(
    table([
      {
        lines: ['ads.example,banner', '"http://b.example/p?a=1",x'],
        entries: ['ads.example', 'http://b.example/p?a=1'],
      },
      {
        lines: ['id;Address', '7;https://b.example:8443/'],
        options: { column: 'address', separator: ';' },
        entries: ['http://b.example:8443/'],
      },
      {
        lines: ['"a ""quoted""', 'cell",ads.example', 'x'],
        options: { column: '2' },
        entries: ['ads.example'],
        said: ['3:1 no_cell'],
      },
      {
        lines: ['*.ads.example', 'ftp://ads.example/', 'http://u@ads.example/', 'no name'],
        said: ['1:1 below_only', '2:1 not_an_address', '3:1 not_an_address', '4:1 not_a_name'],
      },
      {
        lines: ['http://ads.example/dir/*', 'ads.example/x?*'],
        entries: ['http://ads.example/dir/%2A', 'http://ads.example/x?%2A'],
      },
      { lines: ['other', 'ads.example'], options: { column: 'address' }, said: ['1:1 no_cell', '2:1 no_cell'] },
      { lines: ['"open', 'ads.example'], said: ['2:1 unfinished'] },
    ]),
  )('%s', (_, row) => {
    expect(made('csv', row)).toEqual(wanted(row));
  });
});
