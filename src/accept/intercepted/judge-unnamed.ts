/**
 * What is neither HTTP nor TLS names no host, and neither does a client that says nothing: judged is the host of the origin's side in its
 * place, the address that the client has connected to. No path is seen, so only entries on whole hosts count, as of TLS.
 *
 *   origin's side ─▶ fallbackHost ─▶ facts ─▶ verdict
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

/** Of the thread: read during the call only. */
class PathlessRequest implements AskedRequest {
  port = 0;

  target(): ByteString {
    return '';
  }
}

const ASKED = new PathlessRequest();
