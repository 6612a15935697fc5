/**
 * Which tests `npm run test:changed` runs: those that reach a changed file by the import graph. A test that starts `serve` as a process of
 * its own reaches nearly every file, so files of the rings real and long, and `*.process.test.ts`, are left out unless they are changed
 * themselves. Pure.
 */
import { testsReaching } from './import-graph.ts';
import type { Graph } from './import-graph.ts';

interface ChangedTests {
  readonly files: readonly string[];
  /** How many of each ending were left out. */
  readonly leftOut: ReadonlyMap<string, number>;
}

interface ChangedOptions {
  /** Takes `*.real.test.ts` in. */
  readonly isReal: boolean;
}

const OUTSIDE = /[.](process|real|long)[.]test[.]ts$/;

export function changedTests(graph: Graph, changed: readonly string[], { isReal }: ChangedOptions): ChangedTests {
  const files: string[] = [];
  const leftOut = new Map<string, number>();
  for (const file of testsReaching(graph, changed)) {
    const ending = OUTSIDE.exec(file)?.[1];
    if (ending === undefined || changed.includes(file) || (isReal && ending === 'real')) files.push(file);
    else leftOut.set(ending, (leftOut.get(ending) ?? 0) + 1);
  }
  return { files, leftOut };
}
