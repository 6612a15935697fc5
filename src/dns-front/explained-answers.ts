/** The DNS front's answers for a name, in words for people. It decides nothing: the judge is asked as for a query. */
import { formatAddress } from '../lib/prefix.ts';
import { RCODE, type Rcode } from '../wire/dns-answer.ts';
import type { Question } from '../wire/dns-question.ts';
import type { NameJudge } from './name-judge.ts';

/** Types that are answered differently, and one for all others. */
const TYPES = { A: 1, AAAA: 28, HTTPS: 65, other: 16 } as const;

/** Answers without addresses. */
const WORDS: Readonly<Record<Rcode, string>> = {
  [RCODE.ok]: 'no data',
  [RCODE.formErr]: 'FORMERR',
  [RCODE.servFail]: 'SERVFAIL',
  [RCODE.noName]: 'NXDOMAIN',
  [RCODE.notImp]: 'NOTIMP',
  [RCODE.refused]: 'REFUSED',
  [RCODE.badVersion]: 'BADVERS',
};

/** The answers by type: addresses, a word of WORDS, or `passed on`. */
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
    return answer.addresses.map(formatAddress).join(' ') || WORDS[answer.rcode];
  };
  return { A: told(TYPES.A), AAAA: told(TYPES.AAAA), HTTPS: told(TYPES.HTTPS), other: told(TYPES.other) };
}
