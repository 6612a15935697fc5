/**
 * 250,000 names that no list has, of eight types, asked through every resolver with a policy zone in force that lists their neighbours:
 * the records are those of the name servers, of each of them. 1,000 of them are CNAMEs of a name that is only steered, which no zone has. CNAMEs of a name
 * that is blocked are not among them: those are blocked with it in BIND, PowerDNS and Unbound (docs/dns).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { describeWith } from '../support/programs.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, zoneText } from './support/policy-zone.ts';
import { Questions } from './support/questions.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const NAMES = 250_000;
/** Of the harmless ones, CNAMEs of a steered name. */
const OF_STEERED = 1000;
/** Behind them. */
const OF_BLOCKED = 500;
const AT_ONCE = 100;
const SPELT = ['A', 'AAAA', 'MX', 'TXT', 'CAA', 'HTTPS', 'TLSA', 'SSHFP'] as const;
const TYPES = [1, 28, 15, 16, 257, 65, 52, 44] as const;
const DATA = [
  (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
  (n: number) => `2001:db8::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`,
  (n: number) => `10 mail${n}.harmless`,
  (n: number) => `"v=spf1 a:h${n}.harmless.example -all"`,
  (n: number) => `0 issue "ca${n}.example"`,
  (n: number) => `1 . alpn=h2 port=${1 + (n % 60_000)}`,
  (n: number) => `3 1 1 ${n.toString(16).padStart(64, '0')}`,
  (n: number) => `4 2 ${n.toString(16).padStart(64, '0')}`,
] as const;

/** Number of the name → what it is a CNAME of. */
const targetOf = (n: number): string | null => (n < OF_STEERED ? 'steered' : n < NAMES ? null : 'listed');
const typeOf = (n: number): number => n % SPELT.length;

function upstream(): string[] {
  const lines = ['passed.probe A 198.51.100.1', 'blocked.probe A 198.51.100.2'];
  for (const name of ['listed', 'steered']) SPELT.forEach((type, at) => lines.push(`${name} ${type} ${DATA[at]!(7)}`));
  for (let n = 0; n < NAMES + OF_BLOCKED; n += 1) {
    const target = targetOf(n);
    lines.push(
      target === null ? `h${n}.harmless ${SPELT[typeOf(n)]} ${DATA[typeOf(n)]!(n)}` : `h${n}.harmless CNAME ${target}`,
    );
  }
  return lines;
}

/** Names beside, below and around the harmless ones. */
function neighbours(): string[] {
  const lines = [...blocked(PROBE.blocked), ...blocked('listed.example'), ...blocked('armless.example')];
  for (let n = 0; n < NAMES; n += 10)
    lines.push(...blocked(`below.h${n}.harmless.example`), ...blocked(`h${n}-.harmless.example`), `h${n} CNAME .`);
  return lines;
}

const SERVFAIL = 2;
const ALL = [...RESOLVERS, 'unbound-file'] as const;

describeWith(ENGINES)('harmless names', () => {
  let at: Distribution;

  beforeAll(async () => {
    at = await Distribution.start({
      zone: `${zoneText(neighbours())}@ NS localhost.\n`,
      upstream: { example: upstream() },
      resolvers: ALL,
    });
  });
  afterAll(async () => await at[Symbol.asyncDispose]());

  /** Numbers of those that are not answered as the name servers do. */
  async function touchedBy(resolver: string, from: number, to: number): Promise<readonly number[]> {
    using world = await Questions.to(at.engine('upstream').port, HANG_BOUND_MS);
    using asked = await Questions.to(at.engine(resolver).port, HANG_BOUND_MS);
    const touched: number[] = [];
    const one = async (n: number): Promise<void> => {
      const [name, type] = [`h${n}.harmless.example`, TYPES[typeOf(n)]!];
      const [wanted, found] = await Promise.all([
        world.ask(name, type),
        // A resolver that got no processor within its time-outs fails, and keeps to that for a while: it is asked until it has asked anew.
        eventually(
          `${resolver} has asked for ${name}`,
          async () => await asked.ask(name, type),
          ({ code }) => code !== SERVFAIL,
        ),
      ]);
      if (wanted.code !== 0 || wanted.records.length !== (targetOf(n) === null ? 1 : 2))
        throw new Error(`the name servers do not know ${name}: ${JSON.stringify(wanted)}`);
      if (JSON.stringify(found) !== JSON.stringify(wanted)) touched.push(n);
    };
    for (let next = from; next < to; next += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => await one(next + i)));
    return touched.toSorted((a, b) => a - b);
  }

  test.each(ALL)('%s touches none', async (resolver) => {
    expect(await touchedBy(resolver, 0, NAMES)).toEqual([]);
  });

  test.each(ALL)('CNAMEs of a blocked name are blocked in %s, as its page says', async (resolver) => {
    const all = Array.from({ length: OF_BLOCKED }, (_, i) => NAMES + i);
    expect(await touchedBy(resolver, NAMES, NAMES + OF_BLOCKED)).toEqual(resolver === 'knot-resolver' ? [] : all);
  });
});
