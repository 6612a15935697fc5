/** A comment of src that says something was measured names where: a bench that is there, or an ADR that has the figure. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

/** `(measured)`, `measured: …`: a claim. What a program measures is none. */
const CLAIM = /\(measured\b|\bmeasured(?:[:)]| in\b)|\bmeasured with\b/i;
const SOURCE = /\bADR \d{4}|docs\/adr\/|\bbench[/:]/;
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
