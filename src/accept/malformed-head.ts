/** The local response to a head that the parser refuses, by the status that it gives (wire/request-head.ts). */
import type { OwnAnswerKind } from '../block/own-answers.ts';

const ANSWERS: ReadonlyMap<number, OwnAnswerKind> = new Map([
  [400, 'bad_request'],
  [414, 'uri_too_long'],
  [431, 'header_too_large'],
  [501, 'not_implemented'],
  [505, 'version_not_supported'],
]);

export function malformedAnswer(status: number): OwnAnswerKind {
  return ANSWERS.get(status) ?? 'bad_request';
}
