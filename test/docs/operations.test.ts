/** docs/operations.md and docs/admin.md against the sources: exit codes, error codes, log events, keys of the answers. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { History } from '../../src/admin/history.ts';
import { statusOf } from '../../src/admin/status.ts';
import { EXIT } from '../../src/commands/exit-codes.ts';
import { LIST_REASONS } from '../../src/list/list-error.ts';
import { REJECTED_REASONS } from '../../src/observe/control-view.ts';
import { Traffic } from '../admin/traffic.ts';
import { controlView, NOW } from '../observe/fixtures.ts';
import { firstColumn } from '../support/markdown.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const guide = read('docs/operations.md');
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(`${SRC}${name}`, 'utf8') }));
const all = sources.map(({ text }) => text).join('\n');

/** Of every match the first group that took part. */
function found(pattern: RegExp, text = all): string[] {
  return [
    ...new Set([...text.matchAll(pattern)].map((match) => match.slice(1).find((group) => group !== undefined) ?? '')),
  ];
}

describe('operations guide', () => {
  test('has every exit code', () => {
    // 143 is the shell's way to say SIGTERM; the process ends so itself (stop-signals.ts).
    expect(firstColumn(guide, 'Exit codes')).toEqual([...Object.values(EXIT).map(String), '143']);
  });

  const thrownCodes = [
    ...found(/(?:new CleanfeedError|super)\(\s*'\w+',\s*'(\w+)'/g),
    ...found(/(?:new ListError|listError)\(\s*'(\w+)'/g),
    // Codes that only the log has.
    ...found(/do: 'log failed', code: '(\w+)'/g),
    ...found(/'(address_\w+)'/g, sources.find(({ name }) => name === 'lib/errors.ts')!.text),
  ];
  const codes = [...new Set([...thrownCodes, ...LIST_REASONS])].sort(byText);

  test('has every error code', () => {
    expect([...new Set(firstColumn(guide, 'Error codes'))].sort(byText)).toEqual(codes);
  });

  test('every error code is in a test of what gives it', () => {
    const tests = readdirSync(fileURLToPath(new URL('../../test/', import.meta.url)), {
      recursive: true,
      encoding: 'utf8',
    })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('docs/'))
      .map((name) => readFileSync(new URL(`../../test/${name}`, import.meta.url), 'utf8'))
      .join('\n');
    expect(codes.filter((code) => !new RegExp(`['"\`. ]${code}\\b`).test(tests))).toEqual([]);
  });

  test('has the side of every error', () => {
    const thrown = [...all.matchAll(/(?:new CleanfeedError|super)\(\s*'(\w+)',\s*'(\w+)'/g)];
    expect(thrown.length).toBeGreaterThan(5);
    for (const [, side, code] of thrown) expect(guide).toContain(`\n| \`${code}\` | ${side} |`);
  });

  test('an error class has a code and a side: it is CleanfeedError, or extends a class that does', () => {
    const classes = new Map(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)(?:<[^{]*?>)? extends (\w+)/gm)].map(
          ([, name = '', parent = '']) => [name, parent] as const,
        ),
      ),
    );
    const rootOf = (name: string): string => (classes.has(name) ? rootOf(classes.get(name) ?? '') : name);
    const errors = [...classes.keys()].filter((name) => rootOf(name).endsWith('Error'));
    expect(errors.sort(byText)).toEqual([
      'CleanfeedError',
      'ListenError',
      'ListError',
      'NotListed',
      'PlacedFault',
      'ZoneError',
    ]);
    expect(errors.filter((name) => classes.get(name) === 'Error')).toEqual(['CleanfeedError']);
  });

  test('has every log event', () => {
    const lines = all.split('\n').filter((line) => /\bevent\b/.test(line));
    const events = found(/'((?:[a-z_]+)\.[a-z_]+)'/g, lines.join('\n'));
    expect(events.length).toBeGreaterThan(25);
    expect(firstColumn(guide, 'Log events').sort(byText)).toEqual(events.sort(byText));
  });

  test('no event has a name that is made at run time', () => {
    const calls = all.split('\n').filter((line) => /\.event\(/.test(line) && !/'[a-z_]+\.[a-z_]+'/.test(line));
    // What is kept and passed on, and what workers send: their names stand where they are made.
    expect(calls.map((line) => line.trim())).toEqual([
      'this.#log.event(level, event, fields);',
      expect.stringContaining('this.#options.log.event(message.level, message.event'),
    ]);
  });
});

describe('admin address', () => {
  const document = read('docs/admin.md');

  test.each([
    { name: '/status', value: statusOf(controlView(), NOW) },
    {
      name: '/history',
      value: new History(
        () => new Traffic().reading(),
        () => 0,
      ).hour(),
    },
    {
      name: 'recent',
      value: new History(
        () => new Traffic().reading(),
        () => 0,
      ).recent(),
    },
  ])('docs/admin.md has every key of $name', ({ value }) => {
    // By reason: docs/metrics.md has those.
    const keys = keysOf(value).filter((key) => !(REJECTED_REASONS as readonly string[]).includes(key));
    expect(keys.filter((key) => !document.includes(`\`${key}\``))).toEqual([]);
  });
});

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key].concat(keysOf(inner)));
}

function byText(a: string, b: string): number {
  return a.localeCompare(b);
}
