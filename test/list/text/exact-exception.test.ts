/** A line of an allow list opens what it says, or it is a bad line; found by the second audit (U2, U6). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseTextList } from '../../../src/list/text/grammar.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { buildSegment, openSnapshot } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { testKeys } from '../../match/support.ts';

const TODAY = 20_000;
const WHY = ' reason="x" expires=2099-01-01';

function parsed(line: string, action: 'block' | 'allow') {
  const [outcome] = [
    ...parseTextList(Buffer.from(`${line}${action === 'allow' ? WHY : ''}\n`), {
      list: action === 'allow' ? 1 : 0,
      action,
    }),
  ];
  if (outcome?.kind === 'error') return outcome.diagnostic.message;
  return outcome?.kind === 'entry' ? outcome.entry : null;
}

const isEntry = (found: ReturnType<typeof parsed>): found is Entry => typeof found === 'object' && found !== null;

describe('an exception', () => {
  test.each([
    'a.example/s?q=AT%26T',
    'a.example/s?q=1%2B1',
    'a.example/s?q=a%3Db',
    'a.example/s?q=a%3bb',
    'a.example/s?u=%2526',
    'a.example/s?q=AT%26T#top',
  ])('%s could open another address alone', (line) => {
    expect(parsed(line, 'allow')).toContain('an exception opens exactly what is written');
    expect(isEntry(parsed(line, 'block'))).toBe(true);
  });

  test.each(['case', 'params', 'slash', 'info', 'case,slash'])('fold=%s would open pages beside it', (fold) => {
    expect(parsed(`a.example/page.php fold=${fold}`, 'allow')).toContain("'fold' would open pages beside it");
  });

  test.each([
    'a.example/s?q=AT&T',
    'a.example/s?u=http%3A%2F%2Fb.example%2F',
    'a.example/s?q=50%25',
    'a.example/s?q=%23x',
    'a.example/s?*',
    'a.example/AT%26T/*',
    'a.example/s?q=%41',
    'a.example',
  ])('%s is exact', (line) => {
    expect(isEntry(parsed(line, 'allow'))).toBe(true);
  });

  test('what is taken opens its own query, and no other one that a program tells apart from it', () => {
    const piece = fc.constantFrom('a', '%26', '&', '%3D', '=', '%2B', '+', '%3b', ';', '%2F', '%20', '%41', '%25');
    const query = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(query, query, (written, asked) => {
        const allow = parsed(`a.example/s?${written}`, 'allow');
        const block = parsed('a.example/s?*', 'block');
        fc.pre(isEntry(allow) && isEntry(block));
        if (!isEntry(allow) || !isEntry(block)) return;
        const matcher = new Matcher({ cacheEntries: 1 });
        matcher.use(openSnapshot([buildSegment([block, allow], testKeys(1))]));
        const judge = new Judge(matcher, [{ action: 'block' }, { action: 'allow' }]);
        const verdict = (text: string) =>
          judge.url(matcher.lookup('a.example')!, `/s?${text}`, { port: 80, listMask: -1, today: TODAY }).action;
        expect(verdict(written)).toBe('allow');
        if (decodedNames(asked) !== decodedNames(written)) expect(verdict(asked)).toBe('block');
      }),
    );
  });
});

/** As programs take a query apart: at `&`, `;` and `=` as they came, then decoded once. */
function decodedNames(query: string): string {
  return JSON.stringify(
    query
      .split(/([&;=+])/)
      .map((part) =>
        part.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
          `<${String.fromCharCode(Number.parseInt(hex, 16))}>`.replace(/^<([a-zA-Z/ ])>$/, '$1'),
        ),
      ),
  );
}
