/**
 * The same 10,000 addresses for every tool whose lists are imported: what the tool does with them, and what the list does that was made of
 * its own. Names are reserved ones; numbers come from a seed.
 *
 *   500 names × 20 addresses ──▶ tool with its file ──▶ refused or not ┐
 *                            ──▶ list made of the file ──▶ refused or not ┴─▶ both · neither · only the tool, by reason · only the list
 *
 * A name has lines of its own in the file, so that what is missed has the reason that the import gave for one of them.
 */
import { expect } from '@jest/globals';
import { seededInteger, seededRandom } from '../../../bench/data/seeded-random.ts';
import type { ImportFrom } from '../../../src/lib/list-formats.ts';
import { document, tableRows } from '../../docs/markdown.ts';
import { imported, refuses } from './imported.ts';
import type { ImportedOptions } from './imported.ts';

const NAMES = 500;
const ADDRESSES_PER_NAME = 20;
const SEED = 16;

export interface Address {
  readonly url: string;
  /** Whose it is. */
  readonly name: number;
}

/** Around `n7.example`: the host, what is below it and beside it; paths that are listed, and others that begin or end like them. */
const VARIANTS: readonly ((name: string, label: string) => string)[] = [
  (name) => `http://${name}/`,
  (name) => `http://${name}/`,
  (name) => `https://${name}/`,
  (name) => `http://www.${name}/`,
  (name) => `http://a.${name}/`,
  (name) => `http://a.b.${name}/x`,
  (name) => `http://good.${name}/`,
  (name) => `http://x.good.${name}/`,
  (name) => `http://x${name}/`,
  (name) => `http://${name}.test/`,
  (_, label) => `http://${label}.test/`,
  (name) => `http://${name}:8080/`,
  (name) => `http://${name}/dir/`,
  (name) => `http://${name}/dir`,
  (name) => `http://${name}/dir/a`,
  (name) => `http://${name}/dir/a?q=1`,
  (name) => `http://${name}/dirx`,
  (name) => `http://${name}/DIR/a`,
  (name) => `http://${name}/other/dir/`,
  (name) => `http://${name}/page`,
  (name) => `http://${name}/page?x=1`,
  (name) => `http://${name}/page?x=12`,
  (name) => `http://${name}/page/x`,
  (name) => `http://${name}/page.html`,
  (name) => `http://${name}:8080/page`,
  (name) => `http://www.${name}/dir/a`,
  (name) => `http://www.${name}/page`,
  (name) => `http://a.${name}/page`,
  (name) => `https://${name}/dir/a`,
  (name) => `http://a.${name}:8080/dir/a`,
];

export const ADDRESSES: readonly Address[] = addresses();

/** Lines of a tool's file for one name; a file has some of each kind, and nothing for the rest. */
type Lines = (name: string) => readonly string[];

export interface Tool {
  /** First cell of its row in docs/migration.md. */
  readonly row: string;
  readonly from: ImportFrom;
  readonly options?: ImportedOptions;
  readonly kinds: readonly Lines[];
  /** Lines before the names. */
  readonly head?: readonly string[];
}

export interface ToolFile {
  readonly text: string;
  /** Name of each line, from line 1; -1: none's. */
  readonly owners: readonly number[];
}

export function toolFile({ kinds, head = [] }: Tool): ToolFile {
  const random = seededRandom(SEED);
  const lines = [...head];
  const owners = head.map(() => -1);
  for (let name = 0; name < NAMES; name++) {
    const kind = kinds[seededInteger(random, Math.ceil(kinds.length * 1.25))];
    for (const line of kind?.(`n${name}.example`) ?? []) {
      lines.push(line);
      owners.push(name);
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(''), owners };
}

/** @param blocks what the tool does with each of the addresses. The document has the same figures. */
export function expectComparison(tool: Tool, { text, owners }: ToolFile, blocks: readonly boolean[]): void {
  expect(blocks).toHaveLength(ADDRESSES.length);
  const done = imported(tool.from, text, tool.options);
  const refused = refuses(done);
  const reasons = new Map<number, string>();
  for (const { line, code } of done.findings) {
    const owner = owners[line - 1] ?? -1;
    if (!reasons.has(owner)) reasons.set(owner, code);
  }
  const sums = { both: 0, neither: 0, missed: new Map<string, number>() };
  const widened: string[] = [];
  const unexplained: string[] = [];
  ADDRESSES.forEach(({ url, name }, i) => {
    const isRefused = refused(url);
    if (isRefused && blocks[i] !== true) widened.push(url);
    else if (isRefused) sums.both += 1;
    else if (blocks[i] !== true) sums.neither += 1;
    else {
      const reason = reasons.get(name);
      if (reason === undefined) unexplained.push(url);
      else sums.missed.set(reason, (sums.missed.get(reason) ?? 0) + 1);
    }
  });
  expect({ widened: widened.slice(0, 10), unexplained: unexplained.slice(0, 10) }).toEqual({
    widened: [],
    unexplained: [],
  });
  const missed = [...sums.missed]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, count]) => `${count} \`${code}\``);
  const row = [
    tool.row,
    String(sums.both),
    String(sums.neither),
    missed.length === 0 ? 'none' : missed.join(', '),
    '0',
  ];
  expect(tableRows(document('docs/migration.md'), 'file').find(([cell]) => cell === tool.row)).toEqual(row);
}

function addresses(): Address[] {
  const random = seededRandom(SEED);
  return Array.from({ length: NAMES * ADDRESSES_PER_NAME }, (_, i) => {
    const name = Math.floor(i / ADDRESSES_PER_NAME);
    const variant = VARIANTS[seededInteger(random, VARIANTS.length)]!;
    return { url: variant(`n${name}.example`, `n${name}`), name };
  });
}
