/** A host with path entries under every fold: where the readings of a path cost most. Not for lists of real size. */
import { compileText } from '../../src/list/text/compile.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { openSnapshot, SegmentBuilder } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';

const FOLDS = ['', 'case', 'params', 'slash', 'case,params', 'case,slash', 'params,slash', 'case,params,slash'];
const HOST = 'folds.example';
export const WHEN = { port: 80, listMask: -1, today: 20_000 };

/** Judges raw targets on that host; gives the action of the verdict. */
export function judgedByAllFolds(): (target: string) => string {
  const lines = FOLDS.flatMap((fold) => {
    const attribute = fold === '' ? '' : ` fold=${fold}`;
    return [
      `${HOST}/page?*${attribute}`,
      `${HOST}/dir/*${attribute}`,
      `${HOST}/a/b/c/*${attribute}`,
      `${HOST}/u?q=1${attribute}`,
    ];
  });
  const judge = judgeOver(`${lines.join('\n')}\n`);
  const facts = judge.matcher.lookup(HOST);
  if (facts === null) throw new Error(`${HOST} is no host`);
  return (target) => judge.url(facts, target, WHEN).action;
}

/** A judge over one list that blocks, written as text. */
export function judgeOver(list: string): Judge {
  const builder = new SegmentBuilder(randomSegmentKeys());
  compileText(Buffer.from(list), {
    list: 0,
    action: 'block',
    today: WHEN.today,
    visit: (entry) => builder.add(entry),
  });
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([builder.build()]));
  return new Judge(matcher, [{ action: 'block' }]);
}
