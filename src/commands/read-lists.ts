/**
 * The lists of a configuration, read and judged once, for the commands that look at them (`check`, `explain`). It must
 * not change anything: no state is written, no running instance is told.
 */
import type { Config, ListConfig } from '../config/types.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { utcDay } from '../list/text/compile.ts';
import { judgeListFile } from '../list/list-file.ts';
import type { JudgedFile } from '../list/list-file.ts';
import { noRoom, withoutRoom } from '../list/segment-capacity.ts';
import { openSource } from '../list/source/open-source.ts';
import { shownPath } from './terminal.ts';

export type ReadList =
  /** `file` is how to name it to the user, a list from a server by its name: its address may hold a secret; `sourceFault`: the source is away and this is the last good copy. */
  | { readonly ok: true; readonly file: string; readonly judged: JudgedFile; readonly sourceFault: string | null }
  | { readonly ok: false; readonly message: string };

/** Every list of the configuration, in its order. Never throws. */
export async function readLists(config: Config): Promise<ReadList[]> {
  const lists = await Promise.all(
    config.lists.map(async (list, index) => await readList(list, index, config.state.directory)),
  );
  const excess = withoutRoom(lists.map((list) => ({ now: null, next: list.ok ? list.judged.kind : null })));
  return lists.map((list, index) => (excess.includes(index) ? { ok: false, message: noRoom().message } : list));
}

async function readList(list: ListConfig, index: number, stateDirectory: string): Promise<ReadList> {
  const source = openSource(list, stateDirectory);
  try {
    const read = await source.read();
    if (read.kind === 'unchanged' || read.kind === 'same')
      return { ok: false, message: 'the source says that nothing changed since a copy that is not there' };
    const judged = await judgeListFile(read.bytes, {
      list: index,
      action: list.action,
      maxBadLineRatio: list.maxBadLineRatio,
      suffixes: list.suffixes,
      today: utcDay(Date.now()),
    });
    const file = list.source.kind === 'file' ? shownPath(list.source.path) : `list ${list.name}`;
    return { ok: true, file, judged, sourceFault: read.kind === 'kept' ? read.fault.message : null };
  } catch (error) {
    return { ok: false, message: error instanceof CleanfeedError ? error.message : String(error) };
  } finally {
    source.close();
  }
}
