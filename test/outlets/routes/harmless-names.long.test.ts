/**
 * 250,000 names that no list has beside 1,000 whose pages are steered: the file for the router has the addresses of those, and of nobody else. 1,000 of
 * the harmless names are CNAMEs of a steered one: they share its address, so that requests for them come to the filter, which passes them.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cleanfeed } from '../../commands/cli-process.ts';
import { Questions } from '../../engines/support/questions.ts';
import { startUpstream } from '../../engines/support/upstream.ts';
import { eventually } from '../../support/eventually.ts';
import { HANG_BOUND_MS } from '../../support/hang-bound.ts';
import { describeWith } from '../../support/programs.ts';
import { startProxy } from '../../support/proxy-process.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const NAMES = 250_000;
const STEERED = 1000;
const AT_ONCE = 100;
const AAAA = 28;

const steered = (n: number): string => `s${n}.steered`;
const harmless = (n: number): string => `h${n}.harmless`;
/** As `formatAddress` writes it: no group of it is zero. */
const addressOf = (part: string, n: number): string =>
  `2001:db8:${part}:1:1:1:${(n >> 16) + 1}:${(n & 0xffff).toString(16)}`;
const hexOf = (address: string): string =>
  address
    .split(':')
    .map((group) => group.padStart(4, '0'))
    .join('');

function zone(): string[] {
  const lines = Array.from({ length: STEERED }, (_, n) => `${steered(n)} AAAA ${addressOf('a', n + 1)}`);
  for (let n = 0; n < NAMES; n += 1)
    lines.push(n < STEERED ? `${harmless(n)} CNAME ${steered(n)}` : `${harmless(n)} AAAA ${addressOf('b', n)}`);
  return lines;
}

describeWith(['knotd', 'dig'])('routes', () => {
  test('lead to the steered hosts alone, and what shares their addresses passes', async () => {
    using folder = temporaryDirectory();
    await using world = await startUpstream(folder.path, { example: zone() });
    const file = folder.file('steer.conf');
    const list = Array.from({ length: STEERED }, (_, n) => `${steered(n)}.example/page/* steer\n`).join('');
    await using filter = await startProxy({
      lists: { own: list },
      config: {
        resolver: {
          routes: { file, lists: ['own'], resolvers: [`127.0.0.1:${world.port}`], interval: '10s', rate: null },
        },
        upstream: { allow: ['2001:db8::/32'] },
      },
    });
    const wanted = Array.from({ length: STEERED }, (_, n) => addressOf('a', n + 1)).toSorted();
    const routed = await eventually(
      'all of them are announced',
      () => routesIn(file),
      (found) => found.length >= STEERED,
    );
    expect(routed.toSorted()).toEqual(wanted);

    const isRouted = new Set(routed.map(hexOf));
    using asked = await Questions.to(world.port, HANG_BOUND_MS);
    const touched: number[] = [];
    const one = async (n: number): Promise<void> => {
      const { code, records } = await asked.ask(`${harmless(n)}.example`, AAAA);
      const [address = ''] = records.flatMap((record) => (record.startsWith(`${AAAA} `) ? [record.slice(3)] : []));
      if (code !== 0 || address === '') throw new Error(`the name servers do not know ${harmless(n)}`);
      if (isRouted.has(address)) touched.push(n);
    };
    for (let from = 0; from < NAMES; from += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => await one(from + i)));
    const aliases = Array.from({ length: STEERED }, (_, n) => n);
    expect(touched.toSorted((a, b) => a - b)).toEqual(aliases);

    const input = aliases.map((n) => `http://${harmless(n)}.example/page/x\n`).join('');
    const { code, stdout } = await cleanfeed(['explain', '-c', filter.file('cleanfeed.yaml'), '--json', '-'], {
      input,
    });
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly verdict: unknown }).verdict);
    expect([code, verdicts.length, new Set(verdicts)]).toEqual([0, STEERED, new Set(['pass'])]);
  });
});

function routesIn(file: string): readonly string[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/route (\S+)\/128 /g)].map(([, address = '']) => address);
  } catch {
    return [];
  }
}
