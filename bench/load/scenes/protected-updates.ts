/**
 * Updates of a protected list under load: a hundred versions, made before and brought one after the other while the load goes on. What the
 * process takes beyond what it takes without is the image of the next version beside the one in force, and nothing that stays.
 */
import { imageBytes } from '../../../src/list/protected/image-layout.ts';
import { countsFor } from '../../../src/match/segment-layout.ts';
import type { ListedUrl } from '../../data/url-list.ts';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { ClearingHouse, versionIn } from '../peers/clearing-house.ts';
import { forgetPeak, peakSince } from '../process-tree.ts';
import { pause } from '../processes.ts';
import { Progress } from '../progress.ts';
import { demand } from './checks.ts';
import { atPace, halfLoad } from './half-load.ts';
import type { Scene, Target } from './scene.ts';
import { runCounted, runLoad, type LoadFigures } from './window.ts';

export const PROTECTED = 'cleanfeed, protected list';
/** At five seconds a window: a hundred in a round. */
const UPDATES_PER_SECOND = 20;
const WARM_UPDATES = 3;
const LOOK_MS = 20;
const LONGEST_MS = 60_000;

export const protectedUpdates: Scene = {
  name: 'protected',
  title: 'updates of a protected list under load, one after the other',
  primary: 'buffersGrown',
  note: 'Pace: half of the load that saturates it. 1,000 changes a version, published before by the commands of a clearing house. It is at least the image of the next version; the thread that makes it stays, and was there in the warm-up. The longer the list (`--list-size 1000000`), the less of the growth is what V8 and the C library take for garbage. `--quick` compares with a window of a second, in which less has grown. Memory growth: the most of the whole process while updating less the most in a window without.',
  setUps: [
    cleanfeedPeer({
      name: PROTECTED,
      note: 'one worker on core 1, following a repository in a folder',
      workers: 1,
      settings: ({ workspace, list }) => ({
        lists: [{ name: 'bench', action: 'block', ...new ClearingHouse(workspace, list).source }],
      }),
    }),
  ],
  check: halfLoad.check,
  saturate: halfLoad.saturate!,
  warmUp: async (target, seconds) => {
    await prepare(target, WARM_UPDATES);
    await halfLoad.warmUp(target, seconds);
    await whileUpdating(target, { seconds: 1, updates: WARM_UPDATES });
  },
  measure: async (target, seconds) => {
    await prepare(target, seconds * UPDATES_PER_SECOND);
    forgetPeak(target.pid);
    const calm = await runLoad(atPace(target), target, seconds);
    const before = peakSince(target.pid);
    const image = imageLength(target.list);
    forgetPeak(target.pid);
    const { busy, updates, failed } = await whileUpdating(target, { seconds, updates: seconds * UPDATES_PER_SECOND });
    const growth = peakSince(target.pid) - before;
    return {
      ...busy,
      swapOverCalm: busy.p99Ms / calm.p99Ms,
      calmP99Ms: calm.p99Ms,
      reloads: updates,
      failed,
      growthMB: growth / 1e6,
      buffersGrown: growth / image,
    };
  },
};

/** Each entry is a URL, and each host has hints. */
function imageLength(list: readonly ListedUrl[]): number {
  const hintRows = new Set(list.map(({ host }) => host)).size;
  return imageBytes(countsFor({ hostRows: 0, expressionRows: list.length, hintRows }));
}

async function prepare({ workspace, list }: Target, versions: number): Promise<void> {
  const progress = new Progress(versions);
  await new ClearingHouse(workspace, list).prepare(versions, () => progress.step('version of the protected list'));
  progress.clear();
}

interface Updating {
  /** Of the last window. */
  readonly busy: LoadFigures;
  /** In all windows. */
  readonly failed: number;
  readonly updates: number;
}

/** Windows of load, one after the other, until there were so many updates. */
async function whileUpdating(
  target: Target,
  { seconds, updates }: { readonly seconds: number; readonly updates: number },
): Promise<Updating> {
  const house = new ClearingHouse(target.workspace, target.list);
  const progress = { made: 0 };
  const updating = update(target, house, { updates, progress });
  // Whoever waits for it learns of its failure.
  updating.catch(() => (progress.made = updates));
  let failed = 0;
  for (;;) {
    const { figures, failures } = await runCounted(atPace(target), target, seconds);
    failed += failures;
    if (progress.made < updates) continue;
    await updating;
    return { busy: figures, updates, failed };
  }
}

interface Count {
  made: number;
}

async function update(
  target: Target,
  house: ClearingHouse,
  { updates, progress }: { readonly updates: number; readonly progress: Count },
): Promise<void> {
  for (; progress.made < updates; progress.made++) {
    const version = house.publishNext();
    const until = performance.now() + LONGEST_MS;
    while (versionIn(target.workspace.path(`${PROTECTED}-state`)) !== version) {
      demand(performance.now() < until, `version ${version} does not come into force`);
      await pause(LOOK_MS);
    }
  }
}
