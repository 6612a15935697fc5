/**
 * Which version of a list a node takes, and which files it needs for it, as pure functions:
 *
 *   targets of the repository ─▶ offers ─┐
 *   held, pinned, accepted, first seen ──┴▶ choice ─▶ plan: a chain of one full payload and deltas, what of it is missing here
 *
 * It must not fetch, and it knows no list: a version is a number and the digest that was signed of its records. A number alone says nothing,
 * since whoever may sign can call another list by it.
 */
import { type ListError, listError } from '../../list-error.ts';
import type { VersionGate } from '../../staged-list.ts';
import { NAMES_FORMAT } from '../../names/names-payload.ts';
import { PAYLOAD_FORMAT } from '../../protected/payload-format.ts';
import { labelOf } from '../version-notes.ts';
import type { SignedTarget, TrustedMetadata } from './trusted-metadata.ts';
import { endOf } from './stored-state.ts';
import type { Chain, StoredFile, StoredState } from './stored-state.ts';

/** What this program can read. */
export interface Supported {
  /** The newest; those before it, too. */
  readonly format: number;
  readonly form: number;
}

/** The match payloads that this program can read, by version. */
export interface Offers {
  readonly fulls: ReadonlyMap<number, SignedTarget>;
  /** Each from the version before. */
  readonly deltas: ReadonlyMap<number, SignedTarget>;
  /** Newest first. */
  readonly versions: readonly number[];
  readonly withdrawn: SignedTarget | null;
  /** Of names, and the version that they belong to (`nameOf`); null: there is none of this format. */
  readonly names: { readonly id: string; readonly target: SignedTarget } | null;
  /** What is offered in forms or formats that this program cannot read; `newest` is 0 where nothing is. */
  readonly others: { readonly newest: number; readonly forms: readonly string[] };
}

/** Deltas are kept, and taken, as long as all together are no larger than this part of the full payload. */
const MOST_DELTAS = 0.5;
/** Any number of 15 digits is exact; a larger one is no version. */
const NAMES_PATH = /^names\/(\d{1,9})\/(\d{1,15})\.full$/;
const SIGNED_DIGEST = /^[0-9a-f]{64}$/;
/** Its format is its own. */
const WITHDRAWN_PATH = 'withdrawn/1.set';
const MATCH_PATH = /^match\/(\d+)\/(\d+)\/(\d{1,15})\.(full|delta)$/;

export function offersOf({ targets }: TrustedMetadata, supported: Supported): Offers {
  const fulls = new Map<number, SignedTarget>();
  const deltas = new Map<number, SignedTarget>();
  const forms = new Set<string>();
  let newest = 0;
  for (const target of targets.values()) {
    const [, itsFormat, itsForm, version, kind] = MATCH_PATH.exec(target.path) ?? [];
    if (version === undefined) continue;
    if (isSupported(Number(itsFormat), Number(itsForm), supported)) {
      (kind === 'full' ? fulls : deltas).set(Number(version), target);
      continue;
    }
    newest = Math.max(newest, Number(version));
    forms.add(`format ${itsFormat}, canonical form ${itsForm}`);
  }
  const versions = [...new Set([...fulls.keys(), ...deltas.keys()])].sort((a, b) => b - a);
  return {
    names: namesIn(targets, { fulls, deltas }),
    fulls,
    deltas,
    versions,
    withdrawn: targets.get(WITHDRAWN_PATH) ?? null,
    others: { newest, forms: [...forms] },
  };
}

function isSupported(itsFormat: number, itsForm: number, { format, form }: Supported): boolean {
  return itsFormat >= PAYLOAD_FORMAT && itsFormat <= format && itsForm === form;
}

const ANY_PATH = /^(?:match|names|withdrawn)\//;
const LEADING_ZERO = /\/0\d/;

/**
 * Why what is offered cannot be what its publisher means: a version would be passed over in silence, or take the place of another. A path has one
 * spelling, and what is signed beside it says the same.
 * @returns null if there is nothing of the kind.
 */
export function offersFault({ targets }: TrustedMetadata, supported: Supported): ListError | null {
  for (const { path, custom } of targets.values()) {
    if (ANY_PATH.test(path) && LEADING_ZERO.test(path))
      return listError('inconsistent', `the repository offers ${path}, whose number begins with a zero`);
    const [, itsFormat, itsForm, version] = MATCH_PATH.exec(path) ?? [];
    const [format, form] = [Number(itsFormat), Number(itsForm)];
    if (!isSupported(format, form, supported)) continue;
    const isRight = SIGNED_DIGEST.test(String(custom['digest'])) && typeof custom['digest'] === 'string';
    if (!isRight || custom['version'] !== Number(version) || custom['format'] !== format || custom['form'] !== form)
      return listError('inconsistent', `what is signed of ${path} (version, format, form, digest) is not what it is`);
  }
  return null;
}

/** The newest; one of a version that is not offered belongs to nothing. */
function namesIn(targets: TrustedMetadata['targets'], offered: Pick<Offers, 'fulls' | 'deltas'>): Offers['names'] {
  const found = [...targets.values()].flatMap((target) => {
    const [, format, number] = NAMES_PATH.exec(target.path) ?? [];
    const version = Number(number);
    const id = Number(format) === NAMES_FORMAT ? idOf(version, signedDigest(version, offered)) : null;
    return id === null ? [] : [{ version, id: nameOf(id), target }];
  });
  const newest = found.sort((a, b) => b.version - a.version)[0];
  return newest === undefined ? null : { id: newest.id, target: newest.target };
}

export interface VersionId {
  readonly version: number;
  /** Hex, of the set of records. */
  readonly digest: string;
}

export interface Choice extends VersionId {
  readonly gate: VersionGate;
}

export interface ChoiceTerms {
  readonly delayMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** By the gate, by name. */
  readonly refused: { has(name: string): boolean };
}

/** @returns null if there is none that may be taken. */
export function choose(offers: Offers, state: StoredState, { delayMs, now, refused }: ChoiceTerms): Choice | null {
  const { notes, current, currentDigest, previous, previousDigest, firstSeen, chains, logged } = state;
  const pinned = notes.pinned === null ? null : idIn(notes.pinned);
  if (pinned !== null) return { ...pinned, gate: 'pinned' };
  // The first list of all is not waited for.
  const hasWaited = (name: string): boolean => current === null || (firstSeen[name] ?? now) + delayMs <= now;
  const has = (id: VersionId): boolean =>
    (nameOf(id) === notes.accepted || (!refused.has(nameOf(id)) && hasWaited(nameOf(id)))) &&
    (logged === null || logged.includes(nameOf(id))) &&
    planFor(id, offers, chains) !== null;
  const stays = idOf(current, currentDigest);
  // A publisher that has begun anew counts from 1: that nothing older is offered than before is for the metadata to say.
  const isRestarted = (offers.versions[0] ?? Infinity) < (current ?? 0);
  // One that calls another list by the number in force has begun anew too, or a thief has its keys.
  const isOther = ({ version, digest }: VersionId): boolean => version === current && digest !== currentDigest;
  const offered = idsOf(offers);
  // What an operator has accepted goes before what has come since, which may be refused.
  const accepted = offered.filter((one) => nameOf(one) === notes.accepted);
  const isNew = (one: VersionId): boolean => isRestarted || one.version > (current ?? 0) || isOther(one);
  const id = [...accepted, ...offered].find((one) => isNew(one) && has(one));
  if (id === undefined) return stays === null ? null : { ...stays, gate: 'accepted' };
  const wasInForce = isSame(id, idOf(previous, previousDigest));
  return { ...id, gate: nameOf(id) === notes.accepted || wasInForce ? 'accepted' : 'ask' };
}

/** Newest first; without a digest that is signed nothing is offered. */
function idsOf(offers: Offers): readonly VersionId[] {
  return offers.versions.flatMap((version) => idOf(version, signedDigest(version, offers)) ?? []);
}

/** @returns null if either is. */
export function idOf(version: number | null, digest: string | null): VersionId | null {
  return version === null || digest === null ? null : { version, digest };
}

/** By number and digest: a publisher that gives out a number twice has two versions. */
export function isSame(id: VersionId, other: VersionId | null): boolean {
  return other !== null && id.version === other.version && id.digest === other.digest;
}

/** As it is noted. */
export function nameOf({ version, digest }: VersionId): string {
  return `${version}@${digest}`;
}

/** @param name of `nameOf`. */
export function idIn(name: string): VersionId {
  const [version, digest] = name.split('@', 2);
  return { version: Number(version), digest: digest ?? '' };
}

/** Those that the log has, with one more; what is offered no longer is forgotten. */
export function withLogged(logged: StoredState['logged'], id: VersionId | null, offers: Offers): readonly string[] {
  const names = new Set([...(logged ?? []), ...(id === null ? [] : [nameOf(id)])]);
  return idsOf(offers)
    .map(nameOf)
    .filter((name) => names.has(name));
}

/** When each that is offered and not in force was first seen: now at the latest, since a clock that was ahead may have been set right. */
export function seenSince(
  offers: Offers,
  { firstSeen, current, currentDigest }: StoredState,
  now: number,
): StoredState['firstSeen'] {
  const waiting = idsOf(offers).filter((id) => !isSame(id, idOf(current, currentDigest)));
  return Object.fromEntries(waiting.map((id) => [nameOf(id), Math.min(firstSeen[nameOf(id)] ?? now, now)]));
}

export interface Plan {
  readonly chain: Chain;
  /** Not here yet, in order. */
  readonly missing: readonly SignedTarget[];
}

/** @returns null if the version cannot be reached. */
export function planFor({ version, digest }: VersionId, offers: Offers, chains: readonly Chain[]): Plan | null {
  // What was signed in its place since then is another list.
  if ((signedDigest(version, offers) ?? digest) !== digest) return null;
  const own = chains.filter((chain) => !isOfOthers(chain, offers));
  const covering = own.find((chain) => covers(chain, version));
  if (covering !== undefined) return { chain: covering, missing: [] };
  const extended = own.map((chain) => extend(chain, version, offers)).filter((plan) => plan !== null);
  // Of an earlier version, for which a ring has waited, there may be no full payload any more.
  return extended.find(({ chain }) => isShort(chain)) ?? freshPlan(version, offers) ?? extended[0] ?? null;
}

/** Those that may lead to a version, the likeliest first: which list they lead to is known when it is made. */
export function chainsTo({ version, digest }: VersionId, offers: Offers, chains: readonly Chain[]): readonly Chain[] {
  const isOffered = signedDigest(version, offers) === digest;
  const leading = chains.filter((chain) => covers(chain, version));
  const isLikely = (chain: Chain): boolean => isOfOthers(chain, offers) !== isOffered;
  return [...leading.filter(isLikely), ...leading.filter((chain) => !isLikely(chain))];
}

/** From a full payload that is not here. @returns null if there is none that leads there. */
export function freshPlan(version: number, { fulls, deltas }: Offers): Plan | null {
  for (let from = version; from > 0; from--) {
    const full = fulls.get(from);
    const rest = full === undefined ? null : deltasTo(version, from, deltas);
    if (full !== undefined && rest !== null)
      return { chain: { version: from, full: fileOf(full), deltas: rest.map(fileOf) }, missing: [full, ...rest] };
    if (!deltas.has(from)) return null;
  }
  return null;
}

/** What is signed of the records of a version, in hex; null: nothing. */
export function signedDigest(version: number, offers: Pick<Offers, 'fulls' | 'deltas'>): string | null {
  const digest = signedOf(version, offers)?.['digest'];
  return typeof digest === 'string' ? digest : null;
}

/** The format that a version is offered in. @returns null where none is signed. */
export function signedFormat(version: number, offers: Pick<Offers, 'fulls' | 'deltas'>): number | null {
  const format = signedOf(version, offers)?.['format'];
  return typeof format === 'number' ? format : null;
}

function signedOf(version: number, { fulls, deltas }: Pick<Offers, 'fulls' | 'deltas'>): SignedTarget['custom'] | null {
  return (fulls.get(version) ?? deltas.get(version))?.custom ?? null;
}

/** The publisher has begun anew, and calls another list by the same number. */
function isOfOthers({ version, full, deltas }: Chain, offers: Offers): boolean {
  const differs = (file: StoredFile, offered: SignedTarget | undefined): boolean =>
    offered !== undefined && offered.sha256 !== file.sha256;
  return (
    differs(full, offers.fulls.get(version)) ||
    deltas.some((delta, i) => differs(delta, offers.deltas.get(version + 1 + i)))
  );
}

function covers(chain: Chain, version: number): boolean {
  return chain.version <= version && version <= endOf(chain);
}

function extend(chain: Chain, version: number, { deltas }: Offers): Plan | null {
  // Of a publisher that has begun anew: nothing leads back from a later version of the former one.
  if (version <= endOf(chain)) return null;
  const more = deltasTo(version, endOf(chain), deltas);
  if (more === null) return null;
  return { chain: { ...chain, deltas: [...chain.deltas, ...more.map(fileOf)] }, missing: more };
}

function isShort({ full, deltas }: Chain): boolean {
  return sumOf(deltas) <= MOST_DELTAS * full.bytes;
}

/** @returns null if one is not there. */
function deltasTo(version: number, from: number, deltas: Offers['deltas']): readonly SignedTarget[] | null {
  const found: SignedTarget[] = [];
  // As many steps as there are deltas, however large the number is that somebody has signed.
  for (let next = from + 1; next <= version; next++) {
    const delta = deltas.get(next);
    if (delta === undefined) return null;
    found.push(delta);
  }
  return found;
}

/** The chains that the versions are on, and this one in place of the one that it goes on from. */
export function chainsWith(
  chain: Chain,
  chains: readonly Chain[],
  versions: readonly (number | null)[],
): readonly Chain[] {
  const others = chains.filter(({ full }) => full.sha256 !== chain.full.sha256);
  const isNeeded = (one: Chain): boolean =>
    versions.some((version) => version !== null && one.version <= version && version <= endOf(one));
  return [chain, ...others.filter(isNeeded)];
}

/** The publisher goes on without this program. @returns null if it does not. */
export function leftBehind({ versions, others }: Offers, { format, form }: Supported): ListError | null {
  if (others.newest <= (versions[0] ?? 0)) return null;
  return listError(
    others.forms.some((other) => Number(/^format (\d+),/.exec(other)?.[1]) <= format)
      ? 'canonical_form'
      : 'unsupported',
    `the repository offers version ${others.newest} in ${others.forms.join(' and ')}; this program reads formats up to ${format}, canonical form ${form}`,
  );
}

/** @param held by the gate, by name; null: none is. */
export function nothingToTake(held: string | null): ListError {
  if (held === null) return listError('inconsistent', 'the repository holds no list yet');
  const label = labelOf(held);
  return listError('version_refused', `version ${label} is held by the gate, and there is none before it`);
}

export function fileOf({ sha256, bytes }: SignedTarget): StoredFile {
  return { sha256, bytes };
}

function sumOf(files: readonly StoredFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
