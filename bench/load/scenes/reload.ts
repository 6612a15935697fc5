/**
 * Reloads under load: the file is replaced and read again, back to back for the whole window, so that every request of it
 * falls into a reload. Beside it a window without, on the same process and at the same pace.
 */
import { closeSync, linkSync, openSync, readFileSync, readSync, renameSync, statSync } from 'node:fs';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { compiledList } from '../peers/compiled-list.ts';
import { pause } from '../processes.ts';
import { forgetPeak, peakSince, residentInMappings } from '../process-tree.ts';
import { demand } from './checks.ts';
import { atPace, halfLoad } from './half-load.ts';
import type { Scene, Target } from './scene.ts';
import { runLoad, type LoadFigures } from './window.ts';

export const RELOADING = 'cleanfeed, reloading';
const EDITIONS = ['list', 'other'] as const;
/** How often the log is looked at, in milliseconds. */
const LOOK_MS = 50;
const LONGEST_MS = 30_000;
const PAGE = 4096;
/** In lists: what other mappings beside a buffer hold, where the kernel has made one of them. */
const NEIGHBOURS = 0.1;

export const reload: Scene = {
  name: 'reload',
  title: 'reloads of the compiled list under load, back to back',
  primary: 'swapOverCalm',
  note: 'Pace: half of the load that saturates it. The control thread, which reads and checks the list, shares the one core with the worker. Lists resident: one list, which is in force before, and the most that the mappings grew by in which lists lie, in lists (compiled bytes), in a window of its own, since looking takes time. Memory growth: the most of the whole process while reloading less the most in the window without: besides the second list what V8 and the C library take for garbage and for code that is compiled meanwhile. The warm-up has had reloads too.',
  setUps: [
    cleanfeedPeer({
      name: RELOADING,
      note: 'one worker on core 1, reloading',
      workers: 1,
      settings: ({ workspace, list }) => {
        for (const edition of EDITIONS) compiledList(list, workspace, { edition });
        return { lists: [{ name: 'bench', source: put(EDITIONS[0], workspace.root), action: 'block' }] };
      },
    }),
  ],
  check: halfLoad.check,
  saturate: halfLoad.saturate!,
  warmUp: async (target, seconds) => {
    await halfLoad.warmUp(target, seconds);
    await whileReloading(target, 1);
    await untilOneIsLeft(target);
  },
  measure: async (target, seconds) => {
    forgetPeak(target.pid);
    const calm = await runLoad(atPace(target), target, seconds);
    const before = peakSince(target.pid);
    forgetPeak(target.pid);
    const { busy, count } = await whileReloading(target, seconds);
    const growth = peakSince(target.pid) - before;
    await untilOneIsLeft(target);
    const one = listsResident(target);
    const { most } = await whileReloading(target, seconds, () => listsResident(target));
    return {
      ...busy,
      swapOverCalm: busy.p99Ms / calm.p99Ms,
      calmP99Ms: calm.p99Ms,
      reloads: count,
      growthMB: growth / 1e6,
      buffersGrown: growth / listBytes(target),
      listsResident: 1 + most - one,
    };
  },
};

/** Of the mappings that lists lie in, in lists: nothing else of the process needs one of that size. */
function listsResident(target: Target): number {
  const size = Math.ceil(listBytes(target) / PAGE) * PAGE;
  return residentInMappings(target.pid, size) / size;
}

function listBytes({ workspace }: Target): number {
  return statSync(inUse(workspace.root)).size;
}

/** The memory of a list that is no longer in force is given back in steps. */
async function untilOneIsLeft(target: Target): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  for (let resident = listsResident(target); resident > 1 + NEIGHBOURS; resident = listsResident(target)) {
    demand(performance.now() < until, `after a reload ${resident.toFixed(2)} lists stay resident`);
    await pause(LOOK_MS);
  }
}

interface Reloads {
  readonly signal: AbortSignal;
  readonly look: () => number;
  /** Finished ones. */
  count: number;
  /** That `look` has seen. */
  most: number;
}

/** `look`: asked again and again while a reload is under way. */
async function whileReloading(
  target: Target,
  seconds: number,
  look = (): number => 0,
): Promise<{ readonly busy: LoadFigures } & Pick<Reloads, 'count' | 'most'>> {
  const reloads = keepReloading(target, look);
  const busy = await runLoad(atPace(target), target, seconds);
  const { count, most } = await reloads.stop();
  demand(count > 0, 'no reload came to its end');
  return { busy, count, most };
}

function keepReloading(target: Target, look: () => number): { readonly stop: () => Promise<Reloads> } {
  const stopping = new AbortController();
  const running = reloadUntil(target, { signal: stopping.signal, look, count: 0, most: 0 });
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
      reloads.most = Math.max(reloads.most, reloads.look());
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
  put(
    EDITIONS.find((edition) => !headOf(compiled(edition, root)).equals(now))!,
    root,
  );
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
