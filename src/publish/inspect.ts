/** What a publisher has, for people and for scripts: no entry, no key, no secret. */
import { isPastHalf } from './repository/due.ts';
import { keyText } from '../list/transparency/signed-note.ts';
import { logKeyOf, readHeads } from './log/heads.ts';
import type { Publisher } from './publisher.ts';
import { rootExpires, rootFingerprint } from './root.ts';
import type { SignedRole } from './state/roles.ts';

const MS_PER_DAY = 86_400_000;

export interface RoleReport {
  readonly version: number;
  /** ISO time. */
  readonly expires: string;
  readonly isPastHalf: boolean;
  /** Nodes take nothing of the repository. */
  readonly isExpired: boolean;
}

interface RecipientReport {
  readonly name: string;
  /** Of the list. */
  readonly version: number;
  /** Files below REPO/NAME that its metadata names and that are not there. */
  readonly lacking: readonly string[];
  readonly revoked: string | null;
  readonly roles: Readonly<Record<Exclude<SignedRole, 'root'>, RoleReport>> | null;
  /** Bytes of what a new node fetches, and of all that is named. */
  readonly fullBytes: number;
  readonly targetBytes: number;
}

export interface PublisherReport {
  readonly root: { readonly fingerprint: string } & RoleReport;
  /** Key of the log of events, for witnesses, nodes and courts, and the size of its last head. */
  readonly log: { readonly key: string; readonly size: number };
  readonly version: number;
  readonly entries: number;
  readonly withdrawn: number;
  readonly approvals: number;
  readonly recipients: readonly RecipientReport[];
}

export async function inspect(publisher: Publisher): Promise<PublisherReport> {
  const { folders, settings, state, now } = publisher;
  const expires = await rootExpires(folders, settings.root);
  const root = { version: settings.root, signed: expires - settings.days.root * MS_PER_DAY, expires };
  return {
    root: { fingerprint: await rootFingerprint(folders, settings.root), ...roleReport(root, now) },
    log: await logReport(publisher),
    version: state.version,
    entries: state.inForce.size,
    withdrawn: state.withdrawn.size,
    approvals: settings.roles.approval.threshold,
    recipients: publisher.recipients
      .filter(({ name }) => state.recipients.has(name))
      .map(({ name, revoked }) => recipientReport(publisher, name, revoked)),
  };
}

async function logReport({ folders, settings }: Publisher): Promise<PublisherReport['log']> {
  const last = (await readHeads(folders)).at(-1);
  return { key: keyText(logKeyOf(last, settings.roles.log.keys[0]?.public ?? '')), size: last?.size ?? 0 };
}

/** Roles that people have to sign before they expire, in words; empty: none is past half its life. */
export async function overdue(publisher: Publisher): Promise<readonly string[]> {
  const { root, recipients } = await inspect(publisher);
  const late = root.isPastHalf
    ? [`root version ${root.version} expires on ${root.expires}: cleanfeed publish rotate root`]
    : [];
  for (const { name, revoked, roles } of recipients) {
    if (revoked === null && roles?.targets.isPastHalf === true)
      late.push(`targets of ${name} expire on ${roles.targets.expires}: cleanfeed publish build … --commit, or commit`);
  }
  return late;
}

/**
 * Whether the list has to be signed again, as it is: nodes take nothing of a repository whose targets have expired. Those whom the version in force has
 * not reached yet get new signatures with it.
 */
export function isListOverdue({ active, repositories, now, state, late }: Publisher): boolean {
  if (state.version === 0) return false;
  return active.some(({ name }) => {
    const targets = repositories.published(name)?.roles.targets;
    return targets !== undefined && isPastHalf(targets, now) && !late.includes(name);
  });
}

/** Milliseconds that the clocks of two machines may differ by. */
const CLOCKS_MS = 3_600_000;

/** @returns when something was signed that lies ahead of the clock (milliseconds since the epoch): what is signed now may look expired; null: nothing was. */
export function signedAhead({ repositories, now }: Publisher): number | null {
  let newest = -Infinity;
  for (const { timestamp, roles } of repositories.all)
    newest = Math.max(newest, timestamp.signed, ...Object.values(roles).map(({ signed }) => signed));
  return newest > now + CLOCKS_MS ? newest : null;
}

/**
 * What has expired though something was just published, in words: nodes take nothing of that repository, and no removal; empty: nothing has.
 */
export async function expired(publisher: Publisher): Promise<readonly string[]> {
  const { root, recipients } = await inspect(publisher);
  const found = root.isExpired ? [`root version ${root.version} has expired: cleanfeed publish rotate root`] : [];
  const active = new Set(publisher.active.map(({ name }) => name));
  for (const { name, roles } of recipients) {
    if (!active.has(name)) continue;
    for (const [role, report] of Object.entries(roles ?? {}))
      if (report.isExpired) found.push(`${role} of ${name} has expired: cleanfeed publish ${renewal(role)}`);
  }
  return found;
}

/**
 * By recipient what its metadata names and REPO has not, in words: a node that has not fetched it yet takes nothing, or not the list; empty: all is there.
 */
export function lost({ active, repositories }: Publisher): ReadonlyMap<string, string> {
  return new Map(
    active.flatMap(({ name }) => {
      const [first, ...others] = repositories.lacking(name);
      if (first === undefined) return [];
      const more = others.length === 0 ? '' : ` and ${others.length} more of its files`;
      return [[name, `REPO lacks ${name}/${first.name}${more}`]];
    }),
  );
}

/** Of those the ones of which metadata is gone, which could not be signed just now, in words: nodes take nothing, no removal either; empty: there are none. */
export function unreadable(publisher: Publisher): readonly string[] {
  return [...lost(publisher)].flatMap(([name, what]) => {
    const metadata = publisher.repositories.lacking(name).filter(({ kind }) => kind === 'metadata');
    if (metadata.length === 0) return [];
    const roles = metadata.map(({ role }) => role).join(', ');
    return [`${what}: bring the keys of ${roles}, then cleanfeed publish refresh`];
  });
}

function renewal(role: string): string {
  return role === 'targets' ? 'build … --commit, or commit' : 'refresh';
}

function recipientReport(publisher: Publisher, name: string, revoked: string | null): RecipientReport {
  const published = publisher.repositories.published(name);
  if (published === null) return { name, version: 0, lacking: [], revoked, roles: null, fullBytes: 0, targetBytes: 0 };
  const { roles, timestamp, targets } = published;
  const report = (role: Parameters<typeof roleReport>[0]): RoleReport => roleReport(role, publisher.now);
  const all = [...targets.targets, ...targets.withdrawn, ...targets.log];
  return {
    name,
    version: published.version,
    lacking: publisher.repositories.lacking(name).map((file) => file.name),
    revoked,
    roles: {
      targets: report(roles.targets),
      snapshot: report(roles.snapshot),
      timestamp: report(timestamp),
      withdrawn: report(roles.withdrawn),
      log: report(roles.log),
    },
    fullBytes: targets.targets.findLast(({ path }) => path.endsWith('.full'))?.length ?? 0,
    targetBytes: all.reduce((sum, { length }) => sum + length, 0),
  };
}

function roleReport(
  role: { readonly version: number; readonly signed: number; readonly expires: number },
  now: number,
): RoleReport {
  const expires = new Date(role.expires).toISOString();
  return { version: role.version, expires, isPastHalf: isPastHalf(role, now), isExpired: role.expires <= now };
}
