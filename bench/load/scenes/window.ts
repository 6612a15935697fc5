/** One measured window: what the proxy's process tree spent while wrk ran, and what it holds after it. */
import { readMemory } from '../process-tree.ts';
import { spentOn } from '../spent.ts';
import { runWrk } from '../wrk.ts';
import { thinking } from '../wrk-scripts.ts';
import { demand } from './checks.ts';
import type { Figures, Target } from './scene.ts';

/** One in a thousand: a proxy that drops requests must not look fast. */
const TOLERATED_FAILURES = 0.001;

export interface Load {
  readonly connections: number;
  /** The Lua script for this target. */
  readonly script: (target: Target) => string;
  /** Every request is meant to be refused, by a status of 400 and above. */
  readonly isRefused?: boolean;
  /** Requests/s that connections hold by thinking between two requests; without it they go as fast as they can. */
  readonly pace?: number;
}

export type LoadFigures = Figures & Readonly<Record<'cpuUs' | 'rps' | 'p99Ms' | 'memoryMB', number>>;

export interface LoadOutcome {
  readonly figures: LoadFigures;
  /** Answered in the window. */
  readonly requests: number;
  /** Lost, or answered by what was not meant. */
  readonly failures: number;
}

/** Warm-up and measurement of a scene that is nothing but a load of wrk. */
export function loadScene(load: Load): {
  warmUp: (target: Target, seconds: number) => Promise<void>;
  measure: (target: Target, seconds: number) => Promise<Figures>;
} {
  return {
    warmUp: async (target, seconds) => {
      await runLoad(load, target, seconds);
    },
    measure: (target, seconds) => runLoad(load, target, seconds),
  };
}

export async function runLoad(load: Load, target: Target, seconds: number): Promise<LoadFigures> {
  return (await runCounted(load, target, seconds)).figures;
}

export async function runCounted(load: Load, target: Target, seconds: number): Promise<LoadOutcome> {
  const { connections, pace } = load;
  const plain = load.script(target);
  const script = target.workspace.write(
    'requests.lua',
    pace === undefined ? plain : thinking(plain, (connections / pace) * 1000),
  );
  const { proxyPort, pid } = target;
  const spent = await spentOn(target, () =>
    runWrk({ url: `http://127.0.0.1:${proxyPort}/`, seconds, connections, script }),
  );
  const { result } = spent;
  demand(result.requests > 0, 'no request was answered');
  const failures = result.lost + (load.isRefused === true ? result.requests - result.refused : result.refused);
  demand(
    failures / result.requests <= TOLERATED_FAILURES,
    `${failures} of ${result.requests} requests failed under load`,
  );
  const figures = {
    cpuUs: spent.cpuNs / 1000 / result.requests,
    rps: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    memoryMB: readMemory(pid) / 1e6,
    othersPercent: spent.othersPercent,
  };
  return { figures, requests: result.requests, failures };
}
