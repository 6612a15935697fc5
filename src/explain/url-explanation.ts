/**
 * What the filter does with a URL, and how that comes about, step by step.
 *
 *   one snapshot, as a data thread has it ─▶ the same question as for a request ─▶ verdict, look-ups, entry
 *
 * It must not decide anything itself: a verdict that differs from the data plane's would be worse than none. No origin is asked,
 * no name resolved, nothing counted.
 */
import type { BriefUrlExplanation, UrlExplanation } from '../observe/explanation.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';
import { displayUrl } from '../url/display.ts';
import { withoutWebSocket } from '../url/split.ts';
import { decidingReading, judgeUrl, lookUpsOf } from '../verdict/explain.ts';
import type { JudgedUrl, NotJudged } from '../verdict/explain.ts';
import type { Requester } from '../verdict/verdict-service.ts';
import { askerFields, notJudged, offReason, type Asking, type ExplainContext } from './explain-context.ts';
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

/** Whoever asks about a page there is told what the lists say, and who would have to be asked. */
const NAMES_ALONE = 'a listener of mode dns is asked for names alone, and refuses no page: ask for the name (--dns)';

const NOT_JUDGED: Readonly<Record<NotJudged, string>> = {
  'no URL': 'not an http or https URL with a host and a valid port',
  'no host': 'not a valid host',
};

/** @param url as it was given; any text. */
export function explainUrl(url: string, asking: Asking, context: ExplainContext): UrlExplanation {
  const { verdicts, lists, segmentOwners } = context;
  const bytes = bytesOf(url);
  const requester = requesterOf(asking, context);
  const judged = judgedText(url, bytes, asking, context);
  const found = typeof judged === 'string' ? [] : lookUpsOf(verdicts, judged, requester);
  const lookUps = explainedLookUps(found, lists, segmentOwners);
  const base = {
    url,
    canonical: isQuotedUrl(url) ? null : displayUrl(bytes),
    lookUps,
    ...askerFields(context, asking),
  };
  const outcome = outcomeOf(bytes, judged, asking, context);
  if ('refusal' in outcome) return { ...base, ...REFUSED, reason: outcome.refusal };
  const { told, decided, isLost } = outcome;
  const list = lists[decided.list] ?? null;
  const decidedBy = found.findIndex(({ entries }) =>
    entries.some((entry) => entry.list === decided.list && entry.id === decided.entry),
  );
  return {
    ...base,
    ...told,
    list: list?.name ?? null,
    action: decided.action === 'pass' || decided.action === 'refuse' ? null : decided.action,
    enforceable: list === null ? null : !isLost && asking.listener.mode !== 'dns',
    reading: found[decidedBy]?.reading ?? null,
    decidedBy: decidedBy === -1 ? null : decidedBy,
  };
}

/** The same without a look-up that is not needed for it: of ten thousand addresses. */
export function briefUrl(url: string, asking: Asking, context: ExplainContext): BriefUrlExplanation {
  const { verdicts } = context;
  const bytes = bytesOf(url);
  const requester = requesterOf(asking, context);
  const outcome = outcomeOf(bytes, judgedText(url, bytes, asking, context), asking, context);
  if ('refusal' in outcome) return { url, verdict: 'refuse', entry: null, reading: null, reason: outcome.refusal };
  const { told, decided } = outcome;
  return { url, ...told, reading: decidingReading(verdicts, outcome.judged, requester, decided) };
}

/** @param bytes those of the URL. */
function judgedText(url: string, bytes: ByteString, asking: Asking, context: ExplainContext): JudgedUrl | NotJudged {
  return isQuotedUrl(url) ? 'no URL' : judgeUrl(context.verdicts, bytes, requesterOf(asking, context));
}

/**
 * `"http://host.example/"` and `"host.example"`, as they come out of a letter: in front of a colon is no scheme, so that all of it would be read without
 * one, as a page of the host `"http` or `"host.example"`, which no list has.
 */
function isQuotedUrl(url: string): boolean {
  if (/^\s*["'`<({“„‟‘‚‛«‹]/.test(url)) return true;
  return /^[^/?#]*https?:\/\//i.test(url) && !/^\s*[a-z][-+.a-z0-9]*:/i.test(url);
}

interface Outcome {
  readonly judged: JudgedUrl;
  readonly told: Pick<UrlExplanation, 'verdict' | 'entry' | 'reason'>;
  /** What brings the entry. */
  readonly decided: Verdict;
  readonly isLost: boolean;
}

function outcomeOf(
  bytes: ByteString,
  judged: JudgedUrl | NotJudged,
  asking: Asking,
  context: ExplainContext,
): Outcome | { readonly refusal: string } {
  const { lists } = context;
  if (typeof judged === 'string') return { refusal: NOT_JUDGED[judged] };
  const refusal = refusalOf(judged, asking, context);
  if (refusal !== null) return { refusal };
  const { verdict, urlVerdict } = judged;
  // Over https the host alone is judged; what the whole URL would have hit is shown all the same.
  const isLost = verdict.list === -1 && urlVerdict.list !== -1;
  const decided = isLost ? urlVerdict : verdict;
  const list = lists[decided.list];
  const reason =
    notJudged(context, asking) ??
    offReason(context, () => judgedAnew(bytes, asking, context)) ??
    (asking.listener.mode === 'dns' && decided.list !== -1 ? NAMES_ALONE : null) ??
    reasonOf(verdict, isLost);
  return {
    judged,
    told: {
      verdict: verdict.action === 'allow' ? 'pass' : verdict.action,
      entry: list === undefined ? null : entryName(list, decided.entry),
      reason,
    },
    decided,
    isLost,
  };
}

/** With other lists off than before. */
function judgedAnew(bytes: ByteString, asking: Asking, context: ExplainContext): Verdict | null {
  const judged = judgeUrl(context.verdicts, bytes, requesterOf(asking, context));
  return typeof judged === 'string' ? null : judged.verdict;
}

function requesterOf({ client, listener }: Asking, { listenerMask }: ExplainContext): Requester {
  return { client, listener: { listMask: listenerMask(listener.name) } };
}

function bytesOf(url: string): ByteString {
  return Buffer.from(withoutWebSocket(url), 'utf8').toString('latin1');
}

function reasonOf(verdict: Verdict, isLost: boolean): string | null {
  if (isLost) return 'over https only the host is visible: this entry names a path and cannot be enforced';
  switch (verdict.action) {
    case 'refuse':
      return 'servers may read this path in more ways than are looked up, and its host has entries with paths';
    case 'allow':
      return 'an allow list has priority over every other';
    case 'pass':
    case 'block':
    case 'count':
      return null;
  }
}

/** @returns in words why the request is refused whatever the lists say; null if it is not. */
function refusalOf(
  { url: { scheme, port } }: JudgedUrl,
  { listener, client }: Asking,
  { config }: ExplainContext,
): string | null {
  // Where nobody sends CONNECT, TLS goes to the port that it came for.
  if (scheme === 'http' || listener.mode !== 'explicit') return client.refusal;
  const asked = port ?? 443;
  return config.connect.ports.some(({ from, to }) => asked >= from && asked <= to)
    ? client.refusal
    : `CONNECT to port ${asked} is not allowed (connect.ports)`;
}
