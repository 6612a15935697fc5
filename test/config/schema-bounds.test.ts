/**
 * Every bound of the schema, at its last value and one beyond: numbers, durations, sizes, texts, names and lists, wherever they stand. Bounds of
 * single values are those that their own faults name; those of lists are in the table, which must have each list there is.
 */
import { describe, expect, test } from '@jest/globals';
import { schema } from '../../src/config/schema.ts';
import { ListOf, Mapping, Wrapped } from '../../src/lib/shape.ts';
import type { Shape, ShapeFault } from '../../src/lib/shape.ts';

/** Most items; null: as many as there are languages, each once (languages.ts). */
const MOST_ITEMS: Readonly<Record<string, number | null>> = {
  listeners: 64,
  'listeners[].proxyProtocol.from': 1000,
  'listeners[].lists': 32,
  'listeners[].addresses': 100,
  'listeners[].ports': 16,
  'listeners[].resolver': 8,
  'listeners[].upstream': 8,
  'admin.hosts': 100,
  'admin.pac.proxies': 8,
  'admin.pac.direct': 100,
  lists: 32,
  'lists[].source.values': 100,
  'lists[].source.sinks': 100,
  'lists[].mirrors': 8,
  'lists[].witnesses': 16,
  'lists[].page.help': 20,
  'exempt.clients': 20_000,
  policies: 256,
  'policies[].clients': 20_000,
  'policies[].lists': 32,
  'clients.allow': 20_000,
  'upstream.allow': 1000,
  'upstream.nat64': 16,
  'upstream.dns.servers': 8,
  'upstream.sourceAddresses': 256,
  'upstream.proxyProtocol.to': 1000,
  'connect.ports': 100,
  'tls.ports': 100,
  'upgrade.protocols': 16,
  'limits.sharedAddresses': 1000,
  'page.help': 20,
  'languages.use': null,
  'trace.clients': 1000,
  'resolver.answers.steer.a': 100,
  'resolver.answers.steer.aaaa': 100,
  'resolver.zones': 16,
  'resolver.zones[].lists': 32,
  'resolver.zones[].notify': 64,
  'resolver.routes.lists': 32,
  'resolver.routes.resolvers': 8,
  'resolver.routes.never': 1000,
  'resolver.routes.neverFiles': 16,
  'resolver.routes.rate.counters': 64,
  'resolver.routes.notify': 64,
  'guard.probes': 16,
  'guard.actions.out': 16,
  'guard.actions.out[]': 64,
  'guard.actions.back': 16,
  'guard.actions.back[]': 64,
  'guard.check': 64,
  'guard.fleet.count': 64,
};
/** Below every bound, and of no kind that is wanted where there is none. */
const FAR_BELOW = -1e15;
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

interface Part {
  readonly path: string;
  readonly shape: Shape<unknown>;
}

const parts = [...partsOf(schema, '')];
const lists = parts.flatMap(({ path, shape }) => (shape instanceof ListOf ? [{ path, shape }] : []));
const fields = parts.flatMap(({ path, shape }) =>
  shape instanceof ListOf ? [] : [{ path, shape, reason: reasonOf(shape.parse(FAR_BELOW)) }],
);
const ranges = fields.flatMap(({ path, shape, reason }) => {
  const [, least, most] =
    /^must be (?:auto, or )?(?:a (?:whole )?number )?from (\S+) to (\S+?),? not/.exec(reason) ?? [];
  return least === undefined || most === undefined ? [] : [{ path, shape, least, most }];
});
const texts = fields.flatMap(({ path, shape, reason }) => {
  const [, most] = /(?:a text of 1 to (\d+) characters|at most (\d+)\))/.exec(reason)?.filter(Boolean) ?? [];
  return most === undefined ? [] : [{ path, shape, most: Number(most) }];
});

describe('bounds of the schema', () => {
  test('are found', () => {
    expect(ranges.length).toBeGreaterThan(90);
    expect(texts.length).toBeGreaterThan(25);
    expect(lists.map(({ path }) => path).toSorted()).toEqual(Object.keys(MOST_ITEMS).toSorted());
  });

  test.each(ranges)('$path: from $least to $most', ({ shape, least, most }) => {
    for (const bound of [least, most]) expect(reasonOf(shape.parse(valueOf(bound, 0)))).toBe('');
    expect(reasonOf(shape.parse(valueOf(least, -1)))).not.toBe('');
    expect(reasonOf(shape.parse(valueOf(most, 1)))).not.toBe('');
    // Of what need not be whole, a little beyond is beyond.
    if (!/[a-z]/i.test(most)) expect(reasonOf(shape.parse(Number(most) + 0.001))).not.toBe('');
  });

  test.each(texts)('$path: at most $most characters', ({ shape, most }) => {
    expect(reasonOf(shape.parse('x'.repeat(most)))).toBe('');
    expect(reasonOf(shape.parse('x'.repeat(most + 1)))).not.toBe('');
  });

  test.each(lists)('$path: as many items as the table says', ({ path, shape }) => {
    const most = MOST_ITEMS[path];
    if (most === null) return expect(tooLong(shape, 100_000)).toEqual([]);
    expect(tooLong(shape, most ?? 0)).toEqual([]);
    expect(tooLong(shape, (most ?? 0) + 1)).toEqual([most]);
  });
});

function* partsOf(shape: Shape<unknown>, path: string): Generator<Part> {
  if (shape instanceof Wrapped) yield* partsOf(shape.inner, path);
  else if (shape instanceof Mapping)
    for (const [key, inner] of Object.entries(shape.shapes))
      yield* partsOf(inner, path === '' ? key : `${path}.${key}`);
  else {
    yield { path, shape };
    if (shape instanceof ListOf) yield* partsOf(shape.element, `${path}[]`);
  }
}

/** Bounds that a list of so many items, of whatever kind, is beyond. */
function tooLong(shape: ListOf<unknown>, items: number): readonly number[] {
  const faults: ShapeFault[] = [];
  shape.read(
    Array.from({ length: items }, () => null),
    faults,
  );
  return faults.flatMap((fault) => (fault.kind === 'too-long' && fault.path.length === 0 ? [fault.bound] : []));
}

function reasonOf(read: ReturnType<Shape<unknown>['parse']>): string {
  if (read.ok) return '';
  const [fault] = read.faults;
  return fault?.kind === 'value' ? fault.reason : 'of another kind';
}

/** A bound as the schema writes it, moved by one of the smallest unit. */
function valueOf(written: string, step: number): number | string {
  const [, digits = '', unit = ''] = /^(\d+)([A-Za-z]*)$/.exec(written) ?? [];
  if (unit === '') return Number(digits) + step;
  const moved = Number(digits) * (UNITS[unit] ?? NaN) + step;
  return unit.endsWith('B') ? moved : moved / 1000;
}
