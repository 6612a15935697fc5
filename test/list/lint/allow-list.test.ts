/**
 * What an allow list undoes, takes a part out of, and does not meet at all, held against the judge: without an entry that is undone, or an
 * allow entry that is idle, no verdict changes; without any other allow entry some verdict does.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { AllowList, undoneByDigests } from '../../../src/list/lint/allow-list.ts';
import type { UndoneEntry } from '../../../src/list/lint/allow-list.ts';
import { AllowScopes } from '../../../src/list/lint/allow-scopes.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { openSnapshot, SegmentBuilder } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { testKeys } from '../../match/support.ts';

const TODAY = 20_000;
const WHY = ' reason="a test" expires=2099-12-31';
const allowText = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}${WHY}\n`).join(''));
const blockText = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

interface Effects {
  /** `allow>undone`, by line. */
  readonly undone: readonly string[];
  /** `allow<entry`, by line. */
  readonly inside: readonly string[];
  /** By line. */
  readonly idle: readonly number[];
  readonly unknown: readonly number[];
}

function effectsOf(list: AllowList, found: Iterable<{ readonly allow: bigint; readonly undone: bigint }>): Effects {
  const undone = [...found].map(({ allow, undone }) => `${allow}>${undone}`);
  const effects = list.effects() ?? [];
  const lines = (wanted: string): number[] =>
    effects.filter(({ meets }) => meets === wanted).map(({ id }) => Number(id));
  return {
    undone,
    inside: effects.flatMap(({ id, inside }) => (inside === null ? [] : [`${id}<${inside.id}`])),
    idle: lines('none'),
    unknown: lines('unknown'),
  };
}

/** Of lists as text. */
function told(allow: readonly string[], block: readonly string[], action: ListAction = 'block'): Effects {
  const list = new AllowList({ bytes: allowText(allow), action: 'allow' }, TODAY);
  return effectsOf(list, list.undoneIn({ bytes: blockText(block), action }, 1));
}

/** `allow>undone`, by line, and ` but …` where some spellings stay refused. */
function spelled(found: Iterable<UndoneEntry>): readonly string[] {
  return [...found].map(({ allow, undone, inEverySpelling }) => `${allow}>${undone}${inEverySpelling ? '' : ' but'}`);
}

/** The other list has no text. */
function asked(allow: readonly string[], block: readonly string[]): Effects {
  const list = new AllowList({ bytes: allowText(allow), action: 'allow' }, TODAY);
  return effectsOf(list, list.undoneInDigests(segmentOf(blockText(block), 'block'), 1));
}

function segmentOf(text: Buffer, action: ListAction): Uint8Array {
  const builder = new SegmentBuilder(testKeys(7));
  for (const entry of listEntries(text, { list: 0, action, today: TODAY })) builder.add(entry);
  return builder.build().bytes;
}

interface Case {
  readonly name: string;
  readonly allow: readonly string[];
  readonly block: readonly string[];
  readonly undone?: readonly string[];
  readonly inside?: readonly string[];
  /** Of a list without text nobody knows what to ask for. */
  readonly isHidden?: boolean;
}

describe('an entry that allows undoes', () => {
  const cases: readonly Case[] = [
    {
      name: 'the same entry, however it is spelled',
      allow: ['http://A.example/x'],
      block: ['a.example/./x'],
      undone: ['1>1'],
    },
    { name: 'a page on its host', allow: ['a.example'], block: ['a.example/x?y', 'b.example/x'], undone: ['1>1'] },
    {
      name: 'a page below its directory',
      allow: ['a.example/d/*'],
      block: ['a.example/e', 'a.example/d/e/f'],
      undone: ['1>2'],
    },
    { name: 'a URL of its page', allow: ['a.example/p?*'], block: ['a.example/p?x=1'], undone: ['1>1'] },
    {
      name: 'what is below its host',
      allow: ['*.a.example'],
      block: ['b.a.example', '*.c.a.example/x', 'a.example'],
      undone: ['1>1', '1>2', '1>3'],
    },
    { name: 'an entry that only counts', allow: ['a.example'], block: ['a.example/x count'], undone: ['1>1'] },
    {
      name: 'an entry that lasts longer',
      allow: ['a.example'],
      block: ['a.example/x expires=2100-01-01'],
      undone: ['1>1'],
    },
    {
      name: 'the widest is named',
      allow: ['a.example/x', 'a.example'],
      block: ['a.example/x'],
      undone: ['2>1'],
    },
    { name: 'a port on any', allow: ['a.example'], block: ['a.example:8080'], undone: ['1>1'] },
    { name: 'nothing, if there is none', allow: [], block: ['a.example'] },
  ];
  test.each(cases)('$name', ({ allow, block, undone = [] }) => {
    expect(told(allow, block)).toEqual({ undone, inside: [], idle: [], unknown: [] });
  });
});

describe('an entry that allows undoes another one in every spelling if it is on a whole host', () => {
  const allow = ['a.example/d/*', '*.a.example', 'b.example/*', 'c.example'];
  const block = ['a.example/d/e', 'b.example/d', 'c.example', 'c.example/d', 'b.example'];
  const want = ['2>1', '3>2 but', '4>3', '4>4'];

  test('of lists with text', () => {
    const list = new AllowList({ bytes: allowText(allow), action: 'allow' }, TODAY);
    expect(spelled(list.undoneIn({ bytes: blockText(block), action: 'block' }, 1))).toEqual(want);
  });

  test('of an allow list without text', () => {
    const segment = segmentOf(allowText(allow), 'allow');
    expect(spelled(undoneByDigests(segment, { bytes: blockText(block), action: 'block' }, TODAY))).toEqual(want);
  });

  test('of a list without text', () => {
    const list = new AllowList({ bytes: allowText(['a.example/d/*', 'c.example']), action: 'allow' }, TODAY);
    const found = list.undoneInDigests(segmentOf(blockText(['a.example/d/*', 'c.example']), 'block'), 1);
    expect(spelled(found)).toEqual(['1>1 but', '2>2']);
  });
});

const PARTS: readonly Case[] = [
  { name: 'a page of a directory', allow: ['a.example/d/e'], block: ['a.example/d/*'], inside: ['1<1'] },
  { name: 'a URL of a page', allow: ['a.example/p?x'], block: ['a.example/p?*'], inside: ['1<1'] },
  { name: 'a page of a host', allow: ['a.example/d/e'], block: ['a.example'], inside: ['1<1'] },
  { name: 'all paths of a host, which TLS hides', allow: ['a.example/*'], block: ['a.example'], inside: ['1<1'] },
  { name: 'a host of many', allow: ['b.a.example'], block: ['*.a.example'], inside: ['1<1'] },
  { name: 'the host of those below it', allow: ['a.example'], block: ['*.a.example'], inside: ['1<1'] },
  { name: 'a port of any', allow: ['a.example:80'], block: ['a.example:8080', 'a.example'], inside: ['1<2'] },
  {
    name: 'a directory of each host, of one host',
    allow: ['*.a.example/d/*'],
    block: ['b.a.example'],
    inside: ['1<1'],
    isHidden: true,
  },
  {
    name: 'the host of a page of each host',
    allow: ['b.a.example'],
    block: ['*.a.example/p'],
    inside: ['1<1'],
    isHidden: true,
  },
  { name: 'the widest is named', allow: ['b.a.example/p'], block: ['b.a.example', '*.a.example'], inside: ['1<2'] },
  {
    name: 'a page, of the same page that its origin spells in any case',
    allow: ['a.example/d'],
    block: ['a.example/d fold=case'],
    inside: ['1<1'],
  },
  {
    name: 'a page, of a directory that its origin spells in any case',
    allow: ['a.example/D/e'],
    block: ['a.example/d/* fold=case'],
    inside: ['1<1'],
  },
  {
    name: 'a page with a parameter alone in a segment, of the page without it',
    allow: ['a.example/d/;x/e'],
    block: ['a.example/d/e fold=params'],
    inside: ['1<1'],
  },
  {
    name: 'a page with a parameter behind two dots, of the page above',
    allow: ['a.example/d/..;x/e'],
    block: ['a.example/e fold=params'],
    inside: ['1<1'],
  },
];

describe('an entry that allows is an exception inside of another', () => {
  test.each(PARTS)('$name', ({ allow, block, inside = [] }) => {
    expect(told(allow, block)).toEqual({ undone: [], inside, idle: [], unknown: [] });
  });

  test('and undoes a third one', () => {
    expect(told(['a.example/d/*'], ['a.example', 'a.example/d/e'])).toEqual({
      undone: ['1>2'],
      inside: ['1<1'],
      idle: [],
      unknown: [],
    });
  });
});

const IDLE: readonly Case[] = [
  { name: 'another host', allow: ['a.example'], block: ['b.example', 'aa.example', 'example.a.example'] },
  { name: 'a host beside those below it', allow: ['b.example'], block: ['*.a.example'] },
  { name: 'another page', allow: ['a.example/p'], block: ['a.example/q', 'a.example/p/*', 'a.example/p?x'] },
  { name: 'another directory', allow: ['a.example/d/*'], block: ['a.example/e/*', 'a.example/d'] },
  { name: 'another port', allow: ['a.example:80'], block: ['a.example:8080'] },
  { name: 'an address, and one that ends like it', allow: ['192.0.2.1'], block: ['192.0.2.11'] },
  { name: 'an entry whose last day is over', allow: ['a.example'], block: ['a.example expires=2020-01-01'] },
  { name: 'no entry at all', allow: ['a.example'], block: [] },
];

describe('an entry that allows is idle beside', () => {
  test.each(IDLE)('$name', ({ allow, block }) => {
    expect(told(allow, block)).toEqual({ undone: [], inside: [], idle: [1], unknown: [] });
  });

  test('nobody, where one of several lists has something for it', () => {
    const list = new AllowList({ bytes: allowText(['a.example', 'b.example', 'c.example']), action: 'allow' }, TODAY);
    const text = (line: string) => ({ bytes: blockText([line]), action: 'block' as const });
    const found = [
      ...list.undoneIn(text('b.example'), 1),
      ...list.undoneInDigests(segmentOf(blockText(['a.example']), 'block'), 2),
    ];
    expect(effectsOf(list, found)).toEqual({ undone: ['2>1', '1>1'], inside: [], idle: [3], unknown: [] });
  });

  test('it is not said of a list that is too long for it', () => {
    const list = new AllowList(
      { bytes: allowText(['a.example/b/c', 'b.example']), action: 'allow' },
      TODAY,
      new AllowScopes(8),
    );
    expect([...list.undoneIn({ bytes: blockText(['b.example/x']), action: 'block' }, 1)]).toHaveLength(1);
    expect(list.effects()).toBeNull();
  });
});

describe('a list without text is asked', () => {
  test.each(PARTS)('of which an allow entry takes a part: $name', ({ allow, block, inside = [], isHidden = false }) => {
    expect(asked(allow, block)).toMatchObject({
      undone: [],
      inside: isHidden ? [] : inside,
      idle: [],
      unknown: isHidden ? [1] : [],
    });
  });

  test.each([
    { name: 'the same host', allow: ['a.example'], block: ['a.example'], want: { undone: ['1>1'] } },
    { name: 'the same page', allow: ['a.example/p?*'], block: ['a.example/p?*'], want: { undone: ['1>1'] } },
    { name: 'the page without a query', allow: ['a.example/p?*'], block: ['a.example/p'], want: { undone: ['1>1'] } },
    { name: 'the same URL', allow: ['a.example/p?x'], block: ['a.example/p?x'], want: { undone: ['1>1'] } },
    { name: 'the same directory', allow: ['a.example/d/*'], block: ['a.example/d/*'], want: { undone: ['1>1'] } },
    {
      name: 'the same directory, without its slash',
      allow: ['a.example/d/*'],
      block: ['a.example/d/* fold=slash'],
      want: { inside: ['1<1'] },
    },
    { name: 'the host of those below', allow: ['*.a.example'], block: ['a.example'], want: { undone: ['1>1'] } },
    { name: 'a port of it', allow: ['a.example'], block: ['a.example:80'], want: { undone: ['1>1'] } },
    { name: 'pages of a host may be more', allow: ['a.example'], block: ['a.example/p'], want: { unknown: [1] } },
    { name: 'hosts below may be more', allow: ['*.a.example'], block: ['b.a.example'], want: { unknown: [1] } },
    { name: 'pages of a directory', allow: ['a.example/d/*'], block: ['a.example/d/p'], want: { unknown: [1] } },
    { name: 'queries of a page', allow: ['a.example/p?*'], block: ['a.example/p?x'], want: { unknown: [1] } },
    { name: 'other spellings', allow: ['a.example/p'], block: ['a.example/P fold=case'], want: { inside: ['1<1'] } },
    { name: 'another URL', allow: ['a.example/p'], block: ['a.example/q'], want: { idle: [1] } },
    { name: 'another directory', allow: ['a.example/d/*'], block: ['a.example/e/*'], want: { idle: [1] } },
    { name: 'what is over', allow: ['a.example'], block: ['a.example expires=2024-01-01'], want: { idle: [1] } },
    { name: 'another port', allow: ['a.example:80'], block: ['a.example:81'], want: { idle: [1] } },
  ])('$name', ({ allow, block, want }) => {
    expect(asked(allow, block)).toEqual({ undone: [], inside: [], idle: [], unknown: [], ...want });
  });

  test('an allow list without text is asked by the others', () => {
    const segment = segmentOf(allowText(['a.example', '*.b.example/d/*', 'c.example/p']), 'allow');
    const block = ['a.example/x', 'x.b.example/d/e', 'c.example/*', 'c.example/p', 'd.example'];
    const found = [...undoneByDigests(segment, { bytes: blockText(block), action: 'block' }, TODAY)];
    expect(found.map(({ allow, undone }) => `${allow}>${undone}`)).toEqual(['1>1', '2>2', '3>4']);
  });
});

const line = fc
  .tuple(
    fc.constantFrom('', '*.'),
    fc.constantFrom('a.example', 'b.a.example'),
    fc.constantFrom('', ':80'),
    fc.constantFrom('', '/', '/*', '/d/*', '/d/e', '/d/e?*', '/d/e?q', '/D/e', '/d/', '/p.php', '/p.php/x?*'),
  )
  .map((parts) => parts.join(''));
const lines = fc.array(line, { minLength: 1, maxLength: 4 });
const folded = fc
  .tuple(line, fc.constantFrom('', '', ' fold=case', ' fold=slash', ' fold=case,slash', ' fold=params'))
  .map(([text, fold]) => (text.endsWith('.php') ? `${text} fold=info` : text.includes('/') ? text + fold : text));
const foldedLines = fc.array(folded, { minLength: 1, maxLength: 4 });

const REQUESTS = ['a.example', 'b.a.example', 'c.b.a.example'].flatMap((name) =>
  [
    '/',
    '/d',
    '/d/',
    '/d/e',
    '/d/e?q',
    '/d/e?r',
    '/d/e/',
    '/d/f',
    '/D/e',
    '/D/e?q',
    '/d/e;y',
    '/d;y/e',
    '/x',
    '/p.php/x',
    '/p.php',
  ].flatMap((target) => [80, 81].map((port) => ({ name, target, port }))),
);

const PLAIN_REQUESTS = REQUESTS.filter(({ target }) => !target.includes(';'));
const SAME_WITH_PARAMETERS = ['*.a.example/d/* fold=params', 'a.example'];

/** The same in spellings that origins read in several ways. */
const ODD_REQUESTS = REQUESTS.filter(({ name, port }) => name !== 'b.a.example' && port === 80).flatMap(
  ({ name, target, port }) => oddSpellings(target).map((odd) => ({ name, target: odd, port })),
);

function oddSpellings(target: string): readonly string[] {
  return [
    `/x/..${target}`,
    `/x%2f..${target}`,
    `/x%252f..${target}`,
    `/x/..;y${target}`,
    `/;y${target}`,
    `/${target}`,
    target.replace('/d', '/%64'),
    target.replace('/d/', '/d;y/'),
    target.replace('/e', '%2fe'),
    target.replace('/e', '%5ce'),
    target.replace('/e', '//e'),
    target.replace('/e', '/.;y/e'),
  ];
}

/** Of each request: whether it is refused. Of whole hosts, as in TLS, too. */
function refused(allow: readonly string[], block: readonly string[], requests = REQUESTS): readonly boolean[] {
  const judge = judgeOf(allow, block);
  return requests.flatMap(({ name, target, port }) => {
    const facts = judge.matcher.lookup(name)!;
    const when = { port, listMask: -1, today: TODAY };
    return [judge.url(facts, target, when), judge.host(facts, when)].map(({ action }) => action === 'block');
  });
}

const without = <T>(all: readonly T[], gone: (number: number) => boolean): T[] => all.filter((_, i) => !gone(i + 1));

describe('the judge agrees', () => {
  test('without what is undone, and without what is idle, no verdict changes', () => {
    fc.assert(
      fc.property(lines, foldedLines, (allow, block) => {
        const { undone, idle } = told(allow, block);
        const gone = new Set(undone.map((pair) => Number(pair.split('>')[1])));
        const left = without(block, (number) => gone.has(number));
        expect(refused(allow, left, PLAIN_REQUESTS)).toEqual(refused(allow, block, PLAIN_REQUESTS));
        const before = refused(allow, block);
        expect(
          refused(
            without(allow, (number) => idle.includes(number)),
            block,
          ),
        ).toEqual(before);
      }),
      // A parameter in a segment is a spelling that servers read in several ways: what is undone may be refused there.
      { numRuns: 100, examples: [[['*.a.example/d/*', 'a.example'], SAME_WITH_PARAMETERS]] },
    );
  });

  test('without what is undone in every spelling no verdict changes in any; of the rest one spelling stays refused', () => {
    const partly: string[] = [];
    fc.assert(
      fc.property(lines, foldedLines, (allow, block) => {
        const list = new AllowList({ bytes: allowText(allow), action: 'allow' }, TODAY);
        const undone = [...list.undoneIn({ bytes: blockText(block), action: 'block' }, 1)];
        const gone = new Set(
          undone.flatMap(({ undone: id, inEverySpelling }) => (inEverySpelling ? [Number(id)] : [])),
        );
        const left = without(block, (number) => gone.has(number));
        const odd = [...ODD_REQUESTS, ...REQUESTS];
        if (gone.size > 0) expect(refused(allow, left, odd)).toEqual(refused(allow, block, odd));
        for (const { undone: id, inEverySpelling } of undone) {
          if (inEverySpelling) continue;
          const [text = ''] = block.slice(Number(id) - 1);
          partly.push(text);
          expect({ allow, text, refused: refused(allow, [text], [oddRequestOf(text)])[0] }).toEqual({
            allow,
            text,
            refused: true,
          });
        }
      }),
      { numRuns: 25, examples: [[['a.example/d/*'], ['a.example/d/e', 'a.example/d/*']]] },
    );
    expect(partly.length).toBeGreaterThan(1);
  });

  test('an allow entry that is not idle changes a verdict, if it is alone', () => {
    fc.assert(
      fc.property(line, lines, (allow, block) => {
        const isIdle = told([allow], block).idle.length > 0;
        const [alone, none] = [refused([allow], block), refused([], block)];
        expect({ allow, block, changes: JSON.stringify(alone) !== JSON.stringify(none) }).toEqual({
          allow,
          block,
          changes: !isIdle,
        });
      }),
      { numRuns: 100 },
    );
  });

  test('an allow entry is inside of an entry that goes on to refuse something', () => {
    fc.assert(
      fc.property(line, line, (allow, block) => {
        const { inside } = told([allow], [block]);
        const [alone, none] = [refused([allow], [block]), refused([], [block])];
        const isPart = alone.includes(true) && JSON.stringify(alone) !== JSON.stringify(none);
        expect({ allow, block, isPart }).toEqual({ allow, block, isPart: inside.length > 0 });
      }),
      { numRuns: 100 },
    );
  });

  test('what digests say is what texts say, as far as they say it', () => {
    fc.assert(
      fc.property(lines, foldedLines, (allow, block) => {
        const [text, digest] = [told(allow, block), asked(allow, block)];
        const undone = new Set(text.undone.map((pair) => pair.split('>')[1]));
        for (const pair of digest.undone) expect(undone).toContain(pair.split('>')[1]);
        for (const idle of digest.idle) expect(text.idle).toContain(idle);
        const parts = new Set(text.inside.map((pair) => pair.split('<')[0]));
        for (const pair of digest.inside) expect(parts).toContain(pair.split('<')[0]);
        // What is idle is never said to do something.
        for (const idle of text.idle) expect([...digest.idle, ...digest.unknown]).toContain(idle);
      }),
      { numRuns: 100 },
    );
  });
});

/** An address of the entry on which no entry of these tests lies by itself, spelled so that it may be another one. */
function oddRequestOf(line: string): (typeof REQUESTS)[number] {
  const [, star, name = '', port, path = ''] = /^(\*\.)?([a-z.]+)(:80)?(\/\S*)/.exec(line) ?? [];
  const target = path.replace(/\?\*$/, '').replace(/\*$/, '');
  const host = star === undefined ? name : `z.${name}`;
  return { name: host, target: `/x%2f..${target}`, port: port === undefined ? 81 : 80 };
}

function judgeOf(allow: readonly string[], block: readonly string[]): Judge {
  const builder = new SegmentBuilder(testKeys(1));
  for (const entry of listEntries(allowText(allow), { list: 0, action: 'allow', today: TODAY })) builder.add(entry);
  for (const entry of listEntries(blockText(block), { list: 1, action: 'block', today: TODAY })) builder.add(entry);
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([builder.build()]));
  return new Judge(matcher, [{ action: 'allow' }, { action: 'block' }]);
}
