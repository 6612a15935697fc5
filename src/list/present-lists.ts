/** The lists that there are, each with both its sides: what it has in the world, and what is known of it. Views for whoever asks; nothing is changed. */
import type { SegmentImage } from '../match/snapshot.ts';
import { candidateFor } from './gate.ts';
import type { GateVerdict } from './gate.ts';
import type { ListSlot } from './list-slot.ts';
import { detailsOf, goodOf } from './list-state.ts';
import type { ListDetails, ListState } from './list-state.ts';
import type { ListRun, RunInput, RunOutcome } from './run.ts';
import type { MarkedAddress } from './text/test-address.ts';
import type { ListId, UpdateState } from './update-cycle.ts';

export interface PresentList {
  readonly slot: ListSlot;
  readonly state: ListState;
}

/** In the order of the configuration. */
export function presentLists({ lists }: UpdateState, slots: readonly ListSlot[]): readonly PresentList[] {
  return lists.flatMap(({ id, state }) => {
    const slot = slots.find((one) => one.id === id);
    return slot === undefined ? [] : [{ slot, state }];
  });
}

/** @param today UTC days since 1970-01-01. */
export function detailsIn(present: readonly PresentList[], today: number): readonly ListDetails[] {
  return present.map(({ slot, state }) => detailsOf(slot.config, state, slot.source, today));
}

/** Why not every list is in force, in words; empty: all are. */
export function missingIn(present: readonly PresentList[]): readonly string[] {
  return present
    .filter(({ state }) => state.current.kind === 'nothing')
    .map(({ slot, state }) => `list ${slot.config.name}: ${state.trouble?.message ?? 'being loaded'}`);
}

/** The list's own self-test addresses; empty if it is not in force, or has none that can be read. */
export function testAddressesIn(present: readonly PresentList[], name: string): readonly MarkedAddress[] {
  const found = present.find(({ slot }) => slot.config.name === name);
  return found?.state.current.kind === 'served' ? found.state.current.list.tests : [];
}

/** What a run is to judge. @param today UTC days since 1970-01-01. */
export function runInputs(present: readonly PresentList[], today: number): readonly RunInput[] {
  return present.map(({ slot, state }) => ({
    config: slot.config,
    candidate: state.phase.kind === 'judging' ? candidateFor(state.phase.candidate, goodOf(state), today) : null,
    good: goodOf(state),
  }));
}

/** Of those that had a candidate. */
export function verdictsIn(present: readonly PresentList[], { lists }: RunOutcome): ReadonlyMap<ListId, GateVerdict> {
  const verdicts = present.flatMap(({ slot }, i) => {
    const verdict = lists[i] ?? null;
    return verdict === null ? [] : [[slot.id, verdict] as const];
  });
  return new Map(verdicts);
}

/** What is published. @returns null if not every list is in force. */
export function imagesInForce(present: readonly PresentList[], run: ListRun): readonly SegmentImage[] | null {
  const served = present.flatMap(({ state }) => (state.current.kind === 'served' ? (goodOf(state) ?? []) : []));
  return served.length < present.length ? null : run.imagesOf(served);
}
