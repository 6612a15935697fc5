/**
 * How a verdict comes about, for people: each look-up in order and what became of it. Not for the request path.
 * On a hashed list it shows what was asked and never another entry: the text of a look-up comes from the question.
 */
import type { HostFacts } from '../match/host-facts.ts';
import type { PrefixHashes } from '../match/half-sip-hash.ts';
import { HostProbe, UrlProbe } from '../match/probe.ts';
import type { Found } from '../match/segment.ts';
import type { FoundEntry } from '../match/found-entry.ts';
import type { Judge } from '../policy/judge.ts';
import { pathQuestions, type PathQuestion } from '../policy/path-questions.ts';
import { PASS, type Hit, type Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';
import { displayUrl } from '../url/display.ts';
import { foldText } from '../url/fold.ts';
import { readingName, STAGE } from '../url/reading-axes.ts';
import type { Axes } from '../url/reading-axes.ts';
import { splitUrl } from '../url/split.ts';
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

/** The verdict is the service's own, as for a request; `text` is its URL. With `isBrief` look-ups that find nothing are left out. */
export function explain(
  verdicts: VerdictService,
  text: ByteString,
  requester: Requester,
  isBrief = false,
): Explanation {
  const canonical = displayUrl(text);
  const url = splitUrl(text);
  const facts = url === null ? null : verdicts.facts(url.host);
  if (url === null || facts === null)
    return { canonical, verdict: null, urlVerdict: null, lookUps: [], decidedBy: null, enforceableOverTls: null };
  const port = url.port ?? (url.scheme === 'https' ? 443 : 80);
  // Most of many addresses end here.
  if (isBrief && !facts.listed)
    return { canonical, verdict: PASS, urlVerdict: PASS, lookUps: [], decidedBy: null, enforceableOverTls: null };
  const request = { port, target: () => url.target };
  const urlVerdict = verdicts.ask(HTTP, facts, request, requester);
  const questions = pathQuestions(facts.hints, url.target);
  const when = verdicts.when(port, requester);
  const { judge } = verdicts.rules;
  const asked: Asked = {
    judge,
    actionOf: (entry) => judge.actionOf(entry, when),
    isAllowed: urlVerdict.action === 'allow',
  };
  const lookUps = [...hostLookUps(asked, facts), ...pathLookUps(asked, questions ?? [])];
  const decidedBy = decidingLookUp(lookUps, urlVerdict);
  return {
    canonical,
    verdict: url.scheme === 'http' ? urlVerdict : verdicts.ask(HTTPS, facts, request, requester),
    urlVerdict,
    lookUps,
    decidedBy,
    enforceableOverTls: decidedBy === null ? null : decidedBy.table === 'host',
  };
}

/** @returns the look-up that found the entry of a verdict. It is null if none did. */
export function decidingLookUp(lookUps: readonly LookUp[], { list, entry }: Verdict): LookUp | null {
  return lookUps.find(({ entries }) => entries.some((found) => found.list === list && found.id === entry)) ?? null;
}

interface Asked {
  readonly judge: Judge;
  /** What an entry does here and now, null if it does not apply. */
  readonly actionOf: (entry: FoundEntry) => Hit['action'] | null;
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
  { actionOf, isAllowed }: Asked,
  found: Found,
  what: Pick<LookUp, 'expression' | 'table' | 'segment' | 'digest'>,
): LookUp {
  const applying = found.entries.filter((entry) => actionOf(entry) !== null);
  const counts = isAllowed ? applying : applying.filter((entry) => actionOf(entry) !== 'allow');
  const outcome = counts.length > 0 ? 'hit' : applying.length > 0 ? 'uncovered' : outcomeOf(found);
  return { ...what, reading: null, fold: null, outcome, entries: applying.map(({ list, id }) => ({ list, id })) };
}

function digestAt({ high, low }: PrefixHashes, at: number): string {
  return [high, low].map((halves) => ((halves[at] ?? 0) >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Of what does not apply. */
function outcomeOf(found: Found): LookUp['outcome'] {
  if (found.entries.length > 0) return 'inapplicable';
  return found.candidates > 0 ? 'unproved' : 'absent';
}
