/**
 * What the policy zones of a configuration say of a name, by the lists as they are in force. A zone knows no client, no listener and no bypass:
 * whoever has it answers so. It must not read a zone's file, and does not know which names were left out of one as unfit.
 */
import type { ZoneConfig } from '../config/resolver-types.ts';
import type { ZoneAnswer } from '../observe/explanation.ts';
import { PASS } from '../policy/verdict.ts';
import type { ExplainContext } from './explain-context.ts';
import { entryName } from './explained-entries.ts';

/** @param host as a judge knows it. @returns one answer a zone, in the order of the configuration. */
export function zoneAnswers(host: string, context: ExplainContext): readonly ZoneAnswer[] {
  return context.config.resolver.zones.map((zone) => zoneAnswer(zone, host, context));
}

function zoneAnswer(zone: ZoneConfig, host: string, { verdicts, lists }: ExplainContext): ZoneAnswer {
  const names = new Set([...zone.lists, ...zone.allow]);
  const listMask = lists.reduce((mask, { name }, i) => (names.has(name) ? mask | (1 << i) : mask), 0);
  const requester = { client: { exempt: false, policy: null }, listener: { listMask } };
  const facts = verdicts.facts(host);
  const { action, list, entry } =
    facts?.listed === true ? verdicts.rules.judge.name(facts, verdicts.when(0, requester)) : PASS;
  const from = lists[list];
  return {
    zone: zone.name,
    verdict: action === 'block' ? 'block' : 'pass',
    list: from?.name ?? null,
    entry: from === undefined ? null : entryName(from, entry),
  };
}
