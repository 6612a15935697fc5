/**
 * What a channel shows of a request, and so which entries can be enforced on it. A new way to ask is
 * one more channel here. It must not know who asks, nor count.
 */
import type { HostFacts } from '../match/host-facts.ts';
import type { RequestContext, Judge } from '../policy/judge.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';

/** What is asked about, besides the host. It is read during the call only: one object may serve all questions of a thread. */
export interface AskedRequest {
  readonly port: number;
  /** Path and query as they came; empty where the channel shows none. Asked for only where a list knows the host. */
  target(): ByteString;
}

export interface Channel {
  verdict(judge: Judge, facts: HostFacts, request: AskedRequest, when: RequestContext): Verdict;
}

/** Plain HTTP: the whole URL is seen. */
export const HTTP: Channel = {
  verdict: (judge, facts, request, when) => judge.url(facts, request.target(), when),
};

/** CONNECT, TLS: host and port are seen, so only entries on whole hosts count (design D4). */
export const HTTPS: Channel = {
  verdict: (judge, facts, _request, when) => judge.host(facts, when),
};

/** Names asked of a resolver: the host alone is seen, and only what permits it is enforced there (docs/dns.md). */
export const DNS: Channel = {
  verdict: (judge, facts, _request, when) => judge.name(facts, when),
};
