/** What entries cost in shared memory, once for all threads: the bytes of a segment over its entries. */
import type { RunOptions } from './harness.ts';
import { segmentOf } from './lists/half-and-half.ts';
import type { Half } from './lists/half-and-half.ts';
import { figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const ENTRIES = 1_000_000;
const MAX_ENTRIES = 10_000_000;

export function figures({ large }: RunOptions): readonly Figure[] {
  const each = (half: Half): readonly number[] => [bytesOf(ENTRIES, half) / ENTRIES];
  return [
    figure({ bench: 'memory', name: 'a whole host, of 10^6', unit: 'B', target: 40 }, each('hosts')),
    figure({ bench: 'memory', name: 'a URL alone on its host, of 10^6', unit: 'B', target: 56 }, each('urls')),
    figure(
      {
        bench: 'memory',
        name: '10^7 entries, each a URL alone on its host (the dearest kind)',
        unit: 'MB',
        target: 560,
        note: large ? '' : 'only with --large',
      },
      large ? [bytesOf(MAX_ENTRIES, 'urls') / 1e6] : [],
    ),
    figure(
      {
        bench: 'memory',
        name: '10^7 entries, half whole hosts',
        unit: 'MB',
        target: 560,
        note: large ? '' : 'only with --large',
      },
      large ? [bytesOf(MAX_ENTRIES, null) / 1e6] : [],
    ),
  ];
}

function bytesOf(entries: number, half: Half | null): number {
  return segmentOf(entries, 0, half).bytes.length;
}
