/** Which long tests belong to a change, and which of them fit into the time that there is. Pure. */
import type { NotRun } from './closing.ts';

interface LongTest {
  /** Folders of `src` that it proves something about: `list`, `commands`. */
  readonly folders: readonly string[];
  /** Other folders and files of the tree that it is about: `packaging`, `systemd`, `config`. */
  readonly also?: readonly string[];
  /** Takes so long on two cores, beside the other files of a whole run. */
  readonly seconds: number;
}

export type LongTests = Readonly<Record<string, LongTest>>;

interface LongSelection {
  readonly files: readonly string[];
  readonly notRun: NotRun;
}

/** Files run six at a time on two cores: a fifth of their sum is near what a whole run took (6,600 s of files in 1,440 s). */
const SIDE_BY_SIDE = 5;
const MINUTE = 60;

/** Picks the most specific first, by the number of its folders; of two with as many, the shorter. */
export function longTestsOf(tests: LongTests, changed: readonly string[], minutes: number): LongSelection {
  const isTouched = ([file, test]: readonly [string, LongTest]): boolean => touches(changed, file, test);
  const touched = Object.entries(tests).filter(isTouched).toSorted(bySpecificity);
  const picked: (readonly [string, LongTest])[] = [];
  for (const one of touched) if (wallSeconds([...picked, one]) <= minutes * MINUTE) picked.push(one);
  const namesOf = (entries: readonly (readonly [string, LongTest])[]): readonly string[] =>
    entries.map(([file]) => file);
  return {
    files: namesOf(picked),
    notRun: {
      [`they do not fit into ${minutes} min with the others`]: namesOf(touched.filter((one) => !picked.includes(one))),
      'the change touches none of their folders': namesOf(Object.entries(tests).filter((one) => !isTouched(one))),
    },
  };
}

/** The folder itself, the one of its tests, and the test. */
function touches(changed: readonly string[], file: string, { folders, also = [] }: LongTest): boolean {
  const places = [file, ...folders.flatMap((folder) => [`src/${folder}`, `test/${folder}`]), ...also];
  return changed.some((path) => places.some((place) => path === place || path.startsWith(`${place}/`)));
}

function bySpecificity(a: readonly [string, LongTest], b: readonly [string, LongTest]): number {
  return a[1].folders.length - b[1].folders.length || a[1].seconds - b[1].seconds;
}

function wallSeconds(picked: readonly (readonly [string, LongTest])[]): number {
  const each = picked.map(([, { seconds }]) => seconds);
  return Math.max(...each, each.reduce((sum, one) => sum + one, 0) / SIDE_BY_SIDE);
}
