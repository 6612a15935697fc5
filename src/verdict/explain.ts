/**
 * How a verdict comes about, for people: each look-up in order and what became of it. Not for the request path.
 * On a hashed list it shows what was asked and never another entry: the text of a look-up comes from the question.
 */
import type { HostFacts } from '../match/host-facts.ts';
import type { PrefixHashes } from '../match/half-sip-hash.ts';
import { HostProbe, UrlProbe } from '../match/probe.ts';
import type { Found } from '../match/segment.ts';
import type { FoundEntry } from '../match/found-entry.ts';
import type { Inapplicable, Judge } from '../policy/judge.ts';
import { pathQuestions, type PathQuestion } from '../policy/path-questions.ts';
import type { Hit, Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';
import { displayUrl } from '../url/display.ts';
import { foldText } from '../url/fold.ts';
import { readingName, STAGE } from '../url/reading-axes.ts';
import type { Axes } from '../url/reading-axes.ts';
import { splitUrl, withoutWebSocket } from '../url/split.ts';
import type { SplitUrl } from '../url/split.ts';
import { HTTP, HTTPS } from './channel.ts';
import type { Requester, VerdictService } from './verdict-service.ts';

export interface LookUp {
  /** What was digested: `host.example` (whole host) or `host.example/dir/page?query`. */
  readonly expression: string;
  /** `hint`: which hosts have path entries, and whether one of them steers. */
  readonly table: 'host' | 'path' | 'hint';
  /** Whose reading of the path this is, where it is not the canonical form's (`readingName`). */
  readonly reading: string | null;
  /** The fold of the entries that are looked for: `case,slash`; null: none. */
  readonly fold: string | null;
  readonly segment: number;
  /** What is looked for in the segment: 64 bits under its key, as 16 hexadecimal digits. */
  readonly digest: string;
  /**
   * `absent`: no such key. `unproved`: a fingerprint was found, its proof is of something else. `inapplicable`: an entry,
   * but expired, for another port or of a list that does not apply. `uncovered`: an entry that allows, but not the path in every
   * reading, or not the target as it came (requirement 59). `hit`: an entry that counts here. `steer`: a name's traffic is steered for it.
   */
  readonly outcome: 'absent' | 'unproved' | 'inapplicable' | 'uncovered' | 'hit' | 'steer';
  /** Of `inapplicable`, each reason once. `not_steered`: of a hint, none of whose entries steers here. */
  readonly why: readonly (Inapplicable | 'not_steered')[];
  /** What was found and counts, `LIST` being an index. */
  readonly entries: readonly { readonly list: number; readonly id: bigint }[];
}

export interface Explanation {
  /** The URL as `scheme://host/path?query`. It is null if the text is no http or https URL. */
  readonly canonical: string | null;
  /** The verdict by the whole URL (http) or by the host, which is all that is seen (https). It is null if that is not a host. */
  readonly verdict: Verdict | null;
  /** By the whole URL, whatever the scheme. */
  readonly urlVerdict: Verdict | null;
  readonly lookUps: readonly LookUp[];
  /** The look-up that found the entry of `urlVerdict`. It is null if none did. */
  readonly decidedBy: LookUp | null;
  /** Whether the decision holds over HTTPS too. It is null if nothing decided. */
  readonly enforceableOverTls: boolean | null;
}

/** A URL taken apart, and the verdicts on it: the service's own, as for a request. */
export interface JudgedUrl {
  readonly url: SplitUrl;
  readonly facts: HostFacts;
  /** As of an `Explanation`. */
  readonly verdict: Verdict;
  readonly urlVerdict: Verdict;
}

/** What is wrong with a text that cannot be judged. */
export type NotJudged = 'no URL' | 'no host';

export function judgeUrl(verdicts: VerdictService, text: ByteString, requester: Requester): JudgedUrl | NotJudged {
  const url = splitUrl(text);
  if (url === null) return 'no URL';
  const facts = verdicts.facts(url.host);
  if (facts === null) return 'no host';
  const request = { port: portOf(url), target: () => url.target };
  const urlVerdict = verdicts.ask(HTTP, facts, request, requester);
  const verdict = url.scheme === 'http' ? urlVerdict : verdicts.ask(HTTPS, facts, request, requester);
  return { url, facts, verdict, urlVerdict };
}

/** @param asked its URL. */
export function explain(verdicts: VerdictService, asked: ByteString, requester: Requester): Explanation {
  const text = withoutWebSocket(asked);
  const canonical = displayUrl(text);
  const judged = judgeUrl(verdicts, text, requester);
  if (typeof judged === 'string')
    return { canonical, verdict: null, urlVerdict: null, lookUps: [], decidedBy: null, enforceableOverTls: null };
  const { verdict, urlVerdict } = judged;
  const lookUps = lookUpsOf(verdicts, judged, requester);
  const decidedBy = decidingLookUp(lookUps, urlVerdict);
  return {
    canonical,
    verdict,
    urlVerdict,
    lookUps,
    decidedBy,
    enforceableOverTls: decidedBy === null ? null : decidedBy.table === 'host',
  };
}

/** All of them, in order. */
export function lookUpsOf(verdicts: VerdictService, judged: JudgedUrl, requester: Requester): readonly LookUp[] {
  const { url, facts } = judged;
  const asked = askedBy(verdicts, judged, requester);
  return [...hostLookUps(asked, facts), ...pathLookUps(asked, pathQuestions(facts.hints, url.target) ?? [])];
}

/** The reading under which an entry was found that decides, as its look-up tells it; null: the ordinary one. Nothing else is looked up. */
export function decidingReading(
  verdicts: VerdictService,
  judged: JudgedUrl,
  requester: Requester,
  decided: Verdict,
): string | null {
  const { url, facts } = judged;
  const isOnHost = facts.entries.some(({ list, id }) => list === decided.list && id === decided.entry);
  if (decided.list === -1 || isOnHost) return null;
  const questions = pathQuestions(facts.hints, url.target) ?? [];
  return decidingLookUp(pathLookUps(askedBy(verdicts, judged, requester), questions), decided)?.reading ?? null;
}

function portOf({ port, scheme }: SplitUrl): number {
  return port ?? (scheme === 'https' ? 443 : 80);
}

function askedBy(verdicts: VerdictService, { url, urlVerdict }: JudgedUrl, requester: Requester): Asked {
  const { judge } = verdicts.rules;
  const when = verdicts.when(portOf(url), requester);
  return {
    judge,
    actionOf: (entry) => judge.actionOf(entry, when),
    whyNot: (entry) => judge.whyNot(entry, when),
    isAllowed: urlVerdict.action === 'allow',
  };
}

/** @returns the look-up that found the entry of a verdict. It is null if none did. */
export function decidingLookUp(lookUps: readonly LookUp[], { list, entry }: Verdict): LookUp | null {
  return lookUps.find(({ entries }) => entries.some((found) => found.list === list && found.id === entry)) ?? null;
}

export interface Asked {
  readonly judge: Judge;
  /** What an entry does here and now, null if it does not apply. */
  readonly actionOf: (entry: FoundEntry) => Hit['action'] | null;
  readonly whyNot: (entry: FoundEntry) => Inapplicable | null;
  /** The verdict is to allow; where it is not, no entry that allows has counted. */
  readonly isAllowed: boolean;
}

/** The host and its parents in each segment. */
export function hostLookUps(asked: Asked, facts: HostFacts): readonly LookUp[] {
  const probe = new HostProbe();
  probe.load(facts.host);
  return asked.judge.matcher.segments.flatMap((segment, index) => {
    segment.mayKnow(probe);
    return Array.from({ length: probe.count }, (_, i) => {
      const level = probe.count - 1 - i;
      const expression = facts.host.slice(facts.host.length - (probe.cuts[level] ?? 0));
      const digest = digestAt(probe.hashes, level);
      return lookUp(asked, segment.findHost(probe, level, expression, i > 0), {
        expression,
        table: 'host',
        segment: index,
        digest,
      });
    });
  });
}

/** Below each host that leads to path entries, under each reading: only the depths and kinds that exist there are tried. */
function pathLookUps(asked: Asked, questions: readonly PathQuestion[]): readonly LookUp[] {
  const probe = new UrlProbe();
  return questions.flatMap(({ hint, target, axes }) => {
    const tried: LookUp[] = [];
    const text = `${hint.host}${target.path}${target.query === null ? '' : `?${target.query}`}`;
    const segment = asked.judge.matcher.segments.indexOf(hint.segment);
    hint.segment.findPaths(probe, hint, target, (found, length) => {
      const what = {
        expression: text.slice(0, length),
        table: 'path',
        segment,
        digest: digestAt(probe.hashes, tried.length),
      } as const;
      tried.push({ ...lookUp(asked, found, what), reading: readingOf(axes), fold: foldOf(hint.fold) });
    });
    return tried;
  });
}

function readingOf(axes: Axes): string | null {
  return axes === STAGE.full ? null : readingName(axes);
}

function foldOf(fold: number): string | null {
  return fold === 0 ? null : foldText(fold);
}

function lookUp(
  { actionOf, whyNot, isAllowed }: Asked,
  found: Found,
  what: Pick<LookUp, 'expression' | 'table' | 'segment' | 'digest'>,
): LookUp {
  const applying = found.entries.filter((entry) => actionOf(entry) !== null);
  const counts = isAllowed ? applying : applying.filter((entry) => actionOf(entry) !== 'allow');
  const outcome = counts.length > 0 ? 'hit' : applying.length > 0 ? 'uncovered' : outcomeOf(found);
  const why = outcome === 'inapplicable' ? [...new Set(found.entries.flatMap((entry) => whyNot(entry) ?? []))] : [];
  return { ...what, reading: null, fold: null, outcome, why, entries: applying.map(({ list, id }) => ({ list, id })) };
}

function digestAt({ high, low }: PrefixHashes, at: number): string {
  return [high, low].map((halves) => ((halves[at] ?? 0) >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Of what does not apply. */
function outcomeOf(found: Found): LookUp['outcome'] {
  if (found.entries.length > 0) return 'inapplicable';
  return found.candidates > 0 ? 'unproved' : 'absent';
}
