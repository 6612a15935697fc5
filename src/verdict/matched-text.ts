/**
 * What the entry of a hit says, found again with the question that it matched: a segment has proofs and no text. For entries of the segment
 * that text lists share; those of other lists are known by their ids. Not for each hit: it looks up again.
 */
import { infoMark } from '../match/entry-key.ts';
import type { FoundEntry } from '../match/found-entry.ts';
import type { HostFacts } from '../match/host-facts.ts';
import type { Matcher } from '../match/matcher.ts';
import { HostProbe, UrlProbe } from '../match/probe.ts';
import { pathQuestions } from '../policy/path-questions.ts';
import type { Hit } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';

export interface MatchedText {
  /** Host, or host with path and query, as it is looked up. */
  readonly text: string;
  readonly port: number;
  readonly fold: number;
  readonly subdomains: boolean;
}

export interface MatchedRequest {
  readonly facts: HostFacts;
  /** Path and query as they came. */
  readonly target: () => ByteString;
}

/** @returns null if nothing of it is found: the lists have changed since. */
export function matchedText(matcher: Matcher, hit: Hit, { facts, target }: MatchedRequest): MatchedText | null {
  const isIt = ({ list, id }: FoundEntry): boolean => list === hit.list && id === hit.entry;
  return ofHost(matcher, facts, isIt) ?? (facts.hints.length === 0 ? null : ofPath(facts, target(), isIt));
}

function ofHost(matcher: Matcher, { host, entries }: HostFacts, isIt: (entry: FoundEntry) => boolean) {
  if (!entries.some(isIt)) return null;
  const probe = new HostProbe();
  probe.load(host);
  for (const segment of matcher.segments) {
    segment.mayKnow(probe);
    for (let level = probe.count - 1; level >= 0; level -= 1) {
      const found = segment.findHost(probe, level, host, level < probe.count - 1).entries.find(isIt);
      if (found !== undefined) return textOf(host.slice(host.length - (probe.cuts[level] ?? 0)), found);
    }
  }
  return null;
}

function ofPath({ hints }: HostFacts, target: ByteString, isIt: (entry: FoundEntry) => boolean): MatchedText | null {
  const probe = new UrlProbe();
  let text: MatchedText | null = null;
  for (const { hint, target: asked } of pathQuestions(hints, target) ?? []) {
    const mark = infoMark(hint.fold);
    const whole = `${hint.host}${mark}${asked.path}${asked.query === null ? '' : `?${asked.query}`}`;
    hint.segment.findPaths(probe, hint, asked, ({ entries }, length) => {
      const found = text === null ? entries.find(isIt) : undefined;
      if (found !== undefined) text = textOf(whole.slice(0, length + mark.length), found);
    });
    if (text !== null) break;
  }
  return text;
}

function textOf(text: string, { port, fold, subdomains }: FoundEntry): MatchedText {
  return { text, port, fold, subdomains };
}
