/**
 * What payloads are made in: a format and a canonical form. Two of them may be published side by side, so that nodes are upgraded one by
 * one (requirement 72): a second form is a line in EMITTERS until the last node reads it. It must not know a recipient.
 */
import { PAYLOAD_FORMAT, encodeDelta, encodeFull } from '../../list/protected/payload.ts';
import { makeVectors, OWN_FORM } from '../../list/protected/vectors.ts';
import type { Form } from '../../list/protected/vectors.ts';
import type { Entry } from '../../match/entry.ts';
import { entryOfLine } from '../entry-line.ts';

export interface Emitter extends Form {
  readonly format: number;
  /** The entry that a canonical line stands for in this form; null: none. */
  readonly entryOf: (line: string, id: bigint) => Entry | null;
  readonly vectors: typeof makeVectors;
  readonly encodeFull: typeof encodeFull;
  readonly encodeDelta: typeof encodeDelta;
}

const OWN: Emitter = {
  ...OWN_FORM,
  format: PAYLOAD_FORMAT,
  entryOf: entryOfLine,
  vectors: makeVectors,
  encodeFull,
  encodeDelta,
};

/** A thread that emits has it by the URL of this module; a rehearsal names another one. */
export const EMITTERS: readonly Emitter[] = [OWN];
export const OWN_EMITTERS = new URL(import.meta.url);

/** @param module that exports `EMITTERS`; this one is loaded already, and may have no file any more where it runs from memory. */
export async function emittersIn(module: URL): Promise<readonly Emitter[]> {
  if (module.href === OWN_EMITTERS.href) return EMITTERS;
  const others: { readonly EMITTERS: readonly Emitter[] } = await import(module.href);
  return others.EMITTERS;
}

/** `FORMAT/FORM`, as in paths of targets and in events. */
export function formName({ format, form }: Pick<Emitter, 'format' | 'form'>): string {
  return `${format}/${form}`;
}
