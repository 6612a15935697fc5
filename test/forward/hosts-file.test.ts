import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { HostsFile, parseHosts } from '../../src/forward/hosts-file.ts';
import { canonicalHost } from '../../src/url/host.ts';
import type { CanonicalHost } from '../../src/url/host.ts';

function host(name: string): CanonicalHost {
  const canonical = canonicalHost(name);
  if (canonical === null) throw new Error(name);
  return canonical;
}

describe('parseHosts', () => {
  test.each<{ name: string; text: string; want: [string, readonly string[]][] }>([
    { name: 'one line', text: '192.0.2.1 a.example\n', want: [['a.example', ['192.0.2.1']]] },
    { name: 'no line end', text: '192.0.2.1 a.example', want: [['a.example', ['192.0.2.1']]] },
    {
      name: 'aliases, tabs, CRLF',
      text: '192.0.2.1\ta.example  b.example\r\n',
      want: [
        ['a.example', ['192.0.2.1']],
        ['b.example', ['192.0.2.1']],
      ],
    },
    {
      name: 'comments and empty lines',
      text: '# x\n\n 192.0.2.1 a.example # b.example\n192.0.2.2#c.example\n',
      want: [['a.example', ['192.0.2.1']]],
    },
    {
      name: 'several addresses in their order, once each',
      text: '2001:db8::1 a\n192.0.2.1 a\n2001:db8::1 a\n',
      want: [['a', ['2001:db8::1', '192.0.2.1']]],
    },
    { name: 'case and trailing dot', text: '192.0.2.1 A.Example.\n', want: [['a.example', ['192.0.2.1']]] },
    {
      name: 'bad address, bad name, zone',
      text: '192.0.2.300 a\nx y\n192.0.2.1 a<b c\nfe80::1%lo d\n',
      want: [['c', ['192.0.2.1']]],
    },
    { name: 'names of objects', text: '192.0.2.1 constructor\n', want: [['constructor', ['192.0.2.1']]] },
    { name: 'NUL and binary', text: '\0\xff\x01 \0\n192.0.2.1 a\n', want: [['a', ['192.0.2.1']]] },
  ])('$name', ({ text, want }) => {
    expect([...parseHosts(text)]).toEqual(want);
  });

  test('at most 16 addresses a name', () => {
    const text = Array.from({ length: 40 }, (_, i) => `192.0.2.${i} a\n`).join('');
    expect(parseHosts(text).get(host('a'))).toHaveLength(16);
  });

  test('total: any text gives hosts with addresses, and never an error', () => {
    const line = fc
      .tuple(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
        fc.oneof(fc.domain(), fc.string()),
        fc.constantFrom('\n', '\r\n', ' ', '#'),
      )
      .map((parts) => parts.join(' '));
    fc.assert(fc.property(fc.array(line), (lines) => expect(parseHosts(lines.join(''))).toBeInstanceOf(Map)));
  });
});

describe('HostsFile', () => {
  let folder = '';
  let file = '';

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'cleanfeed-hosts-'));
    file = path.join(folder, 'hosts');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('a change is seen at the next look, not before', () => {
    writeFileSync(file, '192.0.2.1 a.example\n');
    const hosts = new HostsFile(file);
    expect(hosts.lookup(host('a.example'), 0)).toEqual(['192.0.2.1']);
    writeFileSync(file, '192.0.2.22 a.example\n192.0.2.3 b.example\n');
    expect(hosts.lookup(host('a.example'), 999)).toEqual(['192.0.2.1']);
    expect(hosts.lookup(host('a.example'), 1000)).toEqual(['192.0.2.22']);
    expect(hosts.lookup(host('b.example'), 5001)).toEqual(['192.0.2.3']);
  });

  test('a file of the same size and age in its place is seen too', () => {
    writeFileSync(file, '192.0.2.1 a.example\n');
    utimesSync(file, 1000, 1000);
    const hosts = new HostsFile(file);
    hosts.lookup(host('a.example'), 0);
    writeFileSync(`${file}.new`, '192.0.2.2 a.example\n');
    utimesSync(`${file}.new`, 1000, 1000);
    renameSync(`${file}.new`, file);
    expect(hosts.lookup(host('a.example'), 5000)).toEqual(['192.0.2.2']);
  });

  test('no file, a folder, and a file that comes and goes', () => {
    expect(new HostsFile(folder).lookup(host('a.example'), 0)).toBeNull();
    const hosts = new HostsFile(file);
    expect(hosts.lookup(host('a.example'), 0)).toBeNull();
    writeFileSync(file, '192.0.2.1 a.example\n');
    expect(hosts.lookup(host('a.example'), 5000)).toEqual(['192.0.2.1']);
    rmSync(file);
    expect(hosts.lookup(host('a.example'), 10_000)).toBeNull();
  });

  test('a huge file is read up to a whole line within the bound', () => {
    const line = `192.0.2.1 ${'x'.repeat(50)}.example\n`;
    writeFileSync(
      file,
      `192.0.2.9 first.example\n${line.repeat(Math.ceil((4 << 20) / line.length))}192.0.2.9 last.example\n`,
    );
    const hosts = new HostsFile(file);
    expect(hosts.lookup(host('first.example'), 0)).toEqual(['192.0.2.9']);
    expect(hosts.lookup(host(`${'x'.repeat(50)}.example`), 0)).toEqual(['192.0.2.1']);
    expect(hosts.lookup(host('last.example'), 0)).toBeNull();
  });
});
