/**
 * Entries are withdrawn: which ones the addresses name, and that every recipient gets to know. Those with exactly that address are named, whatever their
 * attributes, those of earlier versions too: a node may have one of them in force, held, pinned or in a ring that waits, and an entry whose attributes were
 * changed had another id there. It must not guess: what only covers the address is named in the error, since taking that away takes more away than was
 * asked for.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { EntryIndex } from '../list/lint/entry-index.ts';
import { parentNames } from '../list/lint/scopes.ts';
import { hostText } from '../list/text/host-text.ts';
import type { Entry } from '../match/entry.ts';
import { addressOf, addressText, entryOfAddress, entryOfLine } from './entry-line.ts';
import { massIn } from './mass-withdrawal.ts';
import type { Withdrawal } from './mass-withdrawal.ts';
import type { Publisher } from './publisher.ts';
import { eventsPath, readEvents } from './state/events.ts';
import type { LoggedEvent } from './state/events.ts';
import type { ListState } from './state/list-state.ts';

/** Of a canonical line. */
const HOST = /^(?:http:\/\/)?(?:\*\.)?((?:\[[^\]]*\]|[^/:\s])+)/;

export interface AddressFault {
  /** Among those that were named. */
  readonly index: number;
  readonly reason: string;
}

/** Some of the addresses are not on the list, all of which are told. */
export class NotListed extends CleanfeedError {
  override readonly name = 'NotListed';
  readonly faults: readonly AddressFault[];

  constructor(faults: readonly AddressFault[]) {
    super('list', 'not_listed', faults.map(({ reason }) => reason).join('\n'));
    this.faults = faults;
  }
}

/**
 * @param isMass much of the list may go at once. @returns how many are withdrawn that were not before. Throws CleanfeedError as `withdrawalsOf`,
 * `mass_withdrawal`, and where a key is missing; then nothing is.
 */
export async function withdraw(publisher: Publisher, addresses: readonly string[], isMass = false): Promise<number> {
  const withdrawals = withdrawalsOf(addresses, publisher.state, readEvents(eventsPath(publisher.folders)));
  const count = massIn(withdrawals, publisher.state);
  if (count !== null && !isMass) throw massRefused(count);
  // Before it is decided: what cannot be signed would be withdrawn for the publisher alone, and on no node.
  for (const role of ['withdrawn', 'snapshot', 'timestamp'] as const) await publisher.ring.signers(role);
  publisher.append([
    ...(count === null ? [] : [{ kind: 'massWithdrawal', count } as const]),
    ...withdrawals.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const),
  ]);
  await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
  return withdrawals.length;
}

function massRefused(count: number): CleanfeedError {
  return new CleanfeedError(
    'list',
    'mass_withdrawal',
    `nothing was withdrawn: that would take ${count} entries off every node at once; if it is meant, say --mass, which the log tells`,
  );
}

/**
 * The list is gone through once for all of them: a removal must not take the longer the more go with it.
 * @param addresses as list lines have them, `*.host.example/dir/*` for instance. @param events all of them: what is in force no longer stands there alone.
 * @returns each once, in the order of the addresses; empty if all of them are withdrawn already. Throws NotListed.
 */
export function withdrawalsOf(
  addresses: readonly string[],
  state: ListState,
  events: Iterable<LoggedEvent>,
): readonly Withdrawal[] {
  const wanted = canonicalTexts(addresses);
  const found = new Map<string, Withdrawal[]>();
  for (const [line, uid] of everListed(state, events)) {
    const text = addressOf(line);
    if (!wanted.has(text)) continue;
    const own = found.get(text) ?? [];
    if (!state.withdrawn.has(uid)) own.push({ uid, line });
    found.set(text, own);
  }
  const unknown = [...wanted].filter(([text]) => !found.has(text)).map(([, index]) => index);
  if (unknown.length > 0) throw new NotListed(unknownAddresses(addresses, unknown, state));
  return [...wanted.keys()].flatMap((text) => found.get(text) ?? []);
}

function* everListed({ inForce }: ListState, events: Iterable<LoggedEvent>): Generator<readonly [string, number]> {
  yield* inForce;
  for (const event of events) if (event.kind === 'removed') yield [event.line, event.uid];
}

/** Characters of what is no address: it may be a file of one line. */
const SHOWN = 200;

/** By the text of the list the index of the first address that means it. @throws NotListed where others are none. */
function canonicalTexts(addresses: readonly string[]): ReadonlyMap<string, number> {
  const texts = new Map<string, number>();
  const faults: AddressFault[] = [];
  for (const [index, address] of addresses.entries()) {
    const entry = entryOfAddress(address);
    if (entry === null) faults.push({ index, reason: noAddress(address) });
    else if (!texts.has(addressText(entry))) texts.set(addressText(entry), index);
  }
  if (faults.length > 0) throw new NotListed(faults);
  return texts;
}

function noAddress(address: string): string {
  const shown = address.length > SHOWN ? `${address.slice(0, SHOWN)}…` : address;
  return `${shown}: not an address of a list; write it as the list does, with http:// in front of a page`;
}

/** The list is gone through once for all of them. */
function unknownAddresses(
  addresses: readonly string[],
  unknown: readonly number[],
  state: ListState,
): readonly AddressFault[] {
  const asked = unknown.map((index) => ({ index, address: addresses[index] ?? '' }));
  const covers = coversOf(
    asked.map(({ address }) => address),
    state,
    () => true,
  );
  return asked.map(({ index, address }) => {
    const cover = covers.get(address);
    const reason =
      cover === undefined
        ? `${address}: not on the list, and nothing on the list covers it`
        : `${address}: not on the list by itself; '${cover}' covers it, which is withdrawn by naming it`;
    return { index, reason };
  });
}

/**
 * What refuses the addresses, though they were withdrawn: other entries that cover them.
 * @param addresses as of `withdrawalsOf`. @param today UTC days since 1970-01-01. @returns by address a line in force; those that are free are missing.
 */
export function refusedStill(
  addresses: readonly string[],
  state: ListState,
  today: number,
): ReadonlyMap<string, string> {
  return coversOf(addresses, state, ({ count, expires }) => !count && (expires === 0 || expires >= today));
}

/** By address the widest entry in force that covers it, of those that are meant. */
function coversOf(
  addresses: readonly string[],
  { inForce, withdrawn }: ListState,
  isMeant: (entry: Entry) => boolean,
): ReadonlyMap<string, string> {
  const asked = addresses.flatMap((address) => {
    const entry = entryOfAddress(address);
    return entry === null ? [] : [{ address, entry }];
  });
  const hosts = new Set(asked.flatMap(({ entry: { host } }) => [host, ...parentNames(host)].map(hostText)));
  const index = new EntryIndex();
  const lines: string[] = [];
  for (const [line, uid] of inForce) {
    // Of a million lines hardly any are on these hosts, and reading a line costs more than looking at its host.
    if (withdrawn.has(uid) || !hosts.has(HOST.exec(line)?.[1] ?? '')) continue;
    const listed = entryOfLine(line, BigInt(lines.length));
    if (listed === null || !isMeant(listed)) continue;
    index.add(listed);
    lines.push(line);
  }
  return new Map(
    asked.flatMap(({ address, entry }) => {
      const line = lines[index.coveredWhileInForceBy(entry)?.listed.line ?? -1];
      return line === undefined ? [] : [[address, line] as const];
    }),
  );
}
