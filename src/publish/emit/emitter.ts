/**
 * What payloads are made in: a format and a canonical form. Two of them may be published side by side, so that nodes are upgraded one by
 * one (requirement 72): a second form is a line in EMITTERS until the last node reads it. A list in which an entry has `fold=info` is published in a
 * newer format, and in that alone: nodes that do not read it keep the version before. It must not know a recipient.
 */
import { INFO_FORMAT, PAYLOAD_FORMAT } from '../../list/protected/payload-format.ts';
import { encodeDelta, encodeFull } from '../../list/protected/payload.ts';
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

/** What a thread that emits is told stands for them: one that is started from its text has no module by a URL. A rehearsal names a module. */
export const EMITTERS: readonly Emitter[] = [OWN];
export const OWN_EMITTERS = new URL('cleanfeed:emitters');
const WITH_INFO: readonly Emitter[] = [
  { ...OWN, format: INFO_FORMAT, vectors: (keys) => makeVectors(keys, INFO_FORMAT) },
];
const INFO_EMITTERS = new URL('cleanfeed:emitters?info');

/** `fold=` with `info` in a canonical line: no address holds white space, and a reason is no part of the line. */
const HAS_INFO = / fold=(?:[a-z]+,)*info(?: |$)/;

/** @param line canonical. */
export function hasInfo(line: string): boolean {
  return HAS_INFO.test(line);
}

/** The module whose `EMITTERS` can say all of the lines: that of this program's oldest format, if it can. */
export function emittersFor(entries: Iterable<readonly [line: string, uid: number]>): URL {
  for (const [line] of entries) if (hasInfo(line)) return INFO_EMITTERS;
  return OWN_EMITTERS;
}

/** @param module that exports `EMITTERS`, or what stands for those of this one. */
export async function emittersIn(module: URL): Promise<readonly Emitter[]> {
  if (module.href === OWN_EMITTERS.href) return EMITTERS;
  if (module.href === INFO_EMITTERS.href) return WITH_INFO;
  const others: { readonly EMITTERS: readonly Emitter[] } = await import(module.href);
  return others.EMITTERS;
}

/** `FORMAT/FORM`, as in paths of targets and in events. */
export function formName({ format, form }: Pick<Emitter, 'format' | 'form'>): string {
  return `${format}/${form}`;
}
