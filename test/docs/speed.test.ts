/**
 * The figures of README.md are those of the load bench that is in the repository, no others. After a new run:
 * UPDATE_DOCS=1 npm run jest -- test/docs/speed
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { document, ROOT } from './markdown.ts';

interface Results {
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly run: { readonly rounds: number; readonly seconds: number; readonly listSize: number };
  readonly peers: readonly { readonly name: string; readonly version: string }[];
  readonly scenes: readonly { readonly name: string; readonly title: string; readonly primary: string }[];
  readonly samples: readonly {
    readonly scene: string;
    readonly peer: string;
    readonly figures: Readonly<Record<string, number>>;
  }[];
}

const RESULTS = join(ROOT, 'bench', 'results', 'load.json');
/** Scenes by how they are headed; the figure of each is CPU of the whole proxy. */
const COLUMNS = [
  { scene: 'small', heading: 'µs, 100-byte answer' },
  { scene: 'medium', heading: 'µs, 16 KB answer' },
  { scene: 'connection', heading: 'µs, new connection' },
  { scene: 'suspect', heading: 'µs, suspect traffic' },
  { scene: 'bulk', heading: 'ms, 100 MB' },
];
const SECTION = /<!-- speed -->\n([^]*)<!-- \/speed -->/;

describe('speed in README.md', () => {
  const text = document('README.md');

  test('is that of the results', () => {
    const wanted = existsSync(RESULTS) ? section(JSON.parse(readFileSync(RESULTS, 'utf8')) as Results) : NO_RESULTS;
    if (process.env['UPDATE_DOCS'] === '1')
      writeFileSync(
        join(ROOT, 'README.md'),
        text.replace(SECTION, () => `<!-- speed -->\n${wanted}<!-- /speed -->`),
      );
    else expect(SECTION.exec(text)?.[1]).toBe(wanted);
  });
});

const NO_RESULTS = 'No results are in this repository yet; `npm run bench:load` makes them.\n';

function section(results: Results): string {
  const { date, machine, run, peers } = results;
  const rows = peers.map(
    ({ name, version }) =>
      `| ${name} ${version} | ${COLUMNS.map(({ scene }) => figure(results, scene, name)).join(' | ')} |`,
  );
  return [
    'CPU time of the whole proxy for each request, median. One core for the proxy, one for load and origin, peers interleaved in one',
    `run (${run.rounds} rounds of ${run.seconds} s, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${date}), a list of ${run.listSize.toLocaleString('en')} URLs wherever a peer can hold one.`,
    `${shared(results)}Spread, rates, latencies, memory and set-ups:`,
    '[bench/results/load.md](bench/results/load.md).',
    '',
    `| | ${COLUMNS.map(({ heading }) => heading).join(' | ')} |`,
    `|---|${COLUMNS.map(() => '---|').join('')}`,
    ...rows,
    '',
    '*Suspect traffic*: every host has listed pages, 2,000 origins, four requests a connection. Memory: two threads of Node take more than a',
    'C proxy; with a large list, which HAProxy holds as a tree of strings, they take less.',
    '',
  ].join('\n');
}

/** A machine that others used too says so, and in which figures it shows. */
function shared({ samples }: Results): string {
  const taken = median(samples.flatMap(({ figures }) => figures['othersPercent'] ?? []));
  if (taken === null || taken < 5) return '';
  return `Other programs took ${taken.toFixed(0)} % of the proxy's core meanwhile (median): compare\nwithin a column; on a quiet machine all figures are lower. `;
}

/** Median over the rounds; a dash where the peer was not measured. */
function figure({ scenes, samples }: Results, scene: string, peer: string): string {
  const primary = scenes.find(({ name }) => name === scene)?.primary ?? '';
  return (
    median(
      samples
        .filter((sample) => sample.scene === scene && sample.peer === peer)
        .map(({ figures }) => figures[primary]!),
    )?.toFixed(1) ?? '–'
  );
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
