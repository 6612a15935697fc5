/**
 * What a proxy spent on a piece of work, and how much of its cores somebody else took meanwhile: under a busy neighbour
 * caches are cold and every figure is worse, so results say how quiet it was.
 */
import { cpuBetween, readCore, readCpu } from './process-tree.ts';

export interface Spent<T> {
  readonly result: T;
  /** Of the process tree, nanoseconds. */
  readonly cpuNs: number;
  readonly wallMs: number;
  readonly othersPercent: number;
}

export async function spentOn<T>(
  { pid, cores }: { readonly pid: number; readonly cores: readonly number[] },
  work: () => Promise<T>,
): Promise<Spent<T>> {
  const busy = (): number => cores.reduce((sum, core) => sum + readCore(core), 0);
  const [cpuBefore, busyBefore, began] = [readCpu(pid), busy(), performance.now()];
  const result = await work();
  const wallMs = performance.now() - began;
  const cpuNs = cpuBetween(cpuBefore, readCpu(pid));
  const othersNs = Math.max(0, busy() - busyBefore - cpuNs);
  return { result, cpuNs, wallMs, othersPercent: othersNs / 1e4 / wallMs / cores.length };
}
