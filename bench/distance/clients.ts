/** Clients that connect to the far origin and ask it for something up to two seconds later, and what became of them by how long they waited. */
import { counted, preconnect, type Outcome } from '../../test/network/support/preconnect.ts';
import { seededInteger, seededRandom } from '../data/seeded-random.ts';
import { ORIGIN, type ThreeMachines } from '../inline/three-machines.ts';
import { SMALL_BODY } from '../load/origin.ts';

/** Least wait of each band, in milliseconds. A filter may dial after 300, whatever its client says later. */
export const BANDS = [0, 300, 600, 1000] as const;
export const LONGEST_WAIT_MS = 2000;
const PATIENCE_MS = 30_000;
const REQUEST = Buffer.from(`GET /small HTTP/1.1\r\nHost: ${ORIGIN}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n`);

export interface Clients {
  readonly count: number;
  /** That connect in a second. */
  readonly rate: number;
  readonly seed: number;
}

export type Outcomes = ReturnType<typeof counted>;

/** @returns outcomes by band */
export async function play(
  { client: machine }: ThreeMachines,
  { count, rate, seed }: Clients,
): Promise<readonly Outcomes[]> {
  const random = seededRandom(seed);
  const outcomes: Outcome[][] = BANDS.map(() => []);
  const one = async (_: unknown, index: number): Promise<void> => {
    const waitMs = seededInteger(random, LONGEST_WAIT_MS + 1);
    const outcome = await preconnect({
      machine,
      to: { address: ORIGIN, port: 80 },
      startsMs: (index * 1000) / rate,
      waitMs,
      says: REQUEST,
      hears: SMALL_BODY,
      patienceMs: PATIENCE_MS,
    });
    outcomes[BANDS.findLastIndex((least) => waitMs >= least)]!.push(outcome);
  };
  await Promise.all(Array.from({ length: count }, one));
  return outcomes.map(counted);
}

/** All of one outcome. */
export function total(bands: readonly Outcomes[], outcome: Outcome): number {
  return bands.reduce((sum, band) => sum + (band[outcome] ?? 0), 0);
}
