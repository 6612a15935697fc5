/**
 * Follows the publisher's log of events, as its repository has it: a new version is taken once the newest head of the log is checked
 * (log-heads.ts) and contains it. It must not hold up what is withdrawn, which waits for no log.
 *
 *   newest log/N.head ─▶ fetched ─▶ checked against the one before ─▶ kept: its note, and up to which version it goes
 *                                     └ two histories: both are kept as evidence (fork-….head)
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../lib/atomic-file.ts';
import { errnoOf, fileReason } from '../../../lib/errors.ts';
import { ListError, listError } from '../../list-error.ts';
import type { NoteKey } from '../../transparency/signed-note.ts';
import { readTarget } from './fetch-target.ts';
import { checkHead } from './log-heads.ts';
import type { Repository } from './repository.ts';
import type { SignedTarget, TrustedMetadata } from './trusted-metadata.ts';
import type { KeptHead, StoredState } from './stored-state.ts';
import { idOf, signedDigest, signedFormat, withLogged } from './versions.ts';
import type { Offers, Supported } from './versions.ts';

export interface HeadWatchTerms {
  /** @throws ListError where one is no key. */
  readonly witnesses: () => readonly NoteKey[];
  readonly supported: Supported;
  /** Where evidence is kept. */
  readonly folder: string;
  /** The publisher gives no proof that this head extends the one that was seen before. */
  readonly onGap: () => void;
}

const HEAD_PATH = /^log\/(\d+)\.head$/;
const FORK = 'fork-';
/** Files of evidence that are kept, the first ones. */
const MAX_FORKS = 8;
const MAX_HEAD_BYTES = 4 * 1024 * 1024;

/** What a node remembers of the log. */
export interface KeptHeads {
  readonly state: Pick<StoredState, 'head' | 'logged'>;
  commit(change: Partial<Pick<StoredState, 'head' | 'logged'>>): Promise<void>;
}

interface Offered {
  readonly trusted: TrustedMetadata;
  readonly offers: Offers;
}

/** @throws ListError as `followHead`; then nothing but what is in force is taken. */
export async function followLog(
  mirror: Repository,
  offered: Offered,
  { kept, terms }: { readonly kept: KeptHeads; readonly terms: HeadWatchTerms },
): Promise<void> {
  const { head, logged } = kept.state;
  if (!needsLog(offered.trusted, head, terms)) {
    // Nothing waits for a log that nobody asks for any more.
    if (logged !== null) await kept.commit({ logged: null });
    return;
  }
  try {
    const next = await followHead(mirror, offered, { before: head, terms });
    if (next === head) return;
    await kept.commit({ head: next, logged: withLogged(logged, idOf(next.version, next.digest), offered.offers) });
  } catch (error) {
    // Until it is known to be in the log, nothing but what is in force is taken.
    if (logged === null) await kept.commit({ logged: [] });
    throw error;
  }
}

/** Whether new versions have to be in a log: the repository has one, or witnesses are asked for. */
function needsLog(trusted: TrustedMetadata, before: KeptHead | null, { witnesses }: HeadWatchTerms): boolean {
  return before !== null || witnesses().length > 0 || newestHead(trusted) !== null;
}

/** @returns what is to be kept from now on. @throws ListError `log_fork`, `log_head`, `log_witness`; others where it cannot be had. */
async function followHead(
  mirror: Repository,
  { trusted, offers }: Offered,
  { before, terms }: { readonly before: KeptHead | null; readonly terms: HeadWatchTerms },
): Promise<KeptHead> {
  const target = newestHead(trusted);
  if (target === null) throw listError('log_head', 'the repository has no log of events');
  const version = offers.versions[0] ?? 0;
  const digest = signedDigest(version, offers);
  const isKnown = before?.version === version && before.digest === digest;
  if (isKnown && before.sha256 === target.sha256) return before;
  const bytes = await readTarget(mirror, target, MAX_HEAD_BYTES);
  const { form, format } = terms.supported;
  const served =
    isKnown || digest === null ? null : { version, format: signedFormat(version, offers) ?? format, form, digest };
  try {
    const { logKeys } = trusted;
    const { kind, note } = checkHead(before?.note ?? null, bytes, { logKeys, witnesses: terms.witnesses(), served });
    if (kind === 'gap') terms.onGap();
    return { sha256: target.sha256, note, version, digest };
  } catch (error) {
    if (!(error instanceof ListError) || error.code !== 'log_fork') throw error;
    // The one before is in state.json.
    throw await withEvidence(error, terms.folder, { name: `${FORK}${target.sha256.slice(0, 16)}.head`, bytes });
  }
}

/** @returns the fork, which is told whether its evidence can be kept or not. */
async function withEvidence(
  fork: ListError,
  folder: string,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
): Promise<ListError> {
  try {
    await keepEvidence(folder, name, bytes);
    return fork;
  } catch (error) {
    const why = fileReason(errnoOf(error));
    return listError('log_fork', `${fork.message}; that head cannot be kept in ${folder} as evidence: ${why}`, fork);
  }
}

/** Two histories are proven by one; whoever signs others must not fill the disk. */
async function keepEvidence(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const kept = (await readdir(folder)).filter((one) => one.startsWith(FORK));
  if (kept.includes(name) || kept.length < MAX_FORKS) await writeFileAtomic(join(folder, name), bytes);
}

function newestHead({ targets }: TrustedMetadata): SignedTarget | null {
  const sizeOf = ({ path }: SignedTarget): number => Number(HEAD_PATH.exec(path)?.[1] ?? -1);
  const heads = [...targets.values()].filter((target) => sizeOf(target) >= 0);
  return heads.sort((a, b) => sizeOf(b) - sizeOf(a))[0] ?? null;
}
