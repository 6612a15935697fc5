/**
 * What a DNS listener does with a name, and how that comes about.
 *
 *   one snapshot, as a data thread has it ─▶ the same question as for a query ─▶ verdict, look-ups, what is answered by type
 *
 * As url-explanation.ts, it must not decide anything itself. No resolver is asked.
 */
import type { Config } from '../config/types.ts';
import type { NameExplanation } from '../observe/explanation.ts';
import { askedName } from '../dns-front/asked-name.ts';
import { NameJudge } from '../dns-front/name-judge.ts';
import { explainedAnswers } from '../dns-front/explained-answers.ts';
import { explainName as explainVerdict } from '../verdict/explain-name.ts';
import { listMaskOf, type Requester } from '../verdict/verdict-service.ts';
import { askerFields, notJudged, offReason, type Asking, type ExplainContext } from './explain-context.ts';
import { entryName, explainedLookUps } from './explained-entries.ts';

const NOTHING = {
  verdict: 'pass',
  steer: false,
  list: null,
  entry: null,
  action: null,
  reading: null,
  lookUps: [],
  decidedBy: null,
} as const;

const NO_HOST = 'not a host name, or one that reads as an IP address: it is passed on without a look at the lists';

/** @param text as a resolver would be asked for it; any text. */
export function explainName(text: string, asking: Asking, context: ExplainContext): NameExplanation {
  const { listener, client } = asking;
  const { verdicts, lists, segmentOwners, config } = context;
  const base = { name: text, ...askerFields(context, asking) };
  const { refusal: reason } = client;
  if (reason !== null) return { ...base, ...NOTHING, canonical: null, verdict: 'refuse', answer: null, reason };
  const requester = { client, listener: { listMask: context.listenerMask(listener.name) } };
  const question = askedName(text);
  const facts = question === null || question.host === null ? null : verdicts.facts(question.host);
  const answer = explainedAnswers(question, new NameJudge(verdicts, { ...config, lists }), requester);
  if (question === null || facts === null) return { ...base, ...NOTHING, canonical: null, answer, reason: NO_HOST };
  const found = explainVerdict(verdicts, facts, requester);
  const { verdict, steer, lookUps } = found;
  const list = lists[verdict.list];
  const decidedBy = found.decidedBy === null ? -1 : lookUps.indexOf(found.decidedBy);
  return {
    ...base,
    canonical: facts.host,
    verdict: verdict.action === 'block' || verdict.action === 'count' ? verdict.action : 'pass',
    steer: steer && !question.hasOtherBytes && config.resolver.answers.steer !== null,
    list: list?.name ?? null,
    entry: list === undefined ? null : entryName(list, verdict.entry),
    action: verdict.action === 'pass' || verdict.action === 'refuse' ? null : verdict.action,
    answer,
    reading: null,
    lookUps: explainedLookUps(lookUps, lists, segmentOwners),
    decidedBy: decidedBy === -1 ? null : decidedBy,
    reason:
      notJudged(context, asking) ??
      offReason(context, () => verdicts.name(facts, requester).verdict) ??
      reasonOf(config, { isAllowed: verdict.action === 'allow', steer }) ??
      (list === undefined ? zonesApart(asking, requester, context) : notAsked(asking, context)),
  };
}

const NO_NAMES = 'this listener is of another mode than dns, and no zone is written: nobody is answered so here';

/** A zone has resolvers elsewhere answer as the entry says. */
function notAsked({ listener }: Asking, { config }: ExplainContext): string | null {
  return listener.mode === 'dns' || config.resolver.zones.length > 0 ? null : NO_NAMES;
}

/** A zone knows no client and no listener. @returns null where none has a list that does not apply to whoever is asked about. */
function zonesApart({ listener }: Asking, requester: Requester, { config, lists }: ExplainContext): string | null {
  if (listener.mode === 'dns') return null;
  const mask = listMaskOf(requester);
  const applies = (name: string): boolean => lists.some((list, i) => list.name === name && (mask & (1 << i)) !== 0);
  const apart = config.resolver.zones.filter((zone) => !zone.lists.every(applies)).map(({ name }) => name);
  return apart.length === 0
    ? null
    : `lists that do not apply here stand in a zone (${apart.join(', ')}): resolvers that have it may refuse the name`;
}

function reasonOf(
  { resolver }: Config,
  { isAllowed, steer }: { readonly isAllowed: boolean; readonly steer: boolean },
): string | null {
  if (isAllowed) return 'an allow list has priority over every other';
  if (!steer) return null;
  return resolver.answers.steer === null
    ? 'an entry permits that the name is steered, but resolver.answers.steer has no address'
    : 'a question with the DO bit passes instead, if the answer is signed';
}
