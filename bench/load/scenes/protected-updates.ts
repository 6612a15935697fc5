/**
 * Updates of a protected list under load: a hundred versions, made before and brought one after the other while the load goes on. What the
 * process takes beyond what it takes without is the image of the next version beside the one in force, and nothing that stays.
 *
 *   versions made ─▶ warm-up ─▶ window without ─▶ updates ─▶ window without ─▶ updates … ─▶ window without
 *
 * With and without in turns: in a quiet minute V8 makes its heaps smaller, and under load they grow back over a minute or two, with updates or
 * without. A single window before all updates, just after versions were made, took that for growth of the updates: 2.2 images of 15 MB, 1.4 of 50 MB
 * after twenty updates. Windows on either side say 1.0, of 50 MB 1.02 (0.92 to 1.05), and there are never more than two images resident.
 * It must not count a version as an update before it is in force.
 */
import { imageBytes } from '../../../src/list/protected/image-layout.ts';
import { countsFor } from '../../../src/match/segment-layout.ts';
import type { ListedUrl } from '../../data/url-list.ts';
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { ClearingHouse, versionIn } from '../peers/clearing-house.ts';
import { forgetPeak, peakSince } from '../process-tree.ts';
import { pause } from '../processes.ts';
import { Progress } from '../progress.ts';
import { spread } from '../statistics.ts';
import { demand } from './checks.ts';
import { atPace, halfLoad } from './half-load.ts';
import type { Scene, Target } from './scene.ts';
import { runCounted, runLoad, type LoadFigures } from './window.ts';

export const PROTECTED = 'cleanfeed, protected list';
/** At five seconds a window: a hundred in a round. */
const UPDATES_PER_SECOND = 20;
const WARM_UPDATES = 3;
const TURNS = 10;
const LOOK_MS = 20;
const SETTLE_MS = 500;
/** What falls by less in that time does not fall any more. */
const STEP_BYTES = 1e6;
const LONGEST_MS = 60_000;

export const protectedUpdates: Scene = {
  name: 'protected',
  title: 'updates of a protected list under load, one after the other',
  primary: 'buffersGrown',
  note: 'Pace: half of the load that saturates it. 1,000 changes a version, published before by the commands of a clearing house. Memory growth: the most of the whole process while updating less the most in the windows without just before and after, in ten turns; the largest of them, and their median. It is at least the image of the next version; the thread that makes it stays, and was there in the warm-up. The longer the list (`--list-size 1000000`), the less of the growth is what V8 and the C library take for garbage. Drift: the most in the last window without updates less the most in the first: what stays shows there, beside what heaps grow by under load.',
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
  warmUp: halfLoad.warmUp,
  measure: async (target, seconds) => {
    const updates = seconds * UPDATES_PER_SECOND;
    await prepare(target, WARM_UPDATES + updates);
    // Versions of a long list take minutes to make.
    await halfLoad.warmUp(target, seconds);
    await whileUpdating(target, { seconds, updates: WARM_UPDATES });
    const calm = [await withoutUpdates(target, seconds)];
    const turns: Turn[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      turns.push(await withUpdates(target, { seconds, updates: updates / TURNS }));
      calm.push(await withoutUpdates(target, seconds));
    }
    const grown = turns.map(({ peak }, i) => peak - Math.max(calm[i]!.peak, calm[i + 1]!.peak));
    const growth = Math.max(...grown);
    return {
      ...turns.at(-1)!.busy,
      swapOverCalm: spread(turns.map(({ busy }, i) => busy.p99Ms / calm[i]!.p99Ms))!.median,
      calmP99Ms: spread(calm.map(({ p99Ms }) => p99Ms))!.median,
      reloads: updates,
      failed: turns.reduce((sum, { failed }) => sum + failed, 0),
      growthMB: growth / 1e6,
      buffersGrown: growth / imageLength(target.list),
      medianGrown: spread(grown)!.median / imageLength(target.list),
      driftMB: (calm.at(-1)!.peak - calm[0]!.peak) / 1e6,
    };
  },
};

interface Calm {
  readonly p99Ms: number;
  /** The most resident bytes of the process. */
  readonly peak: number;
}

interface Turn extends Updating {
  /** The most resident bytes of the process. */
  readonly peak: number;
}

async function withUpdates(target: Target, part: Part): Promise<Turn> {
  forgetPeak(target.pid);
  const updating = await whileUpdating(target, part);
  return { ...updating, peak: peakSince(target.pid) };
}

async function withoutUpdates(target: Target, seconds: number): Promise<Calm> {
  await untilGivenBack(target);
  forgetPeak(target.pid);
  const { p99Ms } = await runLoad(atPace(target), target, seconds);
  return { p99Ms, peak: peakSince(target.pid) };
}

/** The memory of a version that is no longer in force is given back in steps: until there is nothing more to come. */
async function untilGivenBack({ pid }: Target): Promise<void> {
  for (let before = Infinity; ;) {
    forgetPeak(pid);
    await pause(SETTLE_MS);
    const most = peakSince(pid);
    if (most > before - STEP_BYTES) return;
    before = most;
  }
}

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
}

interface Part {
  /** Of a window. */
  readonly seconds: number;
  readonly updates: number;
}

/** Windows of load, one after the other, until there were so many updates. */
async function whileUpdating(target: Target, { seconds, updates }: Part): Promise<Updating> {
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
    return { busy: figures, failed };
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
