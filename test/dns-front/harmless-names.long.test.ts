/**
 * 250,000 names that no list means through a DNS listener and a real BIND, and each of them asked of BIND directly: the same bytes. 1,000
 * of them are aliases of steered hosts.
 */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { askAll } from '../support/dns-batch.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { startNamed } from '../support/named.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import { harmlessNames } from './harmless-names.ts';

const NAMES = 250_000;
const SERVFAIL = 2;
const STEER = '198.51.100.7';
const EDNS = [null, { size: 1232 }, { size: 4096, do: true }] as const;

const corpus = harmlessNames(15, NAMES);

describeWith(['named'])('names that no list means', () => {
  test('get the answers of the resolver, byte for byte', async () => {
    await using resolver = await startNamed({ example: corpus.zone });
    await using front = await startProxy({
      lists: { own: corpus.list },
      config: {
        listeners: [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] }],
        resolver: { answers: { steer: { a: [`${STEER}/32`] } } },
      },
    });
    await expectInForce(front.port);
    const before = await front.metrics();
    const queries = corpus.names.map(({ name, qtype }, i) =>
      queryBytes({ name, qtype, flags: i % 3 === 0 ? 0x0120 : 0x0100, edns: EDNS[i % EDNS.length]! }),
    );
    // Of each answer its digest: whole they would take hundreds of megabytes.
    const direct = queries.map(() => '');
    const kinds = new Map<string, number>();
    await askAll(resolver.port, queries, (index, answer) => {
      direct[index] = digest(answer);
      const kind = `${answer[3]! & 0xf} ${answer.readUInt16BE(6) > 0 ? 'with' : 'without'} answers`;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    });
    const touched: string[] = [];
    /** @returns which of them the resolver failed to answer. */
    const throughFront = async (indexes: readonly number[]): Promise<readonly number[]> => {
      const failed: number[] = [];
      const asked = indexes.map((index) => queries[index]!);
      await askAll(front.port, asked, (at, answer) => {
        const index = indexes[at]!;
        if (digest(answer) === direct[index]) return;
        if ((answer[3]! & 0xf) === SERVFAIL) failed.push(index);
        else touched.push(answer.toString('hex'));
      });
      return failed;
    };
    let failed = await throughFront(queries.map((_, index) => index));
    // A resolver that got no processor within the time-out is one that fails, and is asked again.
    await eventually('all of them are answered', async () => {
      if (failed.length > 0) failed = await throughFront(failed);
      return failed.length === 0;
    });
    expect(touched.slice(0, 3)).toEqual([]);
    // It was no test of refusals: records, none of that type, no such name.
    expect([...kinds.keys()].toSorted()).toEqual(['0 with answers', '0 without answers', '3 without answers']);
    for (const count of kinds.values()) expect(count).toBeGreaterThan(NAMES / 20);
    const after = await front.metrics();
    const counted = (verdict: string): number => {
      const name = `cleanfeed_dns_queries_total{listener="dns",verdict="${verdict}"}`;
      return (after.get(name) ?? 0) - (before.get(name) ?? 0);
    };
    expect(counted('pass')).toBeGreaterThanOrEqual(queries.length);
    expect(['block', 'steer', 'count', 'allow', 'refuse', 'error'].map(counted)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

function digest(answer: Buffer): string {
  return createHash('sha256').update(answer).digest('base64').slice(0, 12);
}

/** The list is in force: what is on it is answered otherwise. */
async function expectInForce(port: number): Promise<void> {
  const queries = [...corpus.blocked, ...corpus.steered].map((host) => queryBytes({ name: host }));
  const said = { block: 0, steer: 0, other: 0 };
  await askAll(port, queries, (_, answer) => {
    if ((answer[3]! & 0xf) === 3) said.block += 1;
    else if (answer.subarray(-4).join('.') === STEER) said.steer += 1;
    else said.other += 1;
  });
  expect(said).toEqual({ block: corpus.blocked.length, steer: corpus.steered.length, other: 0 });
}
