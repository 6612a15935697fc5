/** Each format, line by line: what is written of it, and what is said. Real programs judge whole files in test/e2e. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { IMPORT_FORMATS } from '../../../src/list/import/formats.ts';
import { LEFT_REASONS } from '../../../src/list/import/reasons.ts';
import { IMPORT_NAMES } from '../../../src/lib/list-formats.ts';
import { made, table, wanted } from './format-rows.ts';

test('every name has a format', () => {
  expect(Object.keys(IMPORT_FORMATS)).toEqual([...IMPORT_NAMES]);
});

describe('hosts', () => {
  test.each(
    table([
      { lines: ['0.0.0.0 ads.example'], entries: ['ads.example'] },
      { lines: ['0.0.0.0 ads.example'], options: { permitsDns: true }, entries: ['ads.example dns'] },
      { lines: ['0.0.0.0 ads.example'], options: { steers: true }, entries: ['ads.example steer'] },
      { lines: ['127.0.0.1\tads.example Track.Example. # banner'], entries: ['ads.example', 'track.example'] },
      { lines: ['127.0.0.1 localhost', '::1 ip6-localhost'], said: ['1:11 own_machine', '2:5 own_machine'] },
      { lines: ['fe80::1%lo0 localhost'], said: ['1:13 own_machine'] },
      { lines: ['0.0.0.0 0.0.0.0'], said: ['1:9 not_a_name'] },
      { lines: [':: ads.example'], said: ['1:4 ipv6_only'] },
      { lines: [':: ads.example', '0.0.0.0 ads.example'], entries: ['ads.example', 'ads.example'] },
      { lines: ['192.0.2.7 site.example'], said: ['1:11 other_answer'] },
      { lines: ['192.0.2.7 site.example'], options: { sinks: new Set(['192.0.2.7']) }, entries: ['site.example'] },
      { lines: ['0.0.0.0 ads.example', '192.0.2.7 ads.example'], said: ['1:9 excepted', '2:11 other_answer'] },
      { lines: ['ads.example'], said: ['1:1 bad_line'] },
      { lines: ['0.0.0.0'], said: ['1:1 bad_line'] },
      { lines: ['0.0.0.0 ads.example/x *.ads.example'], said: ['1:9 not_a_name', '1:23 not_a_name'] },
      {
        lines: ['0.0.0.0 com co.uk uk.example'],
        entries: ['uk.example'],
        said: ['1:9 public_suffix', '1:13 public_suffix'],
      },
      { lines: ['0.0.0.0 co.uk'], options: { suffixes: 'warn' }, entries: ['co.uk'] },
      {
        lines: ['0.0.0.0 xn--bcher-kva.example b\u00c3\u00bccher.example'],
        entries: ['xn--bcher-kva.example', 'b\u00c3\u00bccher.example'],
      },
      { lines: ['0.0.0.0 1.2 ads..example'], said: ['1:9 not_a_name', '1:13 not_a_name'] },
    ]),
  )('%s', (_, row) => {
    expect(made('hosts', row)).toEqual(wanted(row));
  });
});

describe('domains', () => {
  test.each(
    table([
      { lines: ['ads.example', '192.0.2.7'], entries: ['ads.example', '192.0.2.7'] },
      { lines: ['2001:db8::7 # an address'], entries: ['[2001:db8::7]'] },
      { lines: ['ads.example'], options: { subdomains: true }, entries: ['*.ads.example'] },
      { lines: ['*.ads.example'], said: ['1:1 below_only'] },
      { lines: ['*.ads.example', 'ads.example'], entries: ['*.ads.example', 'ads.example'] },
      {
        lines: ['*.ads.example', '.b.example'],
        options: { subdomains: true },
        entries: ['*.ads.example', '*.b.example'],
      },
      { lines: ['.ads.example'], said: ['1:1 leading_dot'] },
      { lines: ['ads.example # why'], entries: ['ads.example'] },
      { lines: ['ads.example 0.0.0.0'], said: ['1:13 bad_line'] },
      {
        lines: ['http://ads.example/', 'ads.example/x', 'ads.*'],
        said: ['1:1 not_a_name', '2:1 not_a_name', '3:1 not_a_name'],
      },
    ]),
  )('%s', (_, row) => {
    expect(made('domains', row)).toEqual(wanted(row));
  });
});

describe('rpz', () => {
  const head = ['$TTL 60', '@ IN SOA ns.invalid. mail.invalid. (', ' 1 3600 600', ' 86400 60 )', '  NS ns.invalid.'];
  test.each(
    table([
      { lines: [...head, 'ads.example CNAME .'], entries: ['ads.example'] },
      {
        lines: ['ads.example 60 IN CNAME *.', 'b.example IN 1h CNAME rpz-drop.'],
        entries: ['ads.example', 'b.example'],
      },
      { lines: ['*.ads.example CNAME .'], said: ['1:1 below_only'] },
      { lines: ['*.ads.example CNAME .', 'ads.example CNAME .'], entries: ['*.ads.example', 'ads.example'] },
      { lines: ['ads.example A 0.0.0.0', ' AAAA ::'], entries: ['ads.example', 'ads.example'] },
      {
        lines: ['ads.example A 192.0.2.7', 'b.example CNAME page.invalid.'],
        said: ['1:1 other_answer', '2:1 other_answer'],
      },
      {
        lines: ['ads.example A 192.0.2.7', 'b.example CNAME page.invalid.'],
        options: { sinks: new Set(['192.0.2.7', 'page.invalid']) },
        entries: ['ads.example', 'b.example'],
      },
      {
        lines: ['ads.example CNAME .', '*.ads.example CNAME .', 'ok.ads.example CNAME rpz-passthru.'],
        entries: ['ads.example'],
        said: ['2:1 longer_name', '3:1 exception'],
      },
      {
        lines: ['ads.example CNAME .', '*.ads.example CNAME .', 'x.ads.example CNAME .', '*.x.ads.example CNAME .'],
        entries: ['ads.example', '*.ads.example', 'x.ads.example', '*.x.ads.example'],
      },
      {
        // What is below x.ads.example is not refused there.
        lines: ['ads.example CNAME .', '*.ads.example CNAME .', 'x.ads.example CNAME .'],
        entries: ['ads.example', 'x.ads.example'],
        said: ['2:1 longer_name'],
      },
      {
        // Nor is b.ads.example, which is there because a.b.ads.example is.
        lines: [
          '*.ads.example CNAME .',
          'ads.example CNAME .',
          'a.b.ads.example CNAME .',
          '*.a.b.ads.example CNAME .',
          '*.example CNAME .',
          'example CNAME .',
        ],
        options: { suffixes: 'warn' },
        entries: ['ads.example', 'a.b.ads.example', '*.a.b.ads.example', 'example'],
        said: ['1:1 longer_name', '5:1 longer_name'],
      },
      {
        lines: [
          'ads.example CNAME .',
          '*.ads.example CNAME .',
          'x.ads.example A 0.0.0.0',
          '*.x.ads.example A 0.0.0.0',
          'ok.x.ads.example CNAME rpz-passthru.',
        ],
        entries: ['ads.example', 'x.ads.example'],
        said: ['2:1 longer_name', '4:1 longer_name', '5:1 exception'],
      },
      {
        lines: ['24.0.2.0.192.rpz-ip CNAME .', 'ns.example.rpz-nsdname CNAME .'],
        said: ['1:1 trigger', '2:1 trigger'],
      },
      {
        lines: [
          '$ORIGIN rpz.invalid.',
          'ads.example.rpz.invalid. CNAME .',
          'b.example CNAME .',
          '$ORIGIN c.example.rpz.invalid.',
          'd CNAME .',
        ],
        entries: ['ads.example', 'b.example', 'd.c.example'],
      },
      { lines: ['ads.example. CNAME .'], said: ['1:1 bad_line'] },
      {
        lines: ['ads.example TXT "why; (so)" ; comment', '$INCLUDE other', '$GENERATE 1-9 a$ CNAME .'],
        said: ['1:1 conditions', '2:1 other_file', '3:1 setting'],
      },
      { lines: ['ads.example CNAME rpz-tcp-only.', 'ads.example'], said: ['1:1 conditions', '2:1 bad_line'] },
      { lines: ['a\\.b.example CNAME .', '* CNAME .'], said: ['1:1 not_a_name', '2:1 not_a_name'] },
      { lines: ['@ IN SOA a. b. ('], said: ['1:1 unfinished'] },
    ]),
  )('%s', (_, row) => {
    expect(made('rpz', row)).toEqual(wanted(row));
  });
});

describe('dnsmasq', () => {
  test.each(
    table([
      {
        lines: ['address=/ads.example/0.0.0.0', 'address=/a.example/.b.example/#', 'address = /c.example/'],
        entries: ['*.ads.example', '*.a.example', '*.b.example', '*.c.example'],
      },
      { lines: ['server=/ads.example/', 'local=/b.example/ # ours'], entries: ['*.ads.example', '*.b.example'] },
      { lines: ['host-record=ads.example,www.ads.example,0.0.0.0,60'], entries: ['ads.example', 'www.ads.example'] },
      { lines: ['address=/ads.example/::'], said: ['1:10 ipv6_only'] },
      {
        lines: ['address=/ads.example/::', 'address=/ads.example/0.0.0.0'],
        entries: ['*.ads.example', '*.ads.example'],
      },
      {
        lines: ['address=/ads.example/192.0.2.7', 'host-record=b.example,192.0.2.8'],
        said: ['1:10 other_answer', '2:13 other_answer'],
      },
      { lines: ['address=/ads.example/#', 'server=/good.ads.example/#'], said: ['1:10 excepted', '2:9 exception'] },
      { lines: ['address=/*ads.example/#'], entries: ['*.ads.example'], said: ['1:10 suffix_host'] },
      {
        lines: ['address=/*.ads.example/#', 'address=/#/192.0.2.1', 'address=/a b/#'],
        said: ['1:10 below_only', '2:10 part_of_name', '3:10 not_a_name'],
      },
      {
        lines: ['server=192.0.2.53', 'no-resolv', 'addn-hosts=/etc/hosts.ads', '||ads.example^'],
        said: ['1:1 setting', '2:1 setting', '3:1 other_file', '4:1 bad_line'],
      },
      { lines: ['cname=a.example,b.example', 'host-record=x'], said: ['1:7 other_answer', '2:13 bad_line'] },
    ]),
  )('%s', (_, row) => {
    expect(made('dnsmasq', row)).toEqual(wanted(row));
  });
});

describe('unbound', () => {
  test.each(
    table([
      {
        lines: [
          'server:',
          '  local-zone: "ads.example" static # why',
          "local-zone: 'b.example.' always_nxdomain",
          'local-zone:"c.example"refuse',
        ],
        entries: ['*.ads.example', '*.b.example', '*.c.example'],
      },
      {
        lines: ['local-data: "ads.example 3600 IN A 0.0.0.0"', 'local-data: "b.example AAAA ::"'],
        entries: ['ads.example', 'b.example'],
      },
      {
        lines: ['local-zone: "ads.example" redirect', 'local-data: "ads.example A 192.0.2.7"'],
        said: ['1:14 excepted', '2:14 other_answer'],
      },
      {
        lines: ['local-zone: "ads.example" refuse', 'local-zone: "ok.ads.example" transparent'],
        said: ['1:14 excepted', '2:14 exception'],
      },
      { lines: ['view:', 'name: "x"', 'local-zone: "ads.example" static'], said: ['2:1 setting', '3:14 some_clients'] },
      {
        lines: ['local-zone: "ads.example" static', 'local-zone-tag: "ads.example" "kids"'],
        said: ['1:14 excepted', '2:1 some_clients'],
      },
      {
        lines: [
          'local-zone: "ads.example" block_a',
          'local-data: "b.example TXT x"',
          'include: "other"',
          'interface: 127.0.0.1',
        ],
        said: ['1:14 conditions', '2:14 conditions', '3:1 other_file', '4:1 setting'],
      },
      {
        lines: ['local-zone: "." static', 'forward-zone:', 'name: "."', '0.0.0.0 ads.example'],
        said: ['1:14 not_a_name', '3:1 setting', '4:1 bad_line'],
      },
    ]),
  )('%s', (_, row) => {
    expect(made('unbound', row)).toEqual(wanted(row));
  });
});

test('each reason is a value of the metric, and docs/metrics.md names it', () => {
  const document = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const [, section = ''] = /^\*\*reason\*\* of `cleanfeed_list_conversion_left_out`(.*)$/m.exec(document) ?? [];
  expect(Object.keys(LEFT_REASONS).filter((reason) => !section.includes(`\`${reason}\``))).toEqual([]);
});
