/**
 * What the filter does with a URL, and how that comes about, step by step.
 *
 *   one snapshot, as a data thread has it ─▶ the same question as for a request ─▶ verdict, look-ups, entry
 *
 * It must not decide anything itself: a verdict that differs from the data plane's would be worse than none. No origin is asked,
 * no name resolved, nothing counted.
 */
import type { Config, ListenerConfig } from '../config/types.ts';
import type { UrlExplanation } from '../observe/explanation.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';
import { splitUrl } from '../url/split.ts';
import { explain, type Explanation } from '../verdict/explain.ts';
import { askerFields, notJudged, offReason, type Asking, type ExplainGround } from './explain-ground.ts';
import { entryName, explainedLookUps } from './explained-entries.ts';

const REFUSED = {
  verdict: 'refuse',
  list: null,
  entry: null,
  action: null,
  enforceable: null,
  reading: null,
  decidedBy: null,
} as const;

export function explainUrl(url: string, asking: Asking, ground: ExplainGround, isBrief: boolean): UrlExplanation {
  const { listener, client } = asking;
  const { verdicts, lists, segmentOwners, config } = ground;
  const bytes = Buffer.from(url, 'utf8').toString('latin1');
  const requester = { client, listener: { listMask: ground.listenerMask(listener.name) } };
  const found = explain(verdicts, bytes, requester, isBrief);
  const lookUps = explainedLookUps(found.lookUps, lists, segmentOwners);
  const base = { url, canonical: found.canonical, lookUps, ...askerFields(ground, asking) };
  const refusal = refusalOf(bytes, found, { listener, ports: config.connect.ports }) ?? client.refusal;
  const { verdict, urlVerdict } = found;
  if (refusal !== null || verdict === null || urlVerdict === null) return { ...base, ...REFUSED, reason: refusal };
  // Over https the host alone is judged; what the whole URL would have hit is shown all the same.
  const isLost = verdict.list === -1 && urlVerdict.list !== -1;
  const decided = isLost ? urlVerdict : verdict;
  const list = lists[decided.list] ?? null;
  const decidedBy = found.lookUps.findIndex(({ entries }) =>
    entries.some((entry) => entry.list === decided.list && entry.id === decided.entry),
  );
  return {
    ...base,
    verdict: verdict.action === 'allow' ? 'pass' : verdict.action,
    list: list?.name ?? null,
    entry: list === null ? null : entryName(list, decided.entry),
    action: decided.action === 'pass' || decided.action === 'refuse' ? null : decided.action,
    enforceable: list === null ? null : !isLost,
    reading: found.lookUps[decidedBy]?.reading ?? null,
    reason:
      notJudged(ground, asking) ??
      offReason(ground, () => explain(verdicts, bytes, requester).verdict) ??
      reasonOf(verdict, isLost),
    decidedBy: decidedBy === -1 ? null : decidedBy,
  };
}

function reasonOf(verdict: Verdict, isLost: boolean): string | null {
  if (isLost) return 'over https only the host is visible: this entry names a path and cannot be enforced';
  if (verdict.action === 'refuse')
    return 'servers may read this path in more ways than are looked up, and its host has entries with paths';
  return verdict.action === 'allow' ? 'an allow list has priority over every other' : null;
}

/** @returns in words why the request is refused whatever the lists say; null if it is not. */
function refusalOf(
  url: ByteString,
  found: Explanation,
  { listener, ports }: { readonly listener: ListenerConfig; readonly ports: Config['connect']['ports'] },
): string | null {
  const split = splitUrl(url);
  if (split === null) return 'not an http or https URL with a host and a valid port';
  if (found.verdict === null) return 'not a valid host';
  // Where nobody sends CONNECT, TLS goes to the port that it came for.
  if (split.scheme === 'http' || listener.mode !== 'explicit') return null;
  const port = split.port ?? 443;
  return ports.some(({ from, to }) => port >= from && port <= to)
    ? null
    : `CONNECT to port ${port} is not allowed (connect.ports)`;
}
