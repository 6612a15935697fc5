/** A reply at the control socket, as text: whether the command was carried out, and what came of it. It must not trust the other side. */
import { objectOf, parsedJson } from '../lib/json.ts';
import { TEXT, valueAs, wordOf } from '../lib/json-shapes.ts';
import { field, mapping } from '../lib/shape.ts';
import type { Parsed } from '../lib/types.ts';
import { REFUSAL_CODES, type CommandName, type Reply } from './control-protocol.ts';
import { BRIEF, RESULT_SHAPES, type ReadResult } from './control-shapes.ts';
import type { BriefExplanation, NotExplained } from './explanation.ts';

const NO = field<false>((value) =>
  value === false ? { ok: true, value } : { ok: false, reason: 'must be true or false' },
);
const REFUSED = mapping({ ok: NO, code: wordOf(REFUSAL_CODES), message: TEXT }).open();
const NOT_EXPLAINED = mapping({ ok: NO, code: wordOf(['usage', 'unavailable']), message: TEXT }).open();

/** Whatever the result is. */
export function replyIn(text: string): Parsed<Reply<unknown>> {
  const reply = objectOf(parsedJson(text));
  if (reply === null) return { ok: false, reason: 'it is no JSON object' };
  if (reply['ok'] === true) return { ok: true, value: { ok: true, result: reply['result'] } };
  return valueAs(reply, REFUSED);
}

/** @param reply to that command. @returns why not, with the key that is at fault: `result.lists.0.name: must be a text`. */
export function readReply<Name extends CommandName>(
  name: Name,
  reply: Reply<unknown>,
): Parsed<Reply<ReadResult<Name>>> {
  if (!reply.ok) return { ok: true, value: reply };
  const read = valueAs(reply.result, RESULT_SHAPES[name], ['result']);
  return read.ok ? { ok: true, value: { ok: true, result: read.value } } : read;
}

export type LineAnswer = BriefExplanation | (NotExplained & { readonly ok: false });

/** The answer to one of many lines. @returns null if it is not whole. */
export function lineAnswerIn(line: string): LineAnswer | null {
  const json = objectOf(parsedJson(line));
  if (json === null) return null;
  const answer = valueAs<LineAnswer>(json, 'ok' in json ? NOT_EXPLAINED : BRIEF);
  return answer.ok ? answer.value : null;
}
