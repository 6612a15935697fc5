/** The table of queries that wait: against a plain model, and its bounds. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HEAD_BYTES, PEER_BYTES, writePeer } from '../../src/dns-front/datagrams/datagrams.ts';
import { InFlight } from '../../src/dns-front/in-flight.ts';
import { RandomNumbers } from '../../src/dns-front/random-numbers.ts';
import type { UpstreamPort } from '../../src/dns-front/upstream.ts';
import { queryBytes } from '../support/dns-queries.ts';

const PEER_AT = 0;
const QUERY_AT = 512;
const TABLE_AT = 2048;
/** Of 65,536 that there are. */
const MAX_IDS_IN_USE = 49_152;

function tableOf(
  capacity: number,
  random: Pick<RandomNumbers, 'next'> = new RandomNumbers(),
): { readonly table: InFlight; readonly bytes: Buffer } {
  const bytes = Buffer.alloc(TABLE_AT + InFlight.bytes(capacity));
  return { table: new InFlight(capacity, bytes, TABLE_AT, random), bytes };
}

function portOf(index: number): UpstreamPort {
  return { upstream: { index }, waiting: 0 } as UpstreamPort;
}

interface Query {
  readonly id: number;
  readonly name: number;
  readonly client: number;
}

/** Of each client. */
const SHARES = Array.from({ length: 4 }, () => ({ taken: 0 }));

function asked(bytes: Buffer, { id, name, client }: Query): Parameters<InFlight['add']>[0] {
  const message = queryBytes({ id, name: `n${name}.example` });
  bytes.fill(0, QUERY_AT, TABLE_AT);
  message.copy(bytes, QUERY_AT);
  writePeer(bytes, PEER_AT, { address: client % 2 === 0 ? `192.0.2.${client}` : `2001:db8::${client}`, port: 4000 });
  return {
    at: QUERY_AT,
    length: message.length,
    questionBytes: message.length,
    peer: PEER_AT,
    headBytes: 0,
    share: SHARES[client] ?? { taken: 0 },
  };
}

const queries = fc.record({ id: fc.nat(3), name: fc.nat(3), client: fc.nat(3) });
const steps = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), query: queries }),
  fc.record({ kind: fc.constant('again' as const), pick: fc.nat(), port: fc.nat(2) }),
  fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }),
);

test('it does what a list of queries would do', () => {
  fc.assert(
    // Unless it is told, ten steps are all that are made of it, which seldom ask anything twice.
    fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), (all) => {
      const { table, bytes } = tableOf(8);
      for (const share of SHARES) share.taken = 0;
      const ports = [0, 1, 2].map(portOf);
      /** In the order in which they were sent. */
      let model: { slot: number; query: Query; ids: { id: number; port: number }[] }[] = [];
      all.forEach((step, now) => {
        if (step.kind === 'add') {
          const parts = asked(bytes, step.query);
          const known = model.find(({ query }) => JSON.stringify(query) === JSON.stringify(step.query));
          expect(table.find(parts)).toBe(known?.slot ?? -1);
          if (known !== undefined) return;
          const slot = table.add(parts, now);
          expect(slot === -1).toBe(model.length === 8);
          if (slot >= 0) model.push({ slot, query: step.query, ids: [] });
          return;
        }
        const entry = model[step.pick % Math.max(1, model.length)];
        if (entry === undefined) return;
        if (step.kind === 'again') {
          const id = table.attempt(entry.slot, ports[step.port]!, now);
          expect(id === -1).toBe(entry.ids.length === 4);
          if (id < 0) return;
          entry.ids.push({ id, port: step.port });
          model = [...model.filter((other) => other !== entry), entry];
          return;
        }
        table.remove(entry.slot);
        model = model.filter((other) => other !== entry);
        for (const { id, port } of entry.ids) expect(table.slotOf(id, ports[port]!)).toBe(-1);
      });
      expect(table.size).toBe(model.length);
      const order: number[] = [];
      for (let slot = table.oldest; slot >= 0; slot = table.after(slot)) order.push(slot);
      expect(order).toEqual(model.map(({ slot }) => slot));
      for (const { slot, ids, query } of model) {
        expect(table.clientId[slot]).toBe(query.id);
        const last = ids.at(-1);
        if (last !== undefined) expect([table.lastId(slot), table.lastPort(slot)]).toEqual([last.id, ports[last.port]]);
        expect(table.triedUpstreams(slot)).toBe(ids.reduce((tried, { port: by }) => tried | (1 << by), 0));
        for (const { id, port } of ids) {
          expect(table.slotOf(id, ports[port]!)).toBe(slot);
          expect(table.slotOf(id, ports[(port + 1) % 3]!)).toBe(-1);
        }
      }
      expect(SHARES.map(({ taken }) => taken)).toEqual(
        [0, 1, 2, 3].map((client) => model.filter(({ query }) => query.client === client).length),
      );
      const waiting = model.flatMap(({ ids }) => ids.map(({ port }) => port));
      expect(ports.map((port) => port.waiting)).toEqual(
        [0, 1, 2].map((i) => waiting.filter((port) => port === i).length),
      );
    }),
  );
});

test('the same question of two clients of one balancer is two questions', () => {
  const { table, bytes } = tableOf(4);
  const parts = asked(bytes, { id: 1, name: 1, client: 2 });
  const first = table.add(parts, 0);
  expect(table.find(parts)).toBe(first);
  const ofAnother = { ...parts, share: { taken: 0 } };
  expect(table.find(ofAnother)).toBe(-1);
  const second = table.add(ofAnother, 0);
  expect([table.find(parts), table.find(ofAnother)]).toEqual([first, second]);
});

test('questions of one client with one id are found when others of them have gone', () => {
  const { table, bytes } = tableOf(4);
  const query = (name: number, id = 1): Parameters<InFlight['add']>[0] => asked(bytes, { id, name, client: 2 });
  const [first, second, third] = [1, 2, 3].map((name) => table.add(query(name), 0));
  table.remove(second!);
  expect([1, 2, 3].map((name) => table.find(query(name)))).toEqual([first, -1, third]);
  // Its place is another's now.
  expect(table.add(query(4, 7), 0)).toBe(second);
  expect([1, 2, 3].map((name) => table.find(query(name)))).toEqual([first, -1, third]);
  expect(table.find(query(4, 7))).toBe(second);
});

test('each slot has room of its own, for the longest head and question and for any client', () => {
  const { table, bytes } = tableOf(4);
  // The longest that is kept, with the longest head before it; of a client with IPv6.
  const query = (id: number): Parameters<InFlight['add']>[0] => {
    const parts = { ...asked(bytes, { id, name: id, client: 3 }), headBytes: HEAD_BYTES, length: 512 - HEAD_BYTES };
    bytes.fill(id, QUERY_AT - HEAD_BYTES, QUERY_AT);
    bytes.fill(id, QUERY_AT + parts.questionBytes, QUERY_AT + parts.length);
    return parts;
  };
  const copy = (id: number): Buffer => {
    const { at, length } = query(id);
    return Buffer.from(bytes.subarray(at - HEAD_BYTES, at + length));
  };
  const slots = [1, 2, 3, 4].map((id) => table.add(query(id), 0));
  expect([1, 2, 3, 4].map((id) => table.find(query(id)))).toEqual(slots);
  const kept = slots.map((slot) =>
    bytes.subarray(table.query(slot) - HEAD_BYTES, table.query(slot) + 512 - HEAD_BYTES),
  );
  expect(kept.map((each) => Buffer.from(each))).toEqual([1, 2, 3, 4].map(copy));
});

test('one client’s questions are found by their ids, however many of them wait', () => {
  // With whatever seed: with this one, too.
  const { table, bytes } = tableOf(64, { next: () => 0 });
  const query = (id: number): Parameters<InFlight['add']>[0] => asked(bytes, { id, name: 1, client: 2 });
  const slots = Array.from({ length: 64 }, (_, id) => table.add(query(id), 0));
  expect(slots.map((_, id) => table.find(query(id)))).toEqual(slots);
});

test('ids are given out up to a bound, so that the next one is soon found; what is over gives its own back', () => {
  let last = 0;
  const { table, bytes } = tableOf(MAX_IDS_IN_USE / 4 + 1, { next: () => (last = (last + 1) % 0x1_0000) });
  const port = portOf(0);
  const query = asked(bytes, { id: 1, name: 1, client: 2 });
  const slots = Array.from({ length: MAX_IDS_IN_USE / 4 }, () => table.add(query, 0));
  const ids = new Set(slots.flatMap((slot) => [0, 1, 2, 3].map(() => table.attempt(slot, port, 0))));
  expect([ids.size, ids.has(-1)]).toEqual([MAX_IDS_IN_USE, false]);
  const one = table.add(query, 0);
  expect(table.attempt(one, port, 0)).toBe(-1);
  table.remove(slots[0]!);
  // As many as it had, and no more.
  const given = [0, 1, 2, 3].map(() => table.attempt(one, port, 0));
  const other = table.add(query, 0);
  expect([given.includes(-1), table.attempt(other, port, 0)]).toEqual([false, -1]);
});

test('what is sent before a question is kept with it', () => {
  const { table, bytes } = tableOf(4);
  const parts = { ...asked(bytes, { id: 1, name: 1, client: 2 }), headBytes: 3 };
  bytes.write('abc', QUERY_AT - 3);
  const slot = table.add(parts, 0);
  expect(table.headBytes[slot]).toBe(3);
  expect(bytes.toString('latin1', table.query(slot) - 3, table.query(slot))).toBe('abc');
});

describe('the question of an answer', () => {
  test('is the same in other letters, and no other', () => {
    const { table, bytes } = tableOf(4);
    const slot = table.add(asked(bytes, { id: 1, name: 1, client: 2 }), 0);
    const at = PEER_BYTES;
    const is = (name: string, qtype = 1): boolean => {
      const message = queryBytes({ id: 7, name, qtype });
      message.copy(bytes, at);
      return table.isOfQuestion(slot, at, message.length);
    };
    expect([is('n1.example'), is('N1.eXAMPLE'), is('n1.example', 28), is('n2.example'), is('n1.exampl')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    // What stands behind it is the answer's own.
    bytes[at + queryBytes({ name: 'n1.example' }).length] = 0xff;
    expect(is('n1.example')).toBe(true);
    // A byte that differs as letters do, and is none.
    expect(is('n\x11.example')).toBe(false);
  });

  test.each([
    ['a', 'A', true],
    ['z', 'Z', true],
    ['`', '@', false],
    ['{', '[', false],
  ])('%s and %s are the same letter: %s', (one, other, isSame) => {
    const { table, bytes } = tableOf(4);
    const message = queryBytes({ id: 1, name: `${one}.example` });
    const parts = asked(bytes, { id: 1, name: 1, client: 2 });
    message.copy(bytes, QUERY_AT);
    const slot = table.add({ ...parts, length: message.length, questionBytes: message.length }, 0);
    queryBytes({ id: 1, name: `${other}.example` }).copy(bytes, QUERY_AT);
    expect(table.isOfQuestion(slot, QUERY_AT, message.length)).toBe(isSame);
  });

  test('what is longer than a slot is kept as far as its question', () => {
    const { table, bytes } = tableOf(4);
    const parts = asked(bytes, { id: 1, name: 1, client: 2 });
    const slot = table.add({ ...parts, length: 1200 }, 0);
    expect(table.isKept(slot)).toBe(false);
    expect(table.isOfQuestion(slot, QUERY_AT, parts.length)).toBe(true);
    const short = table.add({ ...asked(bytes, { id: 2, name: 2, client: 2 }) }, 0);
    expect(table.isKept(short)).toBe(true);
  });
});
