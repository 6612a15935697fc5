/** What commands warn of: where there is nothing there is no line. */
import { describe, expect, test } from '@jest/globals';
import {
  dnsWarning,
  habitWarning,
  idleDnsWarnings,
  idleListWarnings,
  idleOutletWarnings,
  lateRemovalWarnings,
  lostExceptionWarnings,
  steerWarning,
  suffixAdvice,
  suffixWarning,
  translationWarnings,
  uncheckedGuardWarnings,
} from '../../src/commands/warnings.ts';
import type { Permitting } from '../../src/commands/warnings.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { compileText } from '../../src/list/text/compile.ts';
import { SHIPPED } from '../support/languages.ts';
import type { ListStats } from '../../src/list/stats.ts';

function config(yaml: string): Config {
  const loaded = parseConfig(yaml, 'f.yaml', {});
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'));
  return loaded.config;
}

function stats(text: string): ListStats {
  return compileText(Buffer.from(text), { list: 0, action: 'block', today: 20_000 }).stats;
}

test('of a language: sentences that are still English, not words that two languages share', () => {
  const [english] = SHIPPED;
  const half = { ...SHIPPED[1]!, tag: 'de', responses: { ...SHIPPED[1]!.responses, todo: english!.responses.todo } };
  expect(translationWarnings({ languages: [...SHIPPED, half] })).toEqual([
    'language de: 1 text is still English (responses.todo)',
  ]);
  const [warning] = translationWarnings({ languages: [{ ...english!, tag: 'pl' }] });
  expect(warning).toMatch(/^language pl: \d\d texts are still English \(operator, block\.title, block\.\S+, …\)$/);
  expect(translationWarnings({ languages: [...SHIPPED, { ...english!, tag: 'en-GB' }] })).toEqual([]);
});

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

  const NONE: Permitting = { dns: 0, steer: 0 };
  const SOME: Permitting = { dns: 1, steer: 5 };

  test('whose DNS listeners have no entry to go by', () => {
    const dns = 'listeners: [{ name: a, mode: dns, port: 5353, upstream: [192.0.2.53] }]\n';
    const idle = ["listener a: no entry of its lists permits 'dns' or 'steer': it passes every name (docs/dns.md)"];
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [NONE, SOME])).toEqual(idle);
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [SOME, NONE])).toEqual([]);
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [null, NONE])).toEqual([]);
    expect(idleDnsWarnings(config(`${LISTS}\n`), [NONE, NONE])).toEqual([]);
    expect(idleDnsWarnings(config(dns), [])).toEqual([]);
    expect(idleDnsWarnings(config(`${LISTS}\n${dns}`), [{ dns: 0, steer: 1 }, NONE])).toEqual([]);
  });

  // Was a fault: a zone without names was written, and nobody was told why.
  test('whose zones or routes have no entry to go by', () => {
    const zone = (name: string, lists: string): string =>
      `{ name: ${name}.example, file: ./${name}, lists: [${lists}] }`;
    const outlets = (lists: string): Config =>
      config(
        `${lists}\nresolver: { zones: [${zone('one', 'own')}, ${zone('both', 'own, more')}], routes: { file: ./r, lists: [own], resolvers: [192.0.2.53], rate: { bytesPerSecond: 10MiB, counters: [/bin/true] } } }\n`,
      );
    const both = outlets('lists: [{ name: own, source: ./o }, { name: more, source: ./m }]');
    const ofZone = (name: string): string =>
      `zone ${name}.example: no entry of its lists permits 'dns': it has no names (docs/resolver.md)`;
    const ofRoutes = "resolver.routes: no entry of its lists permits 'steer': no route is written (docs/steering.md)";
    expect(idleOutletWarnings(both, [NONE, NONE])).toEqual([ofZone('one'), ofZone('both'), ofRoutes]);
    expect(idleOutletWarnings(both, [NONE, SOME])).toEqual([ofZone('one'), ofRoutes]);
    expect(idleOutletWarnings(both, [{ dns: 3, steer: 0 }, NONE])).toEqual([ofRoutes]);
    expect(idleOutletWarnings(both, [{ dns: 0, steer: 3 }, null])).toEqual([ofZone('one')]);
    expect(idleOutletWarnings(both, [null, NONE])).toEqual([]);
    expect(idleOutletWarnings(config('workers: 1\n'), [])).toEqual([]);
  });

  // Was a fault: one entry of any list, and nobody was told.
  test('whose DNS listener has no entry to go by, though a list of another listener has', () => {
    const lists = 'lists: [{ name: own, source: ./o }, { name: names, source: ./n }]';
    const dns = '{ name: a, mode: dns, port: 5353, upstream: [192.0.2.53], lists: [own] }';
    const both = `${lists}\nlisteners: [${dns}, { name: b, port: 3128, lists: [names] }]\n`;
    expect(idleDnsWarnings(config(both), [NONE, SOME])).toHaveLength(1);
    expect(idleDnsWarnings(config(both), [SOME, NONE])).toEqual([]);
    const policy = 'policies: [{ name: school, clients: [192.0.2.0/24], lists: [names] }]\n';
    expect(idleDnsWarnings(config(`${both}${policy}`), [NONE, SOME])).toEqual([]);
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
      'list ok applies to nobody: no listener, no policy and no outlet names it',
    ]);
    expect(idleListWarnings(config(`${LISTS}\n`))).toEqual([]);
    // Was a fault: who asks a resolver that has the zone is refused.
    const zone = 'resolver: { zones: [{ name: z, file: ./z, lists: [own] }] }';
    expect(idleListWarnings(config(`${LISTS}\nlisteners: [{ name: a, lists: [] }]\n${zone}\n`))).toEqual([]);
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
    expect(steerWarning(config(dns), [NONE])).toBeNull();
    expect(steerWarning(config(dns), [SOME, null, NONE])).toMatch(/^5 entries permit 'steer'/);
    expect(steerWarning(config('workers: 2\n'), [SOME])).toBeNull();
    const steered = `${dns}resolver: { answers: { steer: { a: [192.0.2.80/29] } } }\n`;
    expect(steerWarning(config(steered), [SOME, NONE])).toBeNull();
    expect(steerWarning(config(steered), [NONE, null])).toBeNull();
    expect(steerWarning(config(steered), [NONE, NONE])).toMatch(/but no entry of any list permits 'steer'/);
  });
});
