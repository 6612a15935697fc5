/** Command line of the load bench. */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FLAG, namedOne, readCommandLine, TEXT, wholeNumber } from '../command-line.ts';
import { otherNode, type OtherNode } from './other-node.ts';
import { PEERS } from './peers/all.ts';
import { SCENES } from './scenes/all.ts';
import type { Scene } from './scenes/scene.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly scenes: readonly Scene[];
  /** Names of programs; null: all that are installed. */
  readonly peers: readonly string[] | null;
  readonly listSize: number;
  /** Ours runs under this one, too; null: only under the one that runs the bench. */
  readonly node: OtherNode | null;
  readonly out: string;
}

const DEFAULT_OUT = join(import.meta.dirname, '..', 'results');

export const HELP = `npm run bench:load -- [options]

Proxies side by side: CPU per request, rate, latency and memory of each, in one run.

  --rounds N        rounds, each with every peer (3)
  --seconds N       length of one measured window (5)
  --scenes A,B      ${SCENES.map(({ name }) => name).join(', ')} (all)
  --peers A,B       ${PEERS.map(({ name }) => name).join(', ')} (all that are installed)
  --list-size N     URLs on the list (100000)
  --node PATH       ours takes part a second time, under this Node
  --out FOLDER      where load.json, load.md and load.svg go (bench/results)
  --quick           one round of one second, into a temporary folder: does it work at all
  --help
`;

/** Null: help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): Options | null {
  const values = readFlags(args);
  if (values.help === true) return null;
  const isQuick = values.quick === true;
  return {
    rounds: wholeNumber('rounds', values.rounds ?? (isQuick ? '1' : '3'), 1),
    seconds: wholeNumber('seconds', values.seconds ?? (isQuick ? '1' : '5'), 1),
    scenes: named('scene', SCENES, values.scenes),
    peers: values.peers === undefined ? null : named('peer', PEERS, values.peers).map(({ name }) => name),
    listSize: wholeNumber('list-size', values['list-size'] ?? '100000', 1),
    node: otherNode(values.node),
    out: resolve(values.out ?? (isQuick ? join(tmpdir(), 'cleanfeed-bench-quick') : DEFAULT_OUT)),
  };
}

function readFlags(args: readonly string[]) {
  const options = {
    rounds: TEXT,
    seconds: TEXT,
    scenes: TEXT,
    peers: TEXT,
    'list-size': TEXT,
    node: TEXT,
    out: TEXT,
    quick: FLAG,
    help: FLAG,
  };
  return readCommandLine({ args: [...args], options, strict: true }).values;
}

/** Each once, of a list with commas; all where there is none. */
function named<T extends { readonly name: string }>(
  kind: string,
  all: readonly T[],
  text: string | undefined,
): readonly T[] {
  if (text === undefined) return all;
  return [...new Set(text.split(',').map((name) => name.trim()))].map((name) => namedOne(kind, all, name));
}
