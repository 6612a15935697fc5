/** Command line of the comparison of two versions. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FLAG, namedOne, readCommandLine, TEXT, UsageError, wholeNumber } from '../command-line.ts';
import { otherNode, type OtherNode } from '../load/other-node.ts';
import { SCENES } from '../load/scenes/all.ts';
import type { Scene } from '../load/scenes/scene.ts';

export interface Options {
  /** A git revision. */
  readonly base: string;
  readonly pairs: number;
  /** Of one measured window of load. */
  readonly seconds: number;
  readonly scenes: readonly Scene[];
  /** Names of micro benches. */
  readonly micro: readonly string[];
  /** The base runs under this one; null: under the one that runs this. */
  readonly node: OtherNode | null;
  readonly listSize: number;
  readonly isJson: boolean;
  /** As many pairs as fit into this time, one at least; Infinity: all. */
  readonly budgetMs: number;
  /** Where the clone does not have the base, there is nothing to compare. */
  readonly mayLackBase: boolean;
}

/** What CI compares with: the version of 2026-11-27. It is raised with a release, so that what became slower since shows. */
const RECORDED_BASE = '40739c8aa6a4316bd38dd3e465232b1b18212b81';
const SHORT = { pairs: 5, budgetMs: 100_000 };

const DEFAULT_SCENES = 'small,connection,suspect,bulk';
const DEFAULT_MICRO = 'verdict,request-head';

export const HELP = `npm run bench:compare -- BASE [options]
npm run bench:compare -- --short

The working tree against another version of itself: CPU of verdicts and heads, CPU per request, or per 100 MB, under load. Both take turns
(A B B A) in one run; each pair has processes of its own.

  BASE            a git revision
  --pairs N       (21); from 5 on there are bounds for the median of the ratios
  --seconds N     length of one measured window of load; each pair has two of each version and scene (2)
  --scenes A,B    ${SCENES.filter(isLoad)
    .map(({ name }) => name)
    .join(', ')}, none (${DEFAULT_SCENES})
  --micro A,B     files of bench/micro that measure operations, none (${DEFAULT_MICRO})
  --node PATH     BASE runs under this Node; with HEAD as BASE the two Nodes are compared
  --list-size N   URLs on the list of the load (100000)
  --short         micro benches only, up to ${SHORT.pairs} pairs in ${SHORT.budgetMs / 1000} s; BASE is ${RECORDED_BASE.slice(0, 7)} unless named
  --json          every pair as JSON on standard output, in place of the table
  --help
`;

/** Null: help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, positionals } = readFlags(args);
  if (values.help === true) return null;
  const isShort = values.short === true;
  const [base = isShort ? RECORDED_BASE : undefined, ...others] = positionals;
  if (base === undefined || others.length > 0)
    throw new UsageError('one revision is wanted: npm run bench:compare -- BASE');
  return {
    base,
    pairs: wholeNumber('pairs', values.pairs ?? (isShort ? String(SHORT.pairs) : '21'), 1),
    seconds: wholeNumber('seconds', values.seconds ?? '2', 1),
    scenes: scenesOf(values.scenes ?? (isShort ? 'none' : DEFAULT_SCENES)),
    micro: microOf(values.micro ?? DEFAULT_MICRO),
    node: otherNode(values.node),
    listSize: wholeNumber('list-size', values['list-size'] ?? '100000', 1),
    isJson: values.json === true,
    budgetMs: isShort ? SHORT.budgetMs : Infinity,
    mayLackBase: isShort,
  };
}

/** What is compared is CPU, for a request or for so many bytes. */
function isLoad({ primary, setUps }: Scene): boolean {
  return (primary === 'cpuUs' || primary === 'cpuMsPer100MB') && setUps === undefined;
}

function readFlags(args: readonly string[]) {
  const options = {
    pairs: TEXT,
    seconds: TEXT,
    scenes: TEXT,
    'list-size': TEXT,
    micro: TEXT,
    node: TEXT,
    json: FLAG,
    short: FLAG,
    help: FLAG,
  };
  return readCommandLine({ args: [...args], options, strict: true, allowPositionals: true });
}

function scenesOf(text: string): readonly Scene[] {
  if (text === 'none') return [];
  const all = SCENES.filter(isLoad);
  return text.split(',').map((name) => namedOne('scene', all, name));
}

function microOf(text: string): readonly string[] {
  if (text === 'none') return [];
  const all = readdirSync(join(import.meta.dirname, '..', 'micro')).map((file) => ({ name: basename(file, '.ts') }));
  return text.split(',').map((name) => namedOne('micro bench', all, name).name);
}
