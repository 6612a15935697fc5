/**
 * Events that stand in the log for its readers' sake: one for each version, recipient and form, so that a node can be shown its own and no
 * other, and events that say nothing, so that the size of the log tells changes in steps of 64 only, and recipients in steps of 64 of their
 * own: counted together with changes, which a recipient can choose or know, they would be told exactly. Both lie in random order: the place of a node's leaf says nothing about how many others there are. It must not be left out of any group of events.
 *
 *   removed added added version ─▶ removed added added │ published padding published padding … │ version
 */
import { randomInt } from 'node:crypto';
import type { PublisherEvent } from '../state/events.ts';

/** Heads are signed at multiples of it. */
export const LEAVES_STEP = 64;

/** @param before how many events there are. */
export function* withLeaves(events: Iterable<PublisherEvent>, before: number): Generator<PublisherEvent> {
  let last: PublisherEvent | null = null;
  let count = before;
  for (const event of events) {
    if (last !== null) yield last;
    last = event;
    count += 1;
  }
  if (last === null) return;
  const published = publishedBy(last);
  const missing = missingTo(published.length) + missingTo(count);
  const padding = Array.from({ length: missing }, (): PublisherEvent => ({ kind: 'padding' }));
  yield* shuffled([...published, ...padding]);
  yield last;
}

/** The next multiple of the step. */
function missingTo(count: number): number {
  return (LEAVES_STEP - (count % LEAVES_STEP)) % LEAVES_STEP;
}

function publishedBy(event: PublisherEvent): readonly PublisherEvent[] {
  if (!('digests' in event)) return [];
  const { version, digests } = event;
  return Object.entries(digests).flatMap(([name, byRecipient]) => {
    const [format = 0, form = 0] = name.split('/').map(Number);
    return Object.entries(byRecipient).map(([recipient, digest]): PublisherEvent => ({
      kind: 'published',
      recipient,
      version,
      format,
      form,
      digest,
    }));
  });
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(randomInt(left.length), 1));
}
