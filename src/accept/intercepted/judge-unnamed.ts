/**
 * What is neither HTTP nor TLS names no host, and neither does a client that says nothing: judged is the host of the origin's side in its
 * place, the address that the client has connected to. No path is seen, so only entries on whole hosts count, as of TLS. Lines of text may be a
 * request to their server all the same: whom they name is judged, too, and there may be no entries for paths (requirement 81).
 *
 *   origin's side ─▶ fallbackHost ─▶ facts ─▶ verdict
 *   lines of text ─▶ names ────────▶ facts ─▶ verdict, the strictest
 *
 * What CONNECT has named was judged then, and on a steered listener there is nobody to judge. It must not write to anybody.
 */
import { PASS, REFUSE, type Verdict } from '../../policy/verdict.ts';
import type { ByteString } from '../../url/bytes.ts';
import { HTTPS, type AskedRequest } from '../../verdict/channel.ts';
import type { Requester, VerdictService } from '../../verdict/verdict-service.ts';
import type { OriginSide } from './origin-side.ts';

/** @returns PASS where the origin's side has no host to judge by, or the client has named one. */
export function judgeUnnamed(verdicts: VerdictService, requester: Requester, originSide: OriginSide): Verdict {
  const { fallbackHost, isNamed } = originSide;
  if (fallbackHost === null || isNamed) return PASS;
  const facts = verdicts.facts(fallbackHost);
  if (facts === null) return REFUSE;
  ASKED.port = originSide.port;
  return verdicts.ask(HTTPS, facts, ASKED, requester);
}

/**
 * Lines of text, which may be a request. Entries on the whole host of the origin's side were judged before.
 *
 * @param names in them
 * @returns PASS, or a verdict by which none of them goes on
 */
export function judgeLines(
  verdicts: VerdictService,
  requester: Requester,
  { fallbackHost, port }: OriginSide,
  names: readonly ByteString[],
): Verdict {
  const before = fallbackHost === null ? null : verdicts.facts(fallbackHost);
  if (before !== null && verdicts.hasPathEntries(before, port, requester)) return REFUSE;
  ASKED.port = port;
  for (const name of names) {
    const facts = verdicts.facts(name);
    if (facts === null || verdicts.hasPathEntries(facts, port, requester)) return REFUSE;
    const verdict = facts.host === before?.host ? PASS : verdicts.ask(HTTPS, facts, ASKED, requester);
    if (verdict.action === 'block' || verdict.action === 'refuse') return verdict;
  }
  return PASS;
}

/** Of the thread: read during the call only. */
class PathlessRequest implements AskedRequest {
  port = 0;

  target(): ByteString {
    return '';
  }
}

const ASKED = new PathlessRequest();
