/** What no list should cover, looked up in lists that cover it and lists that do not: as text, compiled, and by the files that say what is guarded. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import type { GateConfig } from '../../../src/config/list-types.ts';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { compileToFile } from '../../../src/list/format/compile-file.ts';
import { encodeCompiledList, openCompiledList } from '../../../src/list/format/compiled-file.ts';
import { readGuarded } from '../../../src/list/sanity/read-guarded.ts';
import { verdictAlone } from '../../../src/list/verdict-alone.ts';
import { listConfig, NO_GATE_FILES } from '../../support/list-config.ts';
import { EDITION, suffixFile } from '../../support/suffix-names.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const TODAY = 20_000;
const ROOT = new URL('../../../', import.meta.url);
let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

function files(canaries: string, own = ''): GateConfig {
  writeFileSync(directory.file('canaries.txt'), canaries);
  writeFileSync(directory.file('own.txt'), own);
  return { ...NO_GATE_FILES, canaries: directory.file('canaries.txt'), protected: directory.file('own.txt') };
}

/** @returns code and message of its refusal, or what it is. */
async function verdict(bytes: Uint8Array, gate: GateConfig, action: 'block' | 'allow' = 'block'): Promise<string> {
  const config = { ...listConfig('a', '/a', action), gate };
  const judged = await verdictAlone({ bytes, gate: 'ask', before: null }, config, {
    today: TODAY,
    rest: yieldToEventLoop,
  });
  return judged.stage === 'refused' ? `${judged.error.code}: ${judged.error.message}` : judged.stage;
}

const compiled = (text: string): Uint8Array =>
  compileToFile(Buffer.from(text), { action: 'block', today: TODAY, suffixes: 'warn' }).file!;

const CANARIES =
  '# must never match\ngood.example/page?x=1\nhttps://bank.example:8443/\nfree.example  # on any channel\n';

describe.each([
  { form: 'text', bytes: (text: string): Uint8Array => Buffer.from(text) },
  { form: 'compiled', bytes: compiled },
])('as $form', ({ bytes }) => {
  test.each([
    { list: 'good.example/page\nother.example\n', want: 'passed' },
    {
      list: 'good.example/page?*\n',
      want: 'canary: it covers 1 canary; the first is line 2 of canaries.txt, by entry 1',
    },
    {
      list: 'x.example\n*.example\n',
      want: 'canary: it covers 3 canaries; the first is line 2 of canaries.txt, by entry 2',
    },
    { list: 'bank.example:8443/*\n', want: 'canary: it covers 1 canary; the first is line 3 of canaries.txt' },
    { list: 'bank.example:8080\n', want: 'passed' },
    { list: 'free.example/a\n', want: 'passed' },
    { list: 'free.example\n', want: 'canary: it covers 1 canary; the first is line 4 of canaries.txt' },
    { list: 'free.example expires=2000-01-01\n', want: 'passed' },
  ])('canaries: $list', async ({ list, want }) => {
    expect(await verdict(bytes(list), files(CANARIES))).toContain(want);
  });

  test.each([
    {
      list: 'www.isp.example\n',
      want: 'protected_host: it covers 1 protected host (gate.protected): line 1 of own.txt, by entry 1; take these entries out',
    },
    { list: 'a.example\n*.isp.example\n', want: 'by entry 2' },
    { list: '*.isp.example/ads/*\nwww.isp.example/page\n', want: 'passed' },
    // Was a fault: it passed, and blocks as much.
    {
      list: 'a.example\nwww.isp.example/*\n',
      want: 'protected_host: it covers 1 protected host (gate.protected): line 1 of own.txt, by entry 2; take these entries out',
    },
    { list: '*.isp.example/*\n', want: 'protected_host: it covers 1 protected host' },
    { list: 'www.isp.example:8080/*\n', want: 'protected_host' },
    { list: 'www.isp.example/* fold=case\n', want: 'protected_host' },
    { list: 'www.isp.example/* expires=2000-01-01\n', want: 'passed' },
    { list: 'www.isp.example/* count\n', want: 'passed' },
    { list: 'www.isp.example/* count\nwww.isp.example/* count steer\n', want: 'by entry 2' },
    { list: 'isp.example/*\nwww.isp.example/\nwww.isp.example/?*\n', want: 'passed' },
    { list: 'isp.example\n', want: 'passed' },
    { list: 'www.isp.example:8080\n', want: 'protected_host' },
    { list: 'ocsp.digicert.com\n', want: 'of protected-hosts.txt' },
    { list: '*.digicert.com\n', want: 'protected_host: it covers' },
    { list: 'www.google.com/page\n', want: 'passed' },
    { list: 'www.google.dk\n', want: 'passed' },
  ])('protected hosts: $list', async ({ list, want }) => {
    expect(await verdict(bytes(list), files('', 'www.isp.example\n!www.google.dk # ours\n'))).toContain(want);
  });
});

test('a list that allows may let protected hosts through, and no canary', async () => {
  const allow = (host: string): Uint8Array => Buffer.from(`${host} reason="told to" expires=2090-01-01\n`);
  expect(await verdict(allow('www.google.com'), files(CANARIES), 'allow')).toBe('passed');
  expect(await verdict(allow('free.example'), files(CANARIES), 'allow')).toContain('canary');
});

describe('public suffixes in a list whose entries cannot be read', () => {
  /** As of a publisher that says that there are none. */
  const untold = async (text: string): Promise<Uint8Array> => {
    const file = await openCompiledList(compiled(text), yieldToEventLoop);
    return encodeCompiledList(file.segment, { ...file, publicSuffixes: 0, firstPublicSuffix: 0 });
  };

  test.each([
    { list: 'a.example\nco.uk\n', want: 'public_suffix: 1 entry covers' },
    { list: '*.github.io\ncom\na.example\n', want: 'public_suffix: 2 entries cover' },
    { list: '*.github.io/dir/*\n', want: 'public_suffix: 1 entry covers' },
    { list: 'github.io/page\na.co.uk\n*.a.github.io\n', want: 'passed' },
  ])('$list', async ({ list, want }) => {
    expect(await verdict(await untold(list), NO_GATE_FILES)).toContain(want);
  });
});

describe('the files', () => {
  test.each([
    {
      gate: { ...NO_GATE_FILES, canaries: '/none/canaries' },
      says: 'gate.canaries: /none/canaries cannot be read: there is no such file',
    },
    {
      gate: { ...NO_GATE_FILES, protected: '/none/hosts' },
      says: 'gate.protected: /none/hosts cannot be read: there is no such file',
    },
  ])('$says', async ({ gate, says }) => {
    expect(await verdict(Buffer.from('a.example\n'), gate)).toBe(`unreadable: ${says}`);
  });

  test.each([
    {
      canaries: 'a.example\nmailto:a@b.example\n',
      own: '',
      says: 'line 2 of canaries.txt: not a host or an http: or https: address',
    },
    { canaries: '', own: '\n*.a.example\n', says: 'line 2 of own.txt: not a host name' },
  ])('$says', async ({ canaries, own, says }) => {
    expect(await verdict(Buffer.from('a.example\n'), files(canaries, own))).toBe(`unreadable: ${says}`);
  });

  test('what is shipped: hundreds of hosts, each once, each section with source, licence and date, and no public suffix', async () => {
    const { hosts } = await readGuarded(NO_GATE_FILES, 'block');
    expect(hosts.length).toBeGreaterThan(800);
    expect(new Set(hosts.map(({ host }) => host)).size).toBe(hosts.length);
    const suffixes = new Set(readFileSync(new URL('config/public-suffixes.txt', ROOT), 'utf8').split('\n'));
    expect(hosts.filter(({ host }) => suffixes.has(host))).toEqual([]);
    const text = readFileSync(new URL('config/protected-hosts.txt', ROOT), 'utf8');
    const sections = text.split(/\n\n/).slice(1);
    expect(sections.length).toBeGreaterThan(7);
    for (const section of sections)
      expect(section).toMatch(/^# .+\n# {3}source: .+\n# {3}licence: .+\n# {3}date: \d{4}-\d\d-\d\d\n/);
  });

  test('the public suffixes are those of the edition that is installed', async () => {
    const text = readFileSync(new URL('config/public-suffixes.txt', ROOT), 'utf8');
    expect(text).toContain(`tldts ${EDITION}`);
    expect(text).toBe(await suffixFile());
  });
});
