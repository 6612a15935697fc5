/** What the DNS front answers to questions for a name, in words for people. It decides nothing: the judge is asked as for each query. */
import { formatAddress } from '../lib/prefix.ts';
import { RCODE } from '../wire/dns-answer.ts';
import type { Question } from '../wire/dns-question.ts';
import type { NameJudge } from './name-judge.ts';

/** Types that are answered differently, and one for all others. */
const TYPES = { A: 1, AAAA: 28, HTTPS: 65, other: 16 } as const;

/** By type: addresses, `NXDOMAIN`, `no data` or `passed on`. */
export type ToldAnswers = Readonly<Record<keyof typeof TYPES, string>>;

/** @param question for the name; null: none can ask for it. Its type is changed. Without the DO bit. */
export function explainedAnswers(
  question: Question | null,
  judge: Pick<NameJudge, 'judge'>,
  asker: Parameters<NameJudge['judge']>[1],
): ToldAnswers {
  const told = (qtype: number): string => {
    if (question === null) return 'passed on';
    question.qtype = qtype;
    const answer = judge.judge(question, asker);
    if (answer === null) return 'passed on';
    if (answer.rcode === RCODE.noName) return 'NXDOMAIN';
    return answer.addresses.map(formatAddress).join(' ') || 'no data';
  };
  return { A: told(TYPES.A), AAAA: told(TYPES.AAAA), HTTPS: told(TYPES.HTTPS), other: told(TYPES.other) };
}
