/**
 * What the connection core costs of its own: from the client's bytes to the request on its way, and from the origin's bytes to the
 * response on its way, without sockets.
 *
 *   core     HttpSession ─ parser ─ verdict ─ pool ─ writer ─▶ Exchange ─▶ parser ─ writer ─ pool
 *   parts                  parser ─ verdict ─ pool ─ writer                parser ─ writer ─ pool
 *   of its own = core - parts, pair by pair of samples; a round is a process of its own (processes/connection-core-process.ts)
 */
import { join } from 'node:path';
import type { RunOptions } from './harness.ts';
import { runNode } from './processes/child.ts';
import type { CoreSample } from './processes/connection-core-process.ts';
import { figure, type Figure } from './report/figure.ts';

const PROCESS = join(import.meta.dirname, 'processes', 'connection-core-process.ts');

const FIGURES = [
  { of: 'core', name: 'a request and its response', unit: 'ns', target: null },
  { of: 'parts', name: 'parsers, verdict, pool, counters and writers alone', unit: 'ns', target: null },
  { of: 'own', name: 'of its own', unit: 'ns', target: 60 },
  { of: 'allocated', name: 'allocated for a request', unit: 'B', target: null },
  { of: 'allocatedOwn', name: 'allocated for a request, of its own', unit: 'B', target: 0.5 },
  { of: 'left', name: 'left of a request after 100,000, collected', unit: 'B', target: 0.5 },
] as const;

export async function figures({ rounds }: RunOptions): Promise<readonly Figure[]> {
  const samples: CoreSample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { output } = await runNode(['--expose-gc', PROCESS]);
    samples.push(JSON.parse(output) as CoreSample);
  }
  return FIGURES.map(({ of, name, unit, target }) =>
    figure(
      { bench: 'connection core', name, unit, target },
      samples.map((sample) => sample[of]),
    ),
  );
}
