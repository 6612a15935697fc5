/** The lists of a judge explained, as to a client that is not exempt. */
import type { Judge } from '../../src/policy/judge.ts';
import { explain, type Explanation } from '../../src/verdict/explain.ts';
import { NOT_COUNTED, VerdictService } from '../../src/verdict/verdict-service.ts';

export function explainedBy(
  judge: Judge,
  url: string,
  { listMask, today }: { readonly listMask: number; readonly today: number },
): Explanation {
  const { matcher } = judge;
  const verdicts = new VerdictService({
    matcher,
    rules: { judge, slots: [] },
    counter: NOT_COUNTED,
    refresh: () => {},
  });
  verdicts.today = today;
  return explain(verdicts, url, { client: { exempt: false, policy: null }, listener: { listMask } });
}
