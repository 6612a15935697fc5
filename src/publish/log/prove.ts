/**
 * What a proof opens: every event of the entries that are asked about. It must not say who may ask: each question is logged, answered or
 * not, and whoever oversees the publisher sees who asked what.
 */
import type { OpenedLeaf } from '../../list/transparency/leaf.ts';
import { idsOf } from '../emit/entry-ids.ts';
import { addressText, entryOfAddress } from '../entry-line.ts';
import type { Publisher } from '../publisher.ts';
import { eventsPath, readEvents } from '../state/events.ts';
import type { LoggedEvent } from '../state/events.ts';
import { digestKeys, recipientNamed } from '../state/recipients.ts';
import { openedLeaf } from './event-tree.ts';

export interface EntryEvents {
  /** The entries, by the event that added each. */
  readonly uids: readonly number[];
  readonly leaves: readonly OpenedLeaf[];
}

/** @param what an id of `recipient`, in decimal; without a recipient an address as the list has it. Throws CleanfeedError `recipient`. */
export function eventsOf(publisher: Publisher, what: string, recipient: string | null): EntryEvents {
  const isMeant = recipient === null ? hasAddress(what) : hasId(publisher, what, recipient);
  return collect(readEvents(eventsPath(publisher.folders)), isMeant);
}

type Added = LoggedEvent & { readonly kind: 'added' };

/** @param isMeant of the events that add an entry. @returns those, and what later became of the same entries, in the order of the log. */
export function collect(events: Iterable<LoggedEvent>, isMeant: (event: Added) => boolean): EntryEvents {
  const uids = new Set<number>();
  const leaves: OpenedLeaf[] = [];
  for (const event of events) {
    if (event.kind === 'added' && isMeant(event)) uids.add(event.seq);
    const uid =
      event.kind === 'added' ? event.seq : event.kind === 'removed' || event.kind === 'withdrawn' ? event.uid : 0;
    if (uids.has(uid)) leaves.push(openedLeaf(event));
  }
  return { uids: [...uids], leaves };
}

function hasAddress(address: string): (event: Added) => boolean {
  const entry = entryOfAddress(address);
  const wanted = entry === null ? null : addressText(entry);
  return ({ line }) => wanted !== null && (line === wanted || line.startsWith(`${wanted} `));
}

function hasId(publisher: Publisher, id: string, recipient: string): (event: Added) => boolean {
  const idOf = idsOf(digestKeys(recipientNamed(publisher.recipients, recipient)).id);
  const wanted = /^\d{1,20}$/.test(id) ? BigInt(id) : null;
  return ({ seq }) => wanted !== null && idOf(seq) === wanted;
}
