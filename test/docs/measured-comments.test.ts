/**
 * A comment of src that says that something was measured, what something takes, or what is faster, names where: a bench that is there, or a
 * document that has the figure. What is no claim but reads like one stands here, with the reason.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

/** `(measured)`, `measured: …`: a claim. What a program measures is none. */
const CLAIM = /\(measured\b|\bmeasured(?:[:)]| in\b)|\bmeasured with\b/i;
/** A figure of time, or a comparison of speed. Periods and bounds are figures too: they are set, and nothing takes them. */
const COST = new RegExp(
  [
    String.raw`\b(?:faster|slower|cheaper|dearer|as (?:dear|fast|slow|cheap))\b`,
    String.raw`\b(?:takes?|took|costs?)\b[^.;:]{0,60}\b(?:ns|µs|ms|(?:nano|micro|milli)?seconds?)\b`,
    String.raw`\b(?:\w+ times|twice) (?:as (?:long|much|dear|many)|the (?:time|memory)|what)\b`,
    String.raw`\b[\d.,]+ ?(?:ns|µs)\b|\b(?:nano|micro)seconds?\b`,
  ].join('|'),
  'i',
);
const SOURCE = /\bADR \d{4}|docs\/(?:adr\/|dependencies\.md)|\bbench[/:]/;

/** By file: words of the comment, and what they are. */
const NO_CLAIMS: Readonly<Record<string, readonly [words: string, what: string]>> = {
  'admin/day-keeper.ts': ['Three times what a day', 'a bound in bytes'],
  'config/schema.ts': ['at most 2^31 ms', 'the documented bound of a timer'],
  'stub-resolver/ask-servers.ts': ['twice as long as the one before', 'a wait that is set'],
  'forward/head-turns.ts': ["some milliseconds' worth", 'a share that is set below'],
  'guard/settings.ts': ['twice as long each time', 'a wait that is set'],
  'list/source/tuf/https-repository.ts': ['Slower than a MiB a minute', 'a bound that is set'],
  'match/segment-records.ts': ['four times as many', 'a number of rows'],
  'workers/counter-slots.ts': ['twice what a configuration may hold', 'a number of slots'],
};
const COMMENT = /\/\*[^]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm;

const comments = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) =>
    [...readFileSync(join(ROOT, 'src', name), 'utf8').matchAll(COMMENT)].map(([text]) => ({ name, text })),
  );
const scenes = readdirSync(join(ROOT, 'bench', 'load', 'scenes'))
  .map((name) => readFileSync(join(ROOT, 'bench', 'load', 'scenes', name), 'utf8'))
  .join('\n');
const adrs = new Set(readdirSync(join(ROOT, 'docs', 'adr')).map((name) => name.slice(0, 4)));

describe('what comments say was measured', () => {
  test('has a source', () => {
    const claims = comments.filter(({ text }) => CLAIM.test(text));
    expect(claims.length).toBeGreaterThan(5);
    expect(claims.filter(({ text }) => !SOURCE.test(text)).map(({ name }) => name)).toEqual([]);
  });

  test('so has what they say something takes, and what is faster', () => {
    const claims = comments
      .map(({ name, text }) => ({ name, text, words: text.replaceAll(/\s+(?:\*|\/\/)?\s*/g, ' ') }))
      .filter(({ words }) => COST.test(words));
    const open = claims.filter(({ text }) => !SOURCE.test(text));
    expect(claims.length - open.length).toBeGreaterThan(8);
    expect(
      open
        .filter(({ name, words }) => !words.includes(NO_CLAIMS[name]?.[0] ?? '\0'))
        .map(({ name, words }) => `${name}: ${words}`),
    ).toEqual([]);
    expect(Object.keys(NO_CLAIMS).filter((file) => !open.some(({ name }) => name === file))).toEqual([]);
  });

  test.each(['it took 24 ns', 'costs half a millisecond each', 'ten times as dear', 'some microseconds', 'is faster'])(
    'it would be found: %s',
    (words) => {
      expect(words).toMatch(COST);
    },
  );

  test('each bench that a comment names is there', () => {
    const named = comments.flatMap(({ text }) => [...text.matchAll(/\bbench\/[a-z-]+(?:\/[a-z-]+\.ts)?/g)].flat());
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('each scene of the load bench that a comment names is there', () => {
    const named = comments.flatMap(({ text }) =>
      [...text.matchAll(/\bbench\/load, ((?:`[a-z-]+`(?:,| and)?\s*(?:\* )?)+)/g)].flatMap(([, list = '']) =>
        [...list.matchAll(/`([a-z-]+)`/g)].map(([, scene = '']) => scene),
      ),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((scene) => !scenes.includes(`name: '${scene}'`))).toEqual([]);
  });

  test('each ADR that a comment names is there', () => {
    const named = comments.flatMap(({ text }) => [...text.matchAll(/\bADR (\d{4})/g)].map(([, number = '']) => number));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((number) => !adrs.has(number))).toEqual([]);
  });
});
