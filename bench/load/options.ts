/** Command line of the load bench. */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
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
  readonly out: string;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DEFAULT_OUT = join(import.meta.dirname, '..', 'results');

export const HELP = `npm run bench:load -- [options]

Proxies side by side: CPU per request, rate, latency and memory of each, in one run.

  --rounds N        rounds, each with every peer (3)
  --seconds N       length of one measured window (5)
  --scenes A,B      ${SCENES.map(({ name }) => name).join(', ')} (all)
  --peers A,B       ${PEERS.map(({ name }) => name).join(', ')} (all that are installed)
  --list-size N     URLs on the list (100000)
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
    rounds: whole('rounds', values.rounds ?? (isQuick ? '1' : '3'), 1),
    seconds: whole('seconds', values.seconds ?? (isQuick ? '1' : '5'), 1),
    scenes: named('scene', SCENES, values.scenes),
    peers: values.peers === undefined ? null : named('peer', PEERS, values.peers).map(({ name }) => name),
    listSize: whole('list-size', values['list-size'] ?? '100000', 1),
    out: resolve(values.out ?? (isQuick ? join(tmpdir(), 'cleanfeed-bench-quick') : DEFAULT_OUT)),
  };
}

function readFlags(args: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseFlags(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    rounds: text,
    seconds: text,
    scenes: text,
    peers: text,
    'list-size': text,
    out: text,
    quick: flag,
    help: flag,
  };
  return parseArgs({ args: [...args], options, strict: true }).values;
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`--${name} wants a whole number from ${least}, not '${text}'`);
  return value;
}

function named<T extends { readonly name: string }>(
  kind: string,
  all: readonly T[],
  text: string | undefined,
): readonly T[] {
  if (text === undefined) return all;
  const names = new Set(text.split(',').map((name) => name.trim()));
  return [...names].map((name) => {
    const found = all.find((item) => item.name === name);
    if (found === undefined)
      throw new UsageError(`no ${kind} '${name}'; there are: ${all.map((item) => item.name).join(', ')}`);
    return found;
  });
}
