/** The question for a name: block before steer, an exception before both, and nothing at all where nobody is judged. Who counts: verdict-service.test.ts. */
import { expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import type { Entry } from '../../src/match/entry.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import { LIST_ACTION } from '../../src/observe/counters.ts';
import { Judge } from '../../src/policy/judge.ts';
import { VerdictService, type Requester } from '../../src/verdict/verdict-service.ts';
import { entry, testKeys } from '../match/support.ts';

const ACTIONS = ['block', 'count', 'allow'] as const;
const ANYBODY: Requester = { client: { exempt: false, policy: null }, listener: { listMask: -1 } };

function serviceOf(entries: readonly Entry[], list?: number): VerdictService & { readonly hits: string[] } {
  const matcher = new Matcher({ cacheEntries: 10 });
  const image = buildSegment(entries, testKeys(1));
  matcher.use(openSnapshot([list === undefined ? image : { ...image, list }]));
  const hits: string[] = [];
  const service = new VerdictService({
    matcher,
    rules: {
      judge: new Judge(
        matcher,
        ACTIONS.map((action) => ({ action })),
      ),
      slots: [0, 1, 2],
    },
    counter: { listHit: (slot, action) => hits.push(`${slot} ${action}`) },
    refresh: () => {},
  });
  service.today = 10;
  return Object.assign(service, { hits });
}

/** `block`, `pass steer` and so on. */
function ask(service: VerdictService, host: string, requester: Requester = ANYBODY): string {
  const { verdict, steer } = service.name(service.facts(host)!, requester);
  return steer ? `${verdict.action} steer` : verdict.action;
}

const of = (list: 0 | 1 | 2, more: Partial<Entry> = {}): Partial<Entry> => ({ list, ...more });
const dns = { dns: true } as const;
const steer = { steer: true } as const;

const cases: readonly { readonly name: string; readonly entries: readonly Entry[]; readonly want: string }[] = [
  { name: 'a whole host that permits it', entries: [entry('a.example', dns)], want: 'block' },
  { name: 'a whole host that does not', entries: [entry('a.example')], want: 'pass' },
  { name: 'a parent with its subdomains', entries: [entry('*.example', dns)], want: 'block' },
  { name: 'a parent alone', entries: [entry('example', { ...dns, ...steer })], want: 'pass' },
  { name: 'a whole host on one port', entries: [entry('a.example', { ...dns, port: 443 })], want: 'pass' },
  { name: 'a path, whatever it permits', entries: [entry('a.example/*', dns)], want: 'pass' },
  { name: 'a path that steers', entries: [entry('a.example/x', steer)], want: 'pass steer' },
  { name: 'a path of subdomains that steers', entries: [entry('*.example/x', steer)], want: 'pass steer' },
  {
    name: 'a host on one port that steers',
    entries: [entry('a.example', { ...steer, port: 443 })],
    want: 'pass steer',
  },
  { name: 'block before steer', entries: [entry('a.example', dns), entry('a.example/x', steer)], want: 'block' },
  { name: 'both permissions on one entry', entries: [entry('a.example', { ...dns, ...steer })], want: 'block' },
  {
    name: 'an exception before block',
    entries: [entry('a.example', dns), entry('a.example', of(2))],
    want: 'allow',
  },
  {
    name: 'an exception of a parent before steer',
    entries: [entry('a.example/x', steer), entry('*.example', of(2))],
    want: 'allow',
  },
  {
    name: 'an exception for a path lifts nothing here, where no path is seen',
    entries: [entry('a.example', dns), entry('a.example/x', of(2))],
    want: 'block',
  },
  {
    name: 'an exception on one port lifts nothing here, where no port is seen',
    entries: [entry('a.example', dns), entry('a.example', of(2, { port: 443 }))],
    want: 'block',
  },
  { name: 'an exception steers nobody', entries: [entry('a.example', of(2, { ...steer, port: 443 }))], want: 'pass' },
  { name: 'an entry that only counts', entries: [entry('a.example', { ...dns, count: true })], want: 'count' },
  { name: 'a list that only counts', entries: [entry('a.example', of(1, dns))], want: 'count' },
  {
    name: 'what only counts steers where it may',
    entries: [entry('a.example', of(1, { ...dns, ...steer }))],
    want: 'count steer',
  },
  { name: 'an entry on its last day', entries: [entry('a.example', { ...dns, expires: 10 })], want: 'block' },
  { name: 'an entry that has expired', entries: [entry('a.example', { ...dns, ...steer, expires: 9 })], want: 'pass' },
  {
    name: 'a path that has expired still steers, which is harmless',
    entries: [entry('a.example/x', { ...steer, expires: 9 })],
    want: 'pass steer',
  },
];
test.each(cases)('$name: $want', ({ entries, want }) => {
  expect(ask(serviceOf(entries), 'a.example')).toBe(want);
});

test('of a list that is alone in its segment a path steers only where that list applies, and does not allow', () => {
  const path = [entry('a.example/x', steer)];
  const masked = (listMask: number): Requester => ({ ...ANYBODY, listener: { listMask } });
  expect(ask(serviceOf(path, 1), 'a.example', masked(0b010))).toBe('pass steer');
  expect(ask(serviceOf(path, 1), 'a.example', masked(0b101))).toBe('pass');
  expect(ask(serviceOf(path, 2), 'a.example')).toBe('pass');
});

// Was so: a client whose policy has nothing but exceptions, or a protected list, had names of all text lists steered.
test('of lists that share a segment a path steers where one of those applies that do not allow', () => {
  const masked = (listMask: number): Requester => ({ ...ANYBODY, listener: { listMask } });
  const matcher = new Matcher({ cacheEntries: 10 });
  const shared = buildSegment([entry('a.example/x', steer)], testKeys(1));
  matcher.use(openSnapshot([shared, { ...buildSegment([entry('b.example/x', { list: 3 })], testKeys(2)), list: 3 }]));
  const judge = new Judge(
    matcher,
    [...ACTIONS, 'block' as const].map((action) => ({ action })),
  );
  const parts = { rules: { judge, slots: [0, 1, 2, 3] }, counter: { listHit: () => {} }, refresh: () => {} };
  const service = new VerdictService({ matcher, ...parts });
  const asked = [0b0001, 0b0010, 0b0100, 0b1000, 0b1100, 0b1101].map((lists) =>
    ask(service, 'a.example', masked(lists)),
  );
  expect(asked).toEqual(['pass steer', 'pass steer', 'pass', 'pass', 'pass', 'pass steer']);
});

test('clients that nobody judges are neither refused nor steered, nor is anybody in break-glass', () => {
  const entries = [entry('a.example', dns), entry('b.example/x', steer)];
  const service = serviceOf(entries);
  const exempt = { ...ANYBODY, client: { exempt: true, policy: null } };
  expect([ask(service, 'a.example', exempt), ask(service, 'b.example', exempt)]).toEqual(['pass', 'pass']);
  service.bypass = true;
  expect([ask(service, 'a.example'), ask(service, 'b.example')]).toEqual(['pass', 'pass']);
  expect(service.hits).toEqual([]);
});

test("a client's policy has its lists and no others", () => {
  const entries = [entry('a.example', dns), entry('a.example', of(1, dns))];
  const client = { exempt: false, policy: { listMask: 0b010 } };
  expect(ask(serviceOf(entries), 'a.example', { ...ANYBODY, client })).toBe('count');
});

test('hits are counted, and what is steered is none', () => {
  const service = serviceOf([entry('a.example', dns), entry('a.example', of(1, dns)), entry('b.example/x', steer)]);
  ask(service, 'a.example');
  ask(service, 'b.example');
  expect(service.hits.toSorted()).toEqual([`0 ${LIST_ACTION.block}`, `1 ${LIST_ACTION.count}`]);
});
