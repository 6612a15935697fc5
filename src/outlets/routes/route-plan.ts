/**
 * Which addresses are steered, as a function of what happened: (state, event) → effects. The state is plain data and belongs to this file: it is
 * changed in place, since ten thousand routes are not copied for each answer of a name server.
 *
 *                 new, within the cap                     the entry is gone: at once │ unseen for the hold time │ never steered
 *   an answer ──────────────────────▶ announced ────────────────────────────────────────────────────────────────────▶ forgotten
 *       │                              ▲     │ over its rate, or denied
 *       │ too many, or too often     released ▼
 *       └───────────────────────────▶ held │ denied     stays until an operator decides, or nothing leads to it any more
 *
 * Names are known by keys only (host-keys.ts). Whoever is listed decides where its name leads, so that no answer is trusted: it never takes an
 * address that must not be steered, brings few new ones at once, and few in a while.
 *
 * It must not ask, write, wait or look at a clock: whoever sends an event carries out its effects.
 */
import type { PlanEffect, PlanEvent, PlanSettings } from './plan-events.ts';
import {
  addressesOf,
  addOwner,
  dropOwner,
  type HostKey,
  type Owners,
  type PlanState,
  type Review,
  type Route,
} from './plan-state.ts';

/** So many times the cap of one update may be new to a host within the hold time. */
const UPDATES_PER_HOLD = 4;

/** Changes `state` in place. @returns what is to be done outside, in this order. */
export function planStep(state: PlanState, event: PlanEvent, settings: PlanSettings): readonly PlanEffect[] {
  switch (event.on) {
    case 'names':
      return names(state, event);
    case 'resolved':
      return resolved(state, event, settings);
    case 'counted':
      return counted(state, event, settings);
    case 'settings':
      return reconsidered(state, settings);
    case 'release':
      return release(state, event, settings);
    case 'deny':
      return deny(state, event, settings);
  }
}

type Event<On extends PlanEvent['on']> = Extract<PlanEvent, { readonly on: On }>;

/** A removed entry frees its addresses whatever the hold time says. Those of another entry stay. */
function names(state: PlanState, { inForce, isComplete }: Event<'names'>): readonly PlanEffect[] {
  const before = state.names;
  state.names = inForce;
  const effects: PlanEffect[] = [];
  for (const host of state.byHost.keys()) {
    // Of a list that is not there yet nothing is known: what was announced for it stays.
    if (inForce.has(host) || (!isComplete && !before.has(host))) continue;
    for (const address of addressesOf(state, host)) effects.push(...freed(state, address, host, 'removed'));
  }
  return effects;
}

function resolved(state: PlanState, event: Event<'resolved'>, settings: PlanSettings): readonly PlanEffect[] {
  const { host, at } = event;
  if (!state.names.has(host)) return [];
  const seen = new Set(event.addresses.filter((address) => !settings.never(address)));
  const fresh: string[] = [];
  for (const address of seen) {
    if (state.routes.has(address) || state.reviews.has(address)) addOwner(state, { address, host, at });
    else fresh.push(address);
  }
  const effects = welcomed(state, { host, at, fresh }, settings);
  if (!event.isComplete) return effects;
  for (const address of addressesOf(state, host)) {
    const seenAt = ownersOf(state, address)?.get(host) ?? at;
    // The clock was set back: the hold time begins anew, or the route would stay for as long as that was.
    if (seenAt > at) addOwner(state, { address, host, at });
    if (!seen.has(address) && at - seenAt >= settings.holdMs) effects.push(...freed(state, address, host, 'gone'));
  }
  return effects;
}

interface Fresh {
  readonly host: HostKey;
  readonly at: number;
  readonly fresh: readonly string[];
}

function welcomed(state: PlanState, { host, at, fresh }: Fresh, settings: PlanSettings): PlanEffect[] {
  const effects: PlanEffect[] = [];
  let left = settings.newAddresses;
  let leftInHold = left * UPDATES_PER_HOLD - recentOf(state, host, at - settings.holdMs);
  for (const address of inTurns(fresh)) {
    const isHeld = left <= 0 || leftInHold <= 0;
    if ((isHeld ? state.reviews : state.routes).size >= settings.maxRoutes) {
      effects.push({ do: 'skip', address });
      continue;
    }
    if (isHeld) {
      const reason = left <= 0 ? 'many' : 'changing';
      state.reviews.set(address, { reason, since: at, owners: new Map() });
      effects.push({ do: 'hold', address, reason });
    } else {
      state.routes.set(address, { since: at, isReleased: false, owners: new Map() });
      effects.push({ do: 'announce', address });
      left -= 1;
      leftInHold -= 1;
    }
    addOwner(state, { address, host, at });
  }
  return effects;
}

/** How many addresses were new to the host since then. One that was over its rate counts, or whoever moves on each time is never held. */
function recentOf(state: PlanState, host: HostKey, since: number): number {
  return addressesOf(state, host).filter((address) => {
    const route = state.routes.get(address);
    if (route !== undefined) return !route.isReleased && route.since > since;
    const review = state.reviews.get(address);
    return review?.reason === 'rate' && review.since > since;
  }).length;
}

/** The same order whichever way a server turned them, so that nodes agree; the families by turns, so that none is left out. */
function inTurns(addresses: readonly string[]): readonly string[] {
  const sorted = addresses.toSorted();
  const six = sorted.filter((address) => address.includes(':'));
  const four = sorted.filter((address) => !address.includes(':'));
  return Array.from({ length: Math.max(six.length, four.length) }, (_, i) => [four[i], six[i]])
    .flat()
    .filter((address) => address !== undefined);
}

/** Over its rate an address carries more than it was given: other sites lie there, and customers of theirs. */
function counted(state: PlanState, event: Event<'counted'>, settings: PlanSettings): readonly PlanEffect[] {
  const effects: PlanEffect[] = [];
  const { counts } = state;
  state.counts = { at: event.at, bytes: event.bytes };
  const limit = settings.bytesPerSecond;
  if (limit === null || counts === null || event.at <= counts.at) return effects;
  for (const [address, bytes] of event.bytes) {
    const route = state.routes.get(address);
    if (route === undefined || wasReleasedWithin(route, counts.at, event.at)) continue;
    const before = counts.bytes.get(address) ?? 0;
    // Less than before: it was counted anew from zero.
    const carried = bytes >= before ? bytes - before : bytes;
    if ((carried * 1000) / (event.at - counts.at) <= limit) continue;
    if (state.reviews.size >= settings.maxRoutes) effects.push(...roomMade(state));
    state.routes.delete(address);
    state.reviews.set(address, { reason: 'rate', since: event.at, owners: route.owners });
    effects.push({ do: 'withdraw', address, reason: 'rate' });
  }
  return effects;
}

/** Then what was carried is that of the route before, too, for which it was withdrawn: from the next time on it is the new one's alone. */
function wasReleasedWithin({ isReleased, since }: Route, from: number, to: number): boolean {
  return isReleased && since > from && since <= to;
}

/** Of the oldest that nobody has denied: whoever is listed must not make what is held grow, nor keep an address from being denied. */
function roomMade(state: PlanState): readonly PlanEffect[] {
  for (const [address, { reason }] of state.reviews) {
    if (reason === 'denied') continue;
    forget(state, address);
    return [{ do: 'forget', address }];
  }
  return [];
}

/** Other settings: what is never steered now is not any more. */
function reconsidered(state: PlanState, settings: PlanSettings): readonly PlanEffect[] {
  const effects: PlanEffect[] = [];
  for (const [address, review] of state.reviews)
    if (review.reason !== 'denied' && settings.never(address)) forget(state, address);
  for (const address of state.routes.keys()) {
    if (!settings.never(address)) continue;
    forget(state, address);
    effects.push({ do: 'withdraw', address, reason: 'never' });
  }
  return effects;
}

function release(state: PlanState, { address, at }: Event<'release'>, settings: PlanSettings): readonly PlanEffect[] {
  const review = state.reviews.get(address);
  if (review === undefined) return [{ do: 'ignore', address }];
  if (settings.never(address) || review.owners.size === 0) {
    forget(state, address);
    return [{ do: 'forget', address }];
  }
  if (state.routes.size >= settings.maxRoutes) return [{ do: 'skip', address }];
  state.reviews.delete(address);
  state.routes.set(address, { since: at, isReleased: true, owners: review.owners });
  return [{ do: 'announce', address }];
}

function deny(state: PlanState, { address, at }: Event<'deny'>, settings: PlanSettings): readonly PlanEffect[] {
  const route = state.routes.get(address);
  const owners: Owners = route?.owners ?? state.reviews.get(address)?.owners ?? new Map();
  const isFull = !state.reviews.has(address) && state.reviews.size >= settings.maxRoutes;
  const forgotten = isFull ? roomMade(state) : [];
  if (route === undefined && isFull && forgotten.length === 0) return [{ do: 'skip', address }];
  const review: Review = { reason: 'denied', since: at, owners };
  state.routes.delete(address);
  state.reviews.set(address, review);
  return [
    ...forgotten,
    route === undefined ? { do: 'hold', address, reason: 'denied' } : { do: 'withdraw', address, reason: 'denied' },
  ];
}

function ownersOf(state: PlanState, address: string): Owners | undefined {
  return state.routes.get(address)?.owners ?? state.reviews.get(address)?.owners;
}

/** The host does not lead there any more. What an operator has decided stays, and so does what was over its rate, while an entry leads to it. */
function freed(state: PlanState, address: string, host: HostKey, reason: 'removed' | 'gone'): readonly PlanEffect[] {
  const review = state.reviews.get(address);
  if (review?.reason === 'rate' && reason === 'gone') return [];
  dropOwner(state, address, host);
  if (review !== undefined) {
    if (review.owners.size > 0 || review.reason === 'denied') return [];
    state.reviews.delete(address);
    return [{ do: 'forget', address }];
  }
  const route = state.routes.get(address);
  if (route === undefined || route.owners.size > 0) return [];
  state.routes.delete(address);
  return [{ do: 'withdraw', address, reason }];
}

function forget(state: PlanState, address: string): void {
  for (const host of ownersOf(state, address)?.keys() ?? []) dropOwner(state, address, host);
  state.routes.delete(address);
  state.reviews.delete(address);
}
