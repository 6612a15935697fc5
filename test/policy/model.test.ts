/**
 * The whole verdict path against a model that compares texts: any entries, any requests, up to four segments, with the
 * real hash and with hashes that collide on purpose. Never a miss, never a false positive, always the same decision.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../src/lib/types.ts';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import type { Hit, Verdict } from '../../src/policy/verdict.ts';
import { decodeFully } from '../../src/url/bytes.ts';
import { isAmbiguous } from '../../src/url/dot-segments.ts';
import { FOLD, foldedPath } from '../../src/url/fold.ts';
import { canonicalTarget, rootedPath } from '../../src/url/path.ts';
import { MAX_PATH_KEYS } from '../../src/url/path-key-set.ts';
import { pathKeys, RawPath } from '../../src/url/path-keys.ts';
import { AXIS } from '../../src/url/reading-axes.ts';
import { entry, snapshotOf, truncatedHash } from '../match/support.ts';
import type { MakeHash } from '../match/support.ts';
import { explainedBy } from '../verdict/support.ts';

const ACTIONS: readonly ListAction[] = ['block', 'count', 'allow', 'block'];
const hosts = fc.constantFrom(
  'a.test',
  'b.test',
  'x.a.test',
  'y.x.a.test',
  'ba.test',
  'test',
  '192.0.2.1',
  '[2001:db8::1]',
);
const paths = fc
  .array(fc.constantFrom('d', 'e', 'D', 'p.php'), { maxLength: 3 })
  .chain((segments) =>
    fc.constantFrom(`/${segments.join('/')}`, `/${segments.map((segment) => `${segment}/`).join('')}`),
  );
const pathScopes = paths.chain((path) =>
  fc.constantFrom('', path, `${path}?q`, `${path}?q=1`, `${path}?*`, path.endsWith('/') ? `${path}*` : `${path}/*`),
);

const entries = fc
  .tuple(
    hosts,
    fc.boolean(),
    pathScopes,
    fc.record({
      fold: fc.constantFrom(0, 0, 0, 1, 2, 4, 5, 7, 8, 9, 12),
      port: fc.constantFrom(0, 0, 80, 8080),
      list: fc.nat(3),
      expires: fc.constantFrom(0, 0, 9, 10, 11),
      count: fc.boolean(),
    }),
  )
  .map(([host, subdomains, path, more]) =>
    entry(
      `${subdomains ? '*.' : ''}${host}${path}`,
      path === '' ? { ...more, fold: 0 } : path.endsWith('/*') ? { ...more, fold: more.fold & ~FOLD.info } : more,
    ),
  );

const groupsOfEntries = fc.array(fc.array(entries, { maxLength: 8 }), { maxLength: 4 }).map((groups) => {
  let id = 0n;
  return groups.map((group) => group.map((item) => ({ ...item, id: (id += 1n) })));
});

/** Now and then with what origins read differently, and with what only some entries fold. */
const asked = fc
  .tuple(
    paths,
    fc.constantFrom('', '', '', '', '/..', '/../d', '/.', '/%2e%2e/e', ';x', ';q', ';x/d', '//', '/D'),
    fc.constantFrom('', '', '', '/', '/d/%5cx/..', '/d//..', '//x'),
  )
  .map(([path, behind, before]) => `${before}${path}${behind}`);

const requests = fc.record({
  host: hosts,
  target: fc.tuple(asked, fc.constantFrom('', '?', '?q', '?q=1')).map((parts) => parts.join('')),
  port: fc.constantFrom(80, 8080),
  listMask: fc.constantFrom(-1, -1, 0b0110, 0b1001),
  today: fc.constant(10),
});
type Request = typeof requests extends fc.Arbitrary<infer T> ? T : never;

const HASHES: readonly { readonly name: string; readonly makeHash?: MakeHash }[] = [
  { name: 'HalfSipHash' },
  { name: '2 bits of it', makeHash: truncatedHash(2) },
  { name: 'a constant', makeHash: truncatedHash(0) },
];

describe.each(HASHES)('with $name', ({ makeHash }) => {
  test("the verdict is the model's, and explain tells the same story", () => {
    let listed = 0;
    fc.assert(
      fc.property(groupsOfEntries, fc.array(requests, { minLength: 1, maxLength: 8 }), (groups, asked) => {
        const judge = judgeOf(groups, makeHash);
        for (const request of asked) {
          const facts = judge.matcher.lookup(request.host)!;
          const verdict = judge.url(facts, request.target, request);
          if (
            keyCount(
              facts.hints.map(({ fold }) => fold),
              request.target,
            ) > MAX_PATH_KEYS
          ) {
            expect(['refuse', 'block', 'allow']).toContain(verdict.action);
            continue;
          }
          const wanted = groups.flat().filter((item) => applies(item, request));
          expectSame(verdict, wanted);
          expectSame(
            judge.host(facts, request),
            wanted.filter((item) => item.path.kind === 'host'),
          );
          if (verdict.action !== 'pass') listed += 1;
          const story = explainedBy(judge, `http://${request.host}:${request.port}${request.target}`, request);
          expect(story.verdict).toEqual(verdict);
          const found = new Set(story.lookUps.flatMap((lookUp) => lookUp.entries.map(({ id }) => id)));
          // An entry that allows some readings only is shown, and does not count.
          for (const { id } of wanted) expect(found).toContain(id);
          if (!story.lookUps.some(({ reading }) => reading !== null) && !/[%;]|\/\//.test(request.target))
            expect(found.size).toBe(wanted.length);
          expect(story.decidedBy === null).toBe(verdict.action === 'pass');
        }
      }),
      { numRuns: 400 },
    );
    expect(listed).toBeGreaterThan(50);
  });
});

function judgeOf(groups: readonly (readonly Entry[])[], makeHash: MakeHash | undefined): Judge {
  const matcher = new Matcher({ cacheEntries: 20 });
  matcher.use(snapshotOf(groups, makeHash));
  return new Judge(
    matcher,
    ACTIONS.map((action) => ({ action })),
  );
}

/** The contract, said in text: one reading that lies in the entry is enough to block, it takes all to allow. */
function applies(item: Entry, request: Request): boolean {
  const isAddress = /^\[|\d$/.test(request.host);
  const onHost =
    request.host === item.host || (item.subdomains && !isAddress && request.host.endsWith(`.${item.host}`));
  return (
    onHost &&
    onPath(item, request.target) &&
    [0, request.port].includes(item.port) &&
    (item.expires === 0 || item.expires >= request.today) &&
    ((request.listMask >>> item.list) & 1) === 1
  );
}

/** Of all folds on the host together: distinct keys, look-ups where the address is an ordinary one. */
function keyCount(folds: readonly number[], target: string): number {
  const path = target.split('?')[0]!;
  const each = [...new Set(folds)].map((fold) => pathKeys(path, fold)?.paths ?? null);
  if (each.includes(null)) return Number.POSITIVE_INFINITY;
  const keys = each.flatMap((paths) => paths ?? []);
  return new RawPath(path).isOrdinary ? keys.length : new Set(keys).size;
}

function onPath(item: Entry, target: string): boolean {
  const { query } = canonicalTarget(target);
  const raw = target.split('?')[0]!;
  const { paths: keys, axes } = pathKeys(raw, item.fold)!;
  const lies = (path: string): boolean => isIn(item, path, query);
  const cut = cutOf(item, target);
  const liesCut = (path: string): boolean => isIn(item, path, cut?.query ?? null);
  if (item.count || ACTIONS[item.list] !== 'allow') return keys.some(lies) || (cut?.keys.some(liesCut) ?? false);
  return (
    // A page without the text behind it is none of what is asked for.
    keys.every((key, i) => (axes[i]! & AXIS.info) !== 0 || lies(key)) &&
    (cut?.keys.every(liesCut) ?? true) &&
    (item.path.kind === 'host' || isAllowedAsItCame(item, raw, query))
  );
}

/** Where the first `;` begins the query. */
function cutOf({ path, fold }: Entry, target: string): { keys: readonly string[]; query: string | null } | null {
  const at = target.split('?')[0]!.indexOf(';');
  if (at < 0 || path.kind !== 'url' || path.query === null || (fold & FOLD.params) === 0) return null;
  return { keys: pathKeys(target.slice(0, at), fold)!.paths, query: target.slice(at + 1) || null };
}

function isAllowedAsItCame(item: Entry, raw: string, query: string | null): boolean {
  // Nothing here needs an escape, so what is escaped, or slashes side by side, are folded.
  if (isAmbiguous(decodeFully(raw)) && /[%\\]|\/\//.test(raw)) return false;
  return isIn(item, foldedPath(rootedPath(raw), item.fold), query);
}

function isIn({ path: scope, fold }: Entry, path: string, query: string | null): boolean {
  if (scope.kind === 'host') return true;
  if (scope.kind === 'directory')
    return path.startsWith(scope.path) || ((fold & FOLD.slash) !== 0 && `${path}/` === scope.path);
  return path === scope.path && (scope.kind === 'page' || query === scope.query);
}

function expectSame(verdict: Verdict, wanted: readonly Entry[]): void {
  const hits: Hit[] = wanted.map((item) => ({
    list: item.list,
    action: item.count ? 'count' : ACTIONS[item.list]!,
    entry: item.id,
  }));
  const rank = ['allow', 'block', 'count'];
  const [best] = hits.toSorted(
    (a, b) => rank.indexOf(a.action) - rank.indexOf(b.action) || a.list - b.list || Number(a.entry - b.entry),
  );
  expect({ action: verdict.action, list: verdict.list, entry: verdict.entry }).toEqual(
    best ?? { action: 'pass', list: -1, entry: 0n },
  );
  const labels = (of: readonly Hit[]): ReadonlySet<string> =>
    new Set(of.map(({ list, action }) => `${list} ${action}`));
  expect(labels(verdict.hits)).toEqual(labels(hits));
  expect(verdict.hits).toHaveLength(labels(hits).size);
}
