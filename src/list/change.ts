/**
 * Other lists in place of those in force, prepared to the last step but one: read, judged, built, not yet in force.
 *
 *   same name and source ─▶ what is in force, judged again ─┐
 *   new ─▶ its own source ─▶ read ──────────────────────────┴▶ one run over all ─▶ images
 *
 * Everything is judged afresh, because positions and rules of the lists are part of what is built; a compiled list that
 * stays is served from where it lies. It must not change a slot that is in force.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ListConfig } from '../config/types.ts';
import { ListError } from '../lib/errors.ts';
import { longRest } from '../lib/rest.ts';
import { clockShift } from '../lib/steady-clock.ts';
import type { SegmentKeys } from '../match/keys.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { utcDay } from './text/compile.ts';
import { ListRun } from './run.ts';
import type { RunOutcome } from './run.ts';
import { candidateFrom, ListSlot } from './list-slot.ts';
import type { ListMemory } from './list-memory.ts';
import type { Candidate } from './list-slot.ts';
import type { ListSourceReader } from './source/source.ts';

export interface ChangeOptions {
  readonly keys: SegmentKeys;
  readonly memory: ListMemory;
  readonly source: (config: ListConfig) => ListSourceReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface NextSlot {
  readonly slot: ListSlot;
  readonly config: ListConfig;
  readonly isNew: boolean;
}

export interface ListChange {
  readonly slots: readonly NextSlot[];
  readonly candidates: readonly Candidate[];
  readonly run: ListRun;
  readonly outcome: RunOutcome;
  readonly images: readonly SegmentImage[];
  /** It is not going to be. */
  discard(): void;
}

/** Throws ListError that names every list which cannot be used. */
export async function prepareChange(
  present: readonly ListSlot[],
  lists: readonly ListConfig[],
  options: ChangeOptions,
): Promise<ListChange> {
  const { keys, memory, now } = options;
  const slots = lists.map((config) => nextSlot(present, config, options));
  const run = new ListRun(keys, memory);
  let outcome: RunOutcome | null = null;
  const discard = (): void => {
    if (outcome !== null) run.discard(outcome);
    for (const { slot, isNew } of slots) if (isNew) dismiss(slot, memory);
  };
  try {
    const candidates = await readAll(slots, options);
    const inputs = slots.map(({ config }, i) => ({ config, candidate: candidates[i]!.bytes, good: null }));
    outcome = await run.judge(inputs, utcDay(now() + clockShift()), longRest);
    refuseFaults(lists, outcome);
    return { slots, candidates, run, outcome, images: outcome.images ?? [], discard };
  } catch (error) {
    discard();
    throw error;
  }
}

/** The list is no longer wanted, or was never taken. */
export function dismiss(slot: ListSlot, memory: ListMemory): void {
  slot.close();
  for (const held of [slot.good, slot.candidate]) if (held !== null) memory.release(held.bytes);
}

/** A list that has never loaded starts anew: its source may be in the middle of a read. */
function nextSlot(present: readonly ListSlot[], config: ListConfig, { source }: ChangeOptions): NextSlot {
  const kept = present.find(
    (slot) =>
      slot.good !== null && slot.config.name === config.name && isDeepStrictEqual(slot.config.source, config.source),
  );
  return kept === undefined
    ? { slot: new ListSlot(config, source(config)), config, isNew: true }
    : { slot: kept, config, isNew: false };
}

async function readAll(slots: readonly NextSlot[], options: ChangeOptions): Promise<readonly Candidate[]> {
  const reads = await Promise.allSettled(slots.map(async (next) => await candidateOf(next, options)));
  const faults = reads.flatMap((read, i) =>
    read.status === 'rejected' ? [`list ${slots[i]!.config.name}: ${reasonOf(read.reason)}`] : [],
  );
  if (faults.length > 0) throw new ListError('unreadable', faults.join('; '));
  return reads.flatMap((read) => (read.status === 'fulfilled' ? [read.value] : []));
}

/** A new slot keeps its candidate until it is taken or dismissed. */
async function candidateOf({ slot, isNew }: NextSlot, { memory, now }: ChangeOptions): Promise<Candidate> {
  if (!isNew) return { bytes: slot.good!.bytes, currentAt: slot.currentAt ?? now(), sourceFault: null };
  const read = await slot.source.read({ memory, rest: longRest, inForce: null });
  slot.candidate = candidateFrom(read, now());
  if (slot.candidate === null)
    throw new ListError('internal', 'a source that was never read says that nothing has changed');
  return slot.candidate;
}

function refuseFaults(lists: readonly ListConfig[], { lists: judged }: RunOutcome): void {
  // Every list has a candidate, so that every one has been judged.
  const faults = judged.flatMap((list, i) =>
    list === null || list.fault === null
      ? []
      : [{ code: list.fault.code, text: `list ${lists[i]!.name}: ${list.fault.message}` }],
  );
  if (faults.length > 0) throw new ListError(faults[0]!.code, faults.map(({ text }) => text).join('; '));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
