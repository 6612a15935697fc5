/**
 * What a proxy spent on a piece of work, and how much of its core somebody else took meanwhile: under a busy neighbour
 * caches are cold and every figure is worse, so results say how quiet it was.
 */
import { PROXY_CORE } from './cores.ts';
import { cpuBetween, readCore, readCpu } from './process-tree.ts';

export interface Spent<T> {
  readonly result: T;
  /** Of the process tree, nanoseconds. */
  readonly cpuNs: number;
  readonly wallMs: number;
  readonly othersPercent: number;
}

export async function spentOn<T>(pid: number, work: () => Promise<T>): Promise<Spent<T>> {
  const [cpuBefore, coreBefore, began] = [readCpu(pid), readCore(PROXY_CORE), performance.now()];
  const result = await work();
  const wallMs = performance.now() - began;
  const cpuNs = cpuBetween(cpuBefore, readCpu(pid));
  const othersNs = Math.max(0, readCore(PROXY_CORE) - coreBefore - cpuNs);
  return { result, cpuNs, wallMs, othersPercent: othersNs / 1e4 / wallMs };
}
