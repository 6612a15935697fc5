/** A reply at the control socket, as text: whether the command was carried out, and what came of it. It must not trust the other side. */
import { objectOf, parsedJson } from '../lib/json.ts';
import { faultsIn, TEXT, valueAs, wordOf } from '../lib/json-shapes.ts';
import { field, mapping } from '../lib/shape.ts';
import type { Parsed } from '../lib/types.ts';
import { REFUSAL_CODES, type CommandName, type Reply } from './control-protocol.ts';
import { BRIEF, RESULT_SHAPES, type ReadResult } from './control-shapes.ts';
import type { BriefExplanation, NotExplained } from './explanation.ts';

const NO = field<false>((value) =>
  value === false ? { ok: true, value } : { ok: false, reason: 'must be true or false' },
);
const REFUSED = mapping({ ok: NO, message: TEXT }).open();
const NOT_EXPLAINED = mapping({ ok: NO, code: wordOf(['usage', 'unavailable']), message: TEXT }).open();

/** Whatever the result is. */
export function replyIn(text: string): Parsed<Reply<unknown>> {
  const reply = objectOf(parsedJson(text));
  if (reply === null) return { ok: false, reason: 'it is no JSON object' };
  if (reply['ok'] === true) return { ok: true, value: { ok: true, result: reply['result'] } };
  const refused = valueAs(reply, REFUSED);
  if (!refused.ok) return refused;
  // The message says why, also where another release has another code.
  const code = REFUSAL_CODES.find((known) => known === reply['code']) ?? 'unavailable';
  return { ok: true, value: { ok: false, code, message: refused.value.message } };
}

export type ResultRead<Name extends CommandName> =
  | { readonly ok: true; readonly value: Reply<ReadResult<Name>> }
  /** It lacks what the command shows, or has something else there: each with its key, `result.lists.0.name: must be a text`. */
  | { readonly ok: false; readonly faults: readonly string[]; readonly result: unknown };

/** @param reply to that command. */
export function readReply<Name extends CommandName>(name: Name, reply: Reply<unknown>): ResultRead<Name> {
  if (!reply.ok) return { ok: true, value: reply };
  const { result } = reply;
  const read = RESULT_SHAPES[name].parse(result);
  if (read.ok) return { ok: true, value: { ok: true, result: read.value } };
  return { ok: false, faults: faultsIn(result, RESULT_SHAPES[name], ['result']), result };
}

/** The verdict alone, of an explanation that lacks something else. @returns null if it lacks that. */
export function verdictIn(result: unknown): BriefExplanation | null {
  const brief = valueAs(result, BRIEF);
  return brief.ok ? brief.value : null;
}

export type LineAnswer = BriefExplanation | (NotExplained & { readonly ok: false });

/** The answer to one of many lines. @returns null if it is not whole. */
export function lineAnswerIn(line: string): LineAnswer | null {
  const json = objectOf(parsedJson(line));
  if (json === null) return null;
  const answer = valueAs<LineAnswer>(json, 'ok' in json ? NOT_EXPLAINED : BRIEF);
  return answer.ok ? answer.value : null;
}
