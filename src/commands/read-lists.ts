/**
 * The lists of a configuration, read and judged once, for the commands that look at them (`check`, `explain`). It must
 * not change anything: no state is written, no running instance is told.
 */
import { stat } from 'node:fs/promises';
import type { ListConfig } from '../config/list-types.ts';
import type { Config } from '../config/types.ts';
import { CleanfeedError } from '../lib/errors.ts';
import type { ListError } from '../list/list-error.ts';
import { yieldToEventLoop } from '../lib/pauses.ts';
import { candidateFor } from '../list/gate.ts';
import type { GateVerdict } from '../list/gate.ts';
import { overflowError, overflowing } from '../list/segment-capacity.ts';
import { namesOf } from '../list/names/names-in-force.ts';
import type { ListNames } from '../list/names/list-names.ts';
import { loadSources, openSource } from '../list/source/open-source.ts';
import { readListOf } from '../list/source/source.ts';
import type { ListSource, SourceRead } from '../list/source/source.ts';
import { contentsOf } from '../list/staged-list.ts';
import type { JudgedList, PassedList } from '../list/staged-list.ts';
import { utcDay } from '../list/text/compile.ts';
import { verdictAlone } from '../list/verdict-alone.ts';
import { NO_PROGRESS, type ListProgress } from './list-progress.ts';
import { shownPath } from './terminal.ts';

/** One list of a configuration, and what reading it has brought. */
export type ListReading = { readonly config: ListConfig } & Reading;

type Reading =
  | {
      readonly ok: true;
      /** The name to show to the user. A list from a server is shown by its name, since its address may hold a secret. */
      readonly file: string;
      readonly verdict: GateVerdict;
      readonly judged: JudgedList | PassedList;
      /** The source is away and this is the last-known-good copy. */
      readonly sourceFault: string | null;
      /** Null: nobody asked for them, or the list is refused. */
      readonly names: ListNames | null;
    }
  | { readonly ok: false; readonly message: string };

/** How the lists are read; unless told, without a word and without names. */
export interface ReadingTerms {
  /** A list without names is one that cannot be read. */
  readonly withNames?: boolean;
  readonly progress?: Pick<ListProgress, 'expect' | 'of'>;
}

/** Every list of the configuration, in its order. Never throws. */
export async function readLists(config: Config, terms: ReadingTerms = {}): Promise<ListReading[]> {
  const { progress = NO_PROGRESS } = terms;
  // The length of a file is known before it is read; of the others when they come.
  await Promise.all(
    config.lists.map(async ({ name, source }) => {
      if (source.kind !== 'file') return;
      progress.expect(name, (await stat(source.path).catch(() => null))?.size ?? 0);
    }),
  );
  await loadSources(config.lists);
  const readings = await Promise.all(
    config.lists.map(async (list) => ({ config: list, ...(await readList(list, config, terms)) })),
  );
  const excess = overflowing(
    readings.map((reading) => ({ now: null, next: reading.ok ? reading.judged.segment.kind : null })),
  );
  return readings.map((reading, index) =>
    excess.includes(index) ? { config: reading.config, ok: false, message: overflowError().message } : reading,
  );
}

/** Not the copy of a list of which the server has something newer, unless an operator has gone back to that copy. */
async function newestOf(source: ListSource): Promise<SourceRead> {
  const first = await source.read();
  if (first.kind !== 'cached' || first.fault !== null) return first;
  const next = await source.read();
  return next.kind === 'list' || next.kind === 'cached' ? next : first;
}

/** Its bad lines, which are named one by one, say why the list is refused. */
export function areLinesToBlame({ code }: ListError): boolean {
  return code === 'bad_lines' || code === 'truncated';
}

async function readList(
  list: ListConfig,
  { state, file: owner }: Config,
  { withNames = false, progress = NO_PROGRESS }: ReadingTerms,
): Promise<Reading> {
  const source = openSource(list, { stateDirectory: state.directory, owner, instance: null });
  try {
    const read = await newestOf(source);
    if (read.kind === 'unchanged' || read.kind === 'same')
      return { ok: false, message: 'the source reports no change, but there is no earlier copy' };
    const readList = readListOf(read, Date.now());
    progress.expect(list.name, readList.bytes.length);
    const frame = { today: utcDay(Date.now()), rest: yieldToEventLoop, progress: progress.of(list.name, 'judged') };
    const verdict = await verdictAlone(candidateFor(readList, null), list, frame);
    const { sourceFault } = readList;
    const judged = contentsOf(verdict);
    const file = list.source.kind === 'file' ? shownPath(list.source.path) : `list ${list.name}`;
    const isConverted = list.conversion !== undefined;
    const isNamed = withNames && verdict.stage === 'passed';
    const names = isNamed ? await namesOf(source, list, isConverted ? judged.bytes : readList.bytes) : null;
    return { ok: true, file, verdict, judged, sourceFault, names };
  } catch (error) {
    return { ok: false, message: error instanceof CleanfeedError ? error.message : String(error) };
  } finally {
    source.close();
  }
}
