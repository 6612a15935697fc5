/** A host with path entries under every fold: where the readings of a path cost most. Not for lists of real size. */
import { compileText } from '../../src/list/text/compile.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { openSnapshot, SegmentBuilder } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';

const FOLDS = ['', 'case', 'params', 'slash', 'case,params', 'case,slash', 'params,slash', 'case,params,slash'];
const HOST = 'folds.example';
const WHEN = { port: 80, listMask: -1, today: 20_000 };

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
  const builder = new SegmentBuilder(randomSegmentKeys());
  const text = Buffer.from(`${lines.join('\n')}\n`);
  compileText(text, {
    list: 0,
    action: 'block',
    today: WHEN.today,
    visit: (entry) => builder.add(entry),
  });
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([builder.build()]));
  const judge = new Judge(matcher, [{ action: 'block' }]);
  const facts = matcher.lookup(HOST);
  if (facts === null) throw new Error(`${HOST} is no host`);
  return (target) => judge.url(facts, target, WHEN).action;
}
