/**
 * Which entry an id of a recipient stands for. Each question is an event of the log, answered or not: an auditor sees who asked what.
 * It must not be asked without leaving a trace.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { idsOf } from './emit/entry-ids.ts';
import type { Publisher } from './publisher.ts';
import { eventsPath, readEvents } from './state/events.ts';
import { digestKeys, recipientNamed } from './state/recipients.ts';

export interface Answer {
  readonly uid: number;
  readonly line: string;
  /** ISO times; null: not yet. */
  readonly added: string;
  readonly removed: string | null;
  readonly withdrawn: string | null;
}

/** @param id decimal, as nodes show it. Throws CleanfeedError `recipient`, `not_listed`. */
export function why(publisher: Publisher, name: string, id: string): Answer {
  const idOf = idsOf(digestKeys(recipientNamed(publisher.recipients, name)).id);
  if (!/^\d{1,20}$/.test(id))
    throw new CleanfeedError('list', 'not_listed', `'${id}' is no id: nodes show them as decimal numbers`);
  const wanted = BigInt(id);
  const found: { answer: Answer | null } = { answer: null };
  for (const event of readEvents(eventsPath(publisher.folders))) {
    const { answer } = found;
    if (answer === null) {
      if (event.kind === 'added' && idOf(event.seq) === wanted)
        found.answer = { uid: event.seq, line: event.line, added: event.time, removed: null, withdrawn: null };
    } else if ((event.kind === 'removed' || event.kind === 'withdrawn') && event.uid === answer.uid) {
      found.answer = { ...answer, [event.kind]: event.time };
    }
  }
  const { answer } = found;
  publisher.append([{ kind: 'why', recipient: name, id, uid: answer?.uid ?? null }]);
  if (answer !== null) return answer;
  throw new CleanfeedError('list', 'not_listed', `${id}: no entry has that id with recipient '${name}'`);
}
