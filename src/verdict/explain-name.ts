/**
 * How the verdict on a name comes about that is asked of a resolver, for people: as explain.ts tells it of URLs. Not for the path of queries.
 * Of path entries only hints are asked, as for a query: they know neither path, list nor day.
 */
import type { HostFacts } from '../match/host-facts.ts';
import type { Verdict } from '../policy/verdict.ts';
import { decidingLookUp, hostLookUps, type Asked, type LookUp } from './explain.ts';
import type { Requester, VerdictService } from './verdict-service.ts';

export interface NameExplanation {
  readonly verdict: Verdict;
  readonly steer: boolean;
  readonly lookUps: readonly LookUp[];
  /** The look-up that found the entry of the verdict, or else the first one that steers. It is null if none did. */
  readonly decidedBy: LookUp | null;
}

/** @param facts of the name, looked up just now. */
export function explainName(verdicts: VerdictService, facts: HostFacts, requester: Requester): NameExplanation {
  const { judge } = verdicts.rules;
  const { verdict, steer } = verdicts.name(facts, requester);
  const when = verdicts.when(0, requester);
  const isAllowed = verdict.action === 'allow';
  const whyNot: Asked['whyNot'] = (entry) => judge.whyNotName(entry, when);
  const asked = { judge, whyNot, isAllowed };
  const blocking = hostLookUps({ ...asked, actionOf: (entry) => judge.nameActionOf(entry, when) }, facts);
  const steering = hostLookUps(
    { ...asked, actionOf: (entry) => (judge.steersByEntry(entry, when) ? 'block' : null) },
    facts,
  );
  const hosts = blocking.map((lookUp, i) => toldOnce(lookUp, steering[i]));
  const hints = facts.hints.map((hint): LookUp => {
    const segment = judge.matcher.segments.indexOf(hint.segment);
    const digest = hosts.find((lookUp) => lookUp.segment === segment && lookUp.expression === hint.host)?.digest ?? '';
    const isSteered = judge.steersByHint(hint, when);
    return {
      expression: hint.host,
      table: 'hint',
      reading: null,
      fold: null,
      segment,
      digest,
      outcome: isSteered ? 'steer' : 'inapplicable',
      why: isSteered ? [] : ['not_steered'],
      entries: [],
    };
  });
  const lookUps = [...hosts, ...hints];
  const steeredBy = steer ? (lookUps.find(({ outcome }) => outcome === 'steer') ?? null) : null;
  return { verdict, steer, lookUps, decidedBy: decidingLookUp(lookUps, verdict) ?? steeredBy };
}

/** Of one look-up under both questions: what blocks is told, or else what steers. */
function toldOnce(blocking: LookUp, steering: LookUp | undefined): LookUp {
  return blocking.outcome === 'hit' || steering?.outcome !== 'hit'
    ? blocking
    : { ...steering, outcome: 'steer', why: [] };
}
