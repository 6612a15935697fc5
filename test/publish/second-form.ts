/** For a rehearsal: a canonical form of the future, in which the case of a path does not count, published beside that of today. */
import type { Emitter } from '../../src/publish/emit/emitter.ts';
import { EMITTERS as OF_TODAY } from '../../src/publish/emit/emitter.ts';
import { rootedPath } from '../../src/url/path.ts';

const [today] = OF_TODAY;

const SECOND: Emitter = {
  ...today!,
  form: 2,
  entryOf: (line, id) => {
    const entry = today!.entryOf(line, id);
    if (entry === null || entry.path.kind === 'host') return entry;
    return { ...entry, path: { ...entry.path, path: rootedPath(entry.path.path.toLowerCase()) } };
  },
};

export const EMITTERS: readonly Emitter[] = [...OF_TODAY, SECOND];
