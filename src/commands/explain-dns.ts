/**
 * `cleanfeed explain --dns`: what a DNS listener does with a name, and how that comes about.
 *
 *   configuration + lists ─▶ one snapshot ─▶ the verdict that a worker finds ─▶ what it answers, by type
 *
 * As explain.ts, it must not decide anything itself. No resolver is asked.
 */
import type { Config } from '../config/types.ts';
import { NameJudge } from '../resolver/front/name-judge.ts';
import { toldAnswers } from '../resolver/front/told-answers.ts';
import { canonicalHost, isPlainName, type CanonicalHost } from '../url/host.ts';
import { endsInNumber } from '../url/ipv4.ts';
import { explainName } from '../verdict/explain-name.ts';
import type { NameExplained } from './explained.ts';
import type { Asking } from './asking-client.ts';
import { entryName, explainedLookUps } from './explained-entries.ts';
import { buildVerdicts, listMask } from './local-judge.ts';
import type { ListReading } from './read-lists.ts';

export function judgeName(
  text: string,
  { listener, client }: Asking,
  config: Config,
  lists: readonly ListReading[],
): Omit<NameExplained, 'generation'> {
  const requester = { client, listener: { listMask: listMask(listener.lists) } };
  const base = {
    name: text,
    listener: listener.name,
    client: client.address,
    policy: client.policy?.name ?? null,
  };
  const nothing = { verdict: 'pass', steer: false, list: null, entry: null, action: null, lookUps: [] } as const;
  if (client.refusal !== null)
    return {
      ...base,
      ...nothing,
      canonical: null,
      verdict: 'refuse',
      answer: null,
      decidedBy: null,
      reason: client.refusal,
    };
  const host = nameOf(text);
  const { verdicts, segmentOwners } = buildVerdicts(config, lists);
  const facts = host === null ? null : verdicts.facts(host);
  const answer = toldAnswers(host, new NameJudge(verdicts, config), requester);
  if (host === null || facts === null)
    return {
      ...base,
      ...nothing,
      canonical: null,
      answer,
      decidedBy: null,
      reason: 'not a host name, or one that reads as an IP address: it is passed on without a look at the lists',
    };
  const found = explainName(verdicts, facts, requester);
  const { verdict, steer } = found;
  const list = config.lists[verdict.list];
  const decidedBy = found.decidedBy === null ? -1 : found.lookUps.indexOf(found.decidedBy);
  return {
    ...base,
    canonical: host,
    verdict: verdict.action === 'block' || verdict.action === 'count' ? verdict.action : 'pass',
    steer: steer && config.resolver.answers.steer !== null,
    list: list?.name ?? null,
    entry: list === undefined ? null : entryName(list, verdict.entry),
    action: verdict.action === 'pass' || verdict.action === 'refuse' ? null : verdict.action,
    answer,
    lookUps: explainedLookUps(found.lookUps, config.lists, segmentOwners),
    decidedBy: decidedBy === -1 ? null : decidedBy,
    reason: reasonOf(config, { isExempt: client.exempt, isAllowed: verdict.action === 'allow', steer }),
  };
}

/** As a question is read (wire/dns-question.ts), the dot at its end aside. */
function nameOf(text: string): CanonicalHost | null {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (!/^[a-z0-9_.-]+$/.test(name) || endsInNumber(name)) return null;
  return isPlainName(name) ? name : canonicalHost(name);
}

function reasonOf(
  { resolver }: Config,
  { isExempt, isAllowed, steer }: { readonly isExempt: boolean; readonly isAllowed: boolean; readonly steer: boolean },
): string | null {
  if (isExempt) return 'exempt.clients contains the client: it is never judged';
  if (isAllowed) return 'an allow list has priority over every other';
  if (!steer) return null;
  return resolver.answers.steer === null
    ? 'an entry permits that the name is steered, but resolver.answers.steer has no address'
    : 'a question with the DO bit passes instead, if the answer is signed';
}
