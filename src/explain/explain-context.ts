/**
 * What an explanation is made from: the lists as a data thread has them, and what the configuration says of whoever asks.
 * It must not judge anything itself.
 */
import type { ListConfig } from '../config/list-types.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { VerdictService } from '../verdict/verdict-service.ts';
import type { AskingClient } from './asking-client.ts';
import { entryName } from './explained-entries.ts';

export interface ExplainContext {
  readonly config: Config;
  /** What list indexes mean in `verdicts`. */
  readonly lists: readonly ListConfig[];
  readonly verdicts: VerdictService;
  /** The name of the list that brought each segment, in the order of the segments; null: the one that lists share. */
  readonly segmentOwners: readonly (string | null)[];
  /** The lists of a listener, by its name; bit i: list i. */
  readonly listenerMask: (name: string) => number;
  /** The same of a policy. */
  readonly policyMask: (name: string) => number;
  /** Of the running instance; null if none responds. */
  readonly generation: number | null;
  /** The time at which the bypass ends, in words; null: there is none. */
  readonly bypassUntil: string | null;
  /** The lists that are switched off, by name, and the time at which each is on again, in words. */
  readonly offUntil: ReadonlyMap<string, string>;
}

/** Whom it is asked about, and where. */
export interface Asking {
  readonly listener: ListenerConfig;
  readonly client: AskingClient;
}

/** What is the same in every explanation for one asker. */
export function askerFields(
  { generation }: ExplainContext,
  { listener, client }: Asking,
): {
  readonly listener: string;
  readonly client: string | null;
  readonly policy: string | null;
  readonly generation: number | null;
} {
  return {
    listener: listener.name,
    client: client.address,
    policy: client.policy?.name ?? null,
    generation,
  };
}

/** @returns why nothing is judged for this asker at all, in words; null if requests are judged. */
export function notJudged({ bypassUntil }: ExplainContext, { client }: Asking): string | null {
  if (client.exempt) return 'exempt.clients contains the client: it is never judged';
  return bypassUntil === null ? null : `the bypass is on until ${bypassUntil}: nothing is judged`;
}

/**
 * @param decide the verdict of the lists, asked anew with all of them on.
 * @returns why it is another one than it would be, if a list that would decide is switched off.
 */
export function offReason({ verdicts, lists, offUntil }: ExplainContext, decide: () => Verdict | null): string | null {
  const { off } = verdicts;
  if (off === 0) return null;
  verdicts.off = 0;
  const verdict = decide();
  verdicts.off = off;
  const list = verdict === null ? undefined : lists[verdict.list];
  if (verdict === null || list === undefined || (off & (1 << verdict.list)) === 0) return null;
  const name = entryName(list, verdict.entry);
  return `list ${list.name} is off until ${offUntil.get(list.name) ?? 'it is on again'}: its entry ${name} would decide`;
}
