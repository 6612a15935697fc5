/**
 * Reloads under load: the file is replaced and read again, back to back for the whole window, so that every request of it
 * falls into a reload. Beside it a window without, on the same process and at the same pace.
 */
import { closeSync, linkSync, openSync, readFileSync, readSync, renameSync, statSync } from 'node:fs';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { compiledList } from '../peers/compiled-list.ts';
import { pause } from '../processes.ts';
import { forgetPeak, peakSince } from '../process-tree.ts';
import { demand } from './checks.ts';
import { atPace, halfLoad } from './half-load.ts';
import type { Scene, Target } from './scene.ts';
import { runLoad, type LoadFigures } from './window.ts';

export const RELOADING = 'cleanfeed, reloading';
const EDITIONS = ['list', 'other'] as const;
/** How often the log is looked at, in milliseconds. */
const LOOK_MS = 50;
const LONGEST_MS = 30_000;

export const reload: Scene = {
  name: 'reload',
  title: 'reloads of the compiled list under load, back to back',
  primary: 'swapOverCalm',
  note: 'Pace: half of the load that saturates it. The control thread, which reads and checks the list, shares the one core with the worker. Growth: the most that was resident while reloading less the most in the window without, in lists (compiled bytes); one list is in force before. The warm-up has had reloads too: the first of a process also compiles code and collects garbage.',
  setUps: [
    cleanfeedPeer({
      name: RELOADING,
      note: 'one worker on core 1, reloading',
      workers: 1,
      settings: ({ workspace, list }) => {
        for (const edition of EDITIONS) compiledList(list, workspace, edition);
        return { lists: [{ name: 'bench', source: put(EDITIONS[0], workspace.root), action: 'block' }] };
      },
    }),
  ],
  check: halfLoad.check,
  saturate: halfLoad.saturate!,
  warmUp: async (target, seconds) => {
    await halfLoad.warmUp(target, seconds);
    await whileReloading(target, 1);
  },
  measure: async (target, seconds) => {
    forgetPeak(target.pid);
    const calm = await runLoad(atPace(target), target, seconds);
    const before = peakSince(target.pid);
    forgetPeak(target.pid);
    const { busy, count } = await whileReloading(target, seconds);
    const growth = peakSince(target.pid) - before;
    return {
      ...busy,
      swapOverCalm: busy.p99Ms / calm.p99Ms,
      calmP99Ms: calm.p99Ms,
      reloads: count,
      growthMB: growth / 1e6,
      buffersGrown: growth / statSync(inUse(target.workspace.root)).size,
    };
  },
};

interface Reloads {
  readonly signal: AbortSignal;
  /** Finished ones. */
  count: number;
}

async function whileReloading(target: Target, seconds: number): Promise<{ readonly busy: LoadFigures; readonly count: number }> {
  const reloads = keepReloading(target);
  const busy = await runLoad(atPace(target), target, seconds);
  const { count } = await reloads.stop();
  demand(count > 0, 'no reload came to its end');
  return { busy, count };
}

function keepReloading(target: Target): { readonly stop: () => Promise<Reloads> } {
  const stopping = new AbortController();
  const running = reloadUntil(target, { signal: stopping.signal, count: 0 });
  // Whoever waits for it learns of its failure; until then it must not end the bench.
  running.catch(() => {});
  return {
    stop: async () => {
      stopping.abort();
      return await running;
    },
  };
}

async function reloadUntil(target: Target, reloads: Reloads): Promise<Reloads> {
  while (!reloads.signal.aborted) {
    const before = loadsOf(target);
    putOther(target.workspace.root);
    process.kill(target.pid, 'SIGHUP');
    const until = performance.now() + LONGEST_MS;
    while (loadsOf(target) === before) {
      demand(performance.now() < until, 'a reload does not come to its end');
      await pause(LOOK_MS);
    }
    reloads.count++;
  }
  return reloads;
}

/** Told by the log: to ask the proxy would take a millisecond of its core. It logs sixty lines of one kind a minute at most. */
function loadsOf({ workspace }: Target): number {
  return readFileSync(workspace.path(`${RELOADING}.log`), 'utf8').split('"list.loaded"').length - 1;
}

/** The edition that is not in use: a reload of the same one would never end, and the last round left either. */
function putOther(root: string): void {
  const now = headOf(inUse(root));
  put(EDITIONS.find((edition) => !headOf(compiled(edition, root)).equals(now))!, root);
}

/** Of a compiled list: its checksum is in there. */
function headOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(128);
    readSync(file, head, 0, head.length, 0);
    return head;
  } finally {
    closeSync(file);
  }
}

/** Puts an edition in the place of the list, whole and without a copy, which would take the proxy's core for ten milliseconds. */
function put(edition: string, root: string): string {
  const path = inUse(root);
  linkSync(compiled(edition, root), `${path}.next`);
  renameSync(`${path}.next`, path);
  return path;
}

function compiled(edition: string, root: string): string {
  return `${root}/cleanfeed-${edition}.bin`;
}

function inUse(root: string): string {
  return `${root}/cleanfeed-in-use.bin`;
}
