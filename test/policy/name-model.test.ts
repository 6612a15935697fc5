/**
 * Verdicts on names that are asked of a resolver against a model that compares texts: any entries, any names, up to four segments, with the
 * real hash and with hashes that collide on purpose. A block is never one too many; what is steered may be, within what is promised.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../src/lib/types.ts';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import type { RequestContext } from '../../src/policy/judge.ts';
import { entry, snapshotOf, truncatedHash } from '../match/support.ts';
import type { MakeHash } from '../match/support.ts';

const ACTIONS: readonly ListAction[] = ['block', 'count', 'allow', 'block'];
const TODAY = 10;
const hosts = fc.constantFrom('a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'ba.test', 'test');

const entries = fc
  .tuple(
    hosts,
    fc.boolean(),
    fc.constantFrom('', '', '', '/d', '/d/*', '/', '/*', '/d?q', '/d?*'),
    fc.record({
      fold: fc.constantFrom(0, 0, 1, 6),
      port: fc.constantFrom(0, 0, 0, 443),
      list: fc.nat(3),
      expires: fc.constantFrom(0, 0, 9, 10, 11),
      count: fc.constantFrom(false, false, true),
      dns: fc.boolean(),
      steer: fc.boolean(),
    }),
  )
  .map(([host, subdomains, path, more]) =>
    entry(`${subdomains ? '*.' : ''}${host}${path}`, path === '' ? { ...more, fold: 0 } : more),
  );

const groupsOfEntries = fc.array(fc.array(entries, { maxLength: 6 }), { maxLength: 4 }).map((groups) => {
  let id = 0n;
  return groups.map((group) => group.map((item) => ({ ...item, id: (id += 1n) })));
});
const questions = fc.record({ host: hosts, listMask: fc.constantFrom(-1, -1, 0b0110, 0b1001, 0) });

const HASHES: readonly { readonly name: string; readonly makeHash?: MakeHash }[] = [
  { name: 'HalfSipHash' },
  { name: '2 bits of it', makeHash: truncatedHash(2) },
  { name: 'a constant', makeHash: truncatedHash(0) },
];

describe.each(HASHES)('with $name', ({ makeHash }) => {
  test("the verdict on a name is the model's", () => {
    const seen = { block: 0, allow: 0, count: 0, steer: 0 };
    fc.assert(
      fc.property(groupsOfEntries, fc.array(questions, { minLength: 1, maxLength: 6 }), (groups, asked) => {
        const judge = judgeOf(groups, makeHash);
        for (const { host, listMask } of asked) {
          const facts = judge.matcher.lookup(host)!;
          const when: RequestContext = { port: 0, listMask, today: TODAY };
          const verdict = judge.name(facts, when);
          const here = groups.flat().filter((item) => isOn(item, host));
          const counting = here.filter((item) => mayBlock(item, listMask));
          const wanted = decided(counting);
          expect({ action: verdict.action, list: verdict.list, entry: verdict.entry }).toEqual(wanted);
          expect(new Set(verdict.hits.map(({ list, action }) => `${list} ${action}`))).toEqual(
            new Set(counting.map((item) => `${item.list} ${actionOf(item)}`)),
          );
          expectSteer(judge.steers(facts, when), here, { listMask, isExact: makeHash === undefined });
          if (verdict.action in seen) seen[verdict.action as keyof typeof seen] += 1;
          if (judge.steers(facts, when)) seen.steer += 1;
        }
      }),
      { numRuns: 1500 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });
});

/** Of path entries nobody knows list and day: so many more may steer, and no other. */
function expectSteer(
  steers: boolean,
  here: readonly Entry[],
  { listMask, isExact }: { readonly listMask: number; readonly isExact: boolean },
): void {
  const may = here.filter(({ steer }) => steer);
  const must = may.filter((item) => isInForce(item, listMask) && actionOf(item) !== 'allow');
  if (must.length > 0) expect(steers).toBe(true);
  else if (isExact && may.every(({ path }) => path.kind === 'host')) expect(steers).toBe(false);
}

function judgeOf(groups: readonly (readonly Entry[])[], makeHash: MakeHash | undefined): Judge {
  const matcher = new Matcher({ cacheEntries: 20 });
  matcher.use(snapshotOf(groups, makeHash));
  return new Judge(
    matcher,
    ACTIONS.map((action) => ({ action })),
  );
}

function isOn({ host, subdomains }: Entry, name: string): boolean {
  return name === host || (subdomains && name.endsWith(`.${host}`));
}

function actionOf({ count, list }: Entry): ListAction {
  return count ? 'count' : ACTIONS[list]!;
}

function isInForce({ list, expires }: Entry, listMask: number): boolean {
  return (listMask & (1 << list)) !== 0 && (expires === 0 || expires >= TODAY);
}

/** A whole host on any port; what allows needs no permission. */
function mayBlock(item: Entry, listMask: number): boolean {
  return (
    item.path.kind === 'host' &&
    item.port === 0 &&
    isInForce(item, listMask) &&
    (item.dns || actionOf(item) === 'allow')
  );
}

function decided(items: readonly Entry[]): { readonly action: string; readonly list: number; readonly entry: bigint } {
  for (const action of ['allow', 'block', 'count'] as const) {
    const [best] = items
      .filter((item) => actionOf(item) === action)
      .toSorted((a, b) => a.list - b.list || Number(a.id - b.id));
    if (best !== undefined) return { action, list: best.list, entry: best.id };
  }
  return { action: 'pass', list: -1, entry: 0n };
}
