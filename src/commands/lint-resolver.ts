/**
 * Which hosts of a text list carry mail or delegate, as a resolver knows them: whoever blocks such a name by DNS takes that away too. The resolver
 * that is asked learns the names. It must not print an entry.
 */
import { Resolver } from 'node:dns/promises';
import { errnoOf } from '../lib/errors.ts';
import type { ListAction } from '../lib/types.ts';
import type { LintDiagnostic, LintMessage } from '../list/lint/lint-diagnostic.ts';
import { lintMessage } from '../list/lint/lint-diagnostic.ts';
import { namedEntry } from '../list/names/named-entry.ts';
import { inForce } from '../list/text/compile.ts';
import { parseTextList } from '../list/text/grammar.ts';
import { isIpLiteral } from '../list/text/ip-literal.ts';

export interface ResolverLint {
  readonly findings: readonly LintDiagnostic[];
  /** Hosts that were asked for, and those of which the resolver has not told everything. */
  readonly hosts: number;
  readonly unanswered: number;
}

/** Hosts that are asked for at once, three questions each. */
const PARALLEL = 16;
const TIMEOUT_MS = 3000;
const TRIES = 2;
/** The name or the type is not there: an answer. */
const ABSENT: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);
const MX = 'mail is sent to this host (MX): where its name is blocked by DNS, its mail is lost too';
const SPF =
  'mail comes from this host (SPF): where its name is blocked by DNS, those who receive its mail cannot check it';
const NS =
  'has name servers of its own (NS): where its name is blocked by DNS, so is whatever its owner has put below it';

/** @returns null if the address is none. */
export function openResolver(address: string): Resolver | null {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  try {
    resolver.setServers([address]);
    return resolver;
  } catch {
    return null;
  }
}

interface Place {
  readonly host: string;
  readonly line: number;
  readonly column: number;
}

/** @param progress how many of how many hosts have been asked for. */
export async function lintByResolver(
  bytes: Uint8Array,
  { action, today }: { readonly action: ListAction; readonly today: number },
  resolver: Resolver,
  progress: (done: number, all: number) => void,
): Promise<ResolverLint> {
  const places = placesIn(bytes, action, today);
  const found: LintDiagnostic[][] = [];
  let next = 0;
  let done = 0;
  let unanswered = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < places.length; at = next++) {
      const place = places[at];
      if (place === undefined) return;
      const { messages, isComplete } = await ask(place.host, resolver);
      if (!isComplete) unanswered += 1;
      found[at] = messages.map((message) => Object.assign({ line: place.line, column: place.column }, message));
      done += 1;
      progress(done, places.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return { findings: found.flat(), hosts: places.length, unanswered };
}

/** Each host once. */
function placesIn(bytes: Uint8Array, action: ListAction, today: number): readonly Place[] {
  const places = new Map<string, Place>();
  for (const outcome of parseTextList(bytes, { list: 0, action })) {
    if (outcome.kind !== 'entry' || !inForce(outcome.entry, today)) continue;
    const { host, id } = outcome.entry;
    const isBlocked = action === 'block' && namedEntry(outcome.entry, action)?.dns === true;
    if (isBlocked && !isIpLiteral(host) && !places.has(host))
      places.set(host, { host, line: Number(id), column: outcome.column });
  }
  return [...places.values()];
}

async function ask(
  host: string,
  resolver: Resolver,
): Promise<{ readonly messages: readonly LintMessage[]; readonly isComplete: boolean }> {
  const [mail, texts, servers] = await Promise.all([
    answered(async () => await resolver.resolveMx(host)),
    answered(async () => await resolver.resolveTxt(host)),
    answered(async () => await resolver.resolveNs(host)),
  ]);
  const messages: LintMessage[] = [];
  // RFC 7505: a single MX `.` says that there is no mail.
  if (mail?.some(({ exchange }) => exchange !== '') === true) messages.push(lintMessage('warning', 'carries-mail', MX));
  if (texts?.some((parts) => /^v=spf1(?: |$)/i.test(parts.join(''))) === true)
    messages.push(lintMessage('warning', 'carries-mail', SPF));
  if (servers !== null && servers.length > 0) messages.push(lintMessage('warning', 'delegates', NS));
  return { messages, isComplete: mail !== null && texts !== null && servers !== null };
}

/** @returns null if there is no answer. */
async function answered<T>(question: () => Promise<readonly T[]>): Promise<readonly T[] | null> {
  try {
    return await question();
  } catch (error) {
    return ABSENT.has(errnoOf(error)) ? [] : null;
  }
}
