/**
 * What a DNS listener does with a name, and how that comes about.
 *
 *   one snapshot, as a data thread has it ─▶ the same question as for a query ─▶ verdict, look-ups, what is answered by type
 *
 * As url-explanation.ts, it must not decide anything itself. No resolver is asked.
 */
import type { Config } from '../config/types.ts';
import type { NameExplanation, ZoneAnswer } from '../observe/explanation.ts';
import { askedName } from '../dns-front/asked-name.ts';
import { NameJudge } from '../dns-front/name-judge.ts';
import { explainedAnswers } from '../dns-front/explained-answers.ts';
import { explainName as explainVerdict } from '../verdict/explain-name.ts';
import { askerFields, notJudged, offReason, type Asking, type ExplainContext } from './explain-context.ts';
import { entryName, explainedLookUps } from './explained-entries.ts';
import { zoneAnswers } from './zone-answers.ts';

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
  const question = askedName(text);
  const host = question?.host ?? null;
  const zones = host === null ? [] : zoneAnswers(host, context);
  const base = { name: text, ...askerFields(context, asking), zones };
  const { refusal: reason } = client;
  if (reason !== null) return { ...base, ...NOTHING, canonical: null, verdict: 'refuse', answer: null, reason };
  const requester = { client, listener: { listMask: context.listenerMask(listener.name) } };
  const facts = host === null ? null : verdicts.facts(host);
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
      reasonOfZones(zones, { isDecided: list !== undefined, isAsked: listener.mode === 'dns' }),
  };
}

const NO_NAMES = 'this listener is of another mode than dns, and no zone refuses the name: nobody is answered so here';

/** A zone has resolvers elsewhere answer as it says. @param isDecided by an entry here. @param isAsked: names are asked for here. */
function reasonOfZones(
  zones: readonly ZoneAnswer[],
  { isDecided, isAsked }: { readonly isDecided: boolean; readonly isAsked: boolean },
): string | null {
  const refusing = zones.filter(({ verdict }) => verdict === 'block').map(({ zone }) => zone);
  if (isDecided) return isAsked || refusing.length > 0 ? null : NO_NAMES;
  return refusing.length === 0 ? null : `resolvers that have a zone refuse the name (${refusing.join(', ')})`;
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
