/** What commands warn of: where there is nothing there is no line. */
import { describe, expect, test } from '@jest/globals';
import {
  dnsWarning,
  habitWarning,
  idleDnsWarnings,
  idleListWarnings,
  lateRemovalWarnings,
  lostExceptionWarnings,
  steerWarning,
  suffixAdvice,
  suffixWarning,
  uncheckedGuardWarnings,
} from '../../src/commands/warnings.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { compileText } from '../../src/list/text/compile.ts';
import type { ListStats } from '../../src/list/stats.ts';

function config(yaml: string): Config {
  const loaded = parseConfig(yaml, 'f.yaml', {});
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'));
  return loaded.config;
}

function stats(text: string): ListStats {
  return compileText(Buffer.from(text), { list: 0, action: 'block', today: 20_000 }).stats;
}

describe('of a list', () => {
  test('that has hosts alone', () => {
    const hosts = (count: number): string => Array.from({ length: count }, (_, i) => `h${i}.example\n`).join('');
    expect(habitWarning(stats(hosts(10)))).toMatch(/^all 10 entries are hosts alone/);
    expect(habitWarning(stats(hosts(9)))).toBeNull();
    expect(habitWarning(stats(`${hosts(10)}*.x.example\n`))).toBeNull();
  });

  test('that covers public suffixes', () => {
    expect([suffixWarning(0), suffixAdvice(0)]).toEqual([null, null]);
    expect(suffixWarning(1)).toMatch(/^1 entry covers a public suffix/);
    expect(suffixWarning(2)).toMatch(/^2 entries cover a public suffix/);
    expect(suffixAdvice(2)).toMatch(/used only with 'suffixes: warn'$/);
  });

  test('whose permission no resolver can use', () => {
    expect(dnsWarning(stats('a.example dns\n'))).toBeNull();
    expect(dnsWarning(stats('a.example dns\nb.example/x dns\n'))).toMatch(/^1 entry permits 'dns' in vain/);
  });
});

describe('of a configuration', () => {
  test('whose guard has commands and does not look where the filter is', () => {
    const guard = (more: string): Config =>
      config(`listeners: [{ name: a }]\nguard: { probes: [{ listener: a }]${more} }\n`);
    const actions = ', actions: { out: [[birdc, disable, cleanfeed]], back: [[birdc, enable, cleanfeed]] }';
    expect(uncheckedGuardWarnings(guard(actions))).toEqual([
      expect.stringMatching(/^guard has actions and no check: /),
    ]);
    expect(uncheckedGuardWarnings(guard(`${actions}, check: [birdc, show, status]`))).toEqual([]);
    expect(uncheckedGuardWarnings(guard(''))).toEqual([]);
    expect(uncheckedGuardWarnings(config('workers: 1\n'))).toEqual([]);
  });

  const LISTS = 'lists: [{ name: own, source: ./o }, { name: ok, source: ./k, action: allow }]';

  test('whose DNS listeners have no entry to go by', () => {
    const dns = 'listeners: [{ name: a, mode: dns, port: 5353, upstream: [192.0.2.53] }]\n';
    const idle = ["listener a: no entry of its lists permits 'dns' or 'steer': it passes every name (docs/dns.md)"];
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [0, 5])).toEqual(idle);
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [1, 0])).toEqual([]);
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [null, 0])).toEqual([]);
    expect(idleDnsWarnings(config(`${LISTS}\n`), [0, 0])).toEqual([]);
    expect(idleDnsWarnings(config(dns), [])).toEqual([]);
  });

  // Was a fault: one entry of any list, and nobody was told.
  test('whose DNS listener has no entry to go by, though a list of another listener has', () => {
    const lists = 'lists: [{ name: own, source: ./o }, { name: names, source: ./n }]';
    const dns = '{ name: a, mode: dns, port: 5353, upstream: [192.0.2.53], lists: [own] }';
    const both = `${lists}\nlisteners: [${dns}, { name: b, port: 3128, lists: [names] }]\n`;
    expect(idleDnsWarnings(config(both), [0, 7])).toHaveLength(1);
    expect(idleDnsWarnings(config(both), [1, 0])).toEqual([]);
    const policy = 'policies: [{ name: school, clients: [192.0.2.0/24], lists: [names] }]\n';
    expect(idleDnsWarnings(config(`${both}${policy}`), [0, 7])).toEqual([]);
  });

  test('whose removals would be late', () => {
    const list = (interval: string): Config =>
      config(
        `lists: [{ name: own, source: 'tuf+https://lists.example/a/', root: ./r, identity: ./i, interval: ${interval} }, { name: text, source: 'https://lists.example/b', interval: 1d }]\n`,
      );
    expect(lateRemovalWarnings(list('1m'))).toEqual([]);
    expect(lateRemovalWarnings(list('2m'))).toEqual([]);
    expect(lateRemovalWarnings(list('1h'))).toEqual([
      'list own is asked for every 60 minutes: what its publisher withdraws stays refused here until then',
    ]);
  });

  test('whose list applies to nobody', () => {
    const listeners = 'listeners: [{ name: a, lists: [own] }]';
    expect(idleListWarnings(config(`${LISTS}\n${listeners}\n`))).toEqual([
      'list ok applies to nobody: no listener and no policy names it',
    ]);
    expect(idleListWarnings(config(`${LISTS}\n`))).toEqual([]);
    expect(idleListWarnings(config('workers: 1\n'))).toEqual(['there is no list: everything passes']);
  });

  test('whose policy leaves an allow list out', () => {
    const policy = (lists: string): string =>
      `${LISTS}\npolicies: [{ name: school, clients: [192.0.2.0/24], lists: [${lists}] }]\n`;
    expect(lostExceptionWarnings(config(policy('own')))).toEqual([
      'policy school does not name the allow list ok: its exceptions do not hold for these clients',
    ]);
    expect(lostExceptionWarnings(config(policy('own, ok')))).toEqual([]);
    // It refuses nothing: there is nothing to except.
    expect(lostExceptionWarnings(config(policy('')))).toEqual([]);
  });

  test('whose DNS listener has no address to steer to', () => {
    const dns = 'listeners: [{ name: a, mode: dns, port: 5353, upstream: [192.0.2.53] }]\n';
    expect(steerWarning(config(dns), 0)).toBeNull();
    expect(steerWarning(config(dns), 2)).toMatch(/^2 entries permit 'steer'/);
    expect(steerWarning(config('workers: 2\n'), 2)).toBeNull();
    const steered = `${dns}resolver: { answers: { steer: { a: [192.0.2.80/29] } } }\n`;
    expect(steerWarning(config(steered), 2)).toBeNull();
  });
});
