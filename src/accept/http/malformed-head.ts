/**
 * The local response to a head that the parser refuses, by the status that it gives (wire/request-head.ts).
 * It must not echo anything of the head.
 */
import type { LocalResponseKind } from '../../block/local-responses.ts';

const RESPONSES: ReadonlyMap<number, LocalResponseKind> = new Map([
  [400, 'bad_request'],
  [414, 'uri_too_long'],
  [431, 'header_too_large'],
  [501, 'not_implemented'],
  [505, 'version_not_supported'],
]);

export function malformedResponse(status: number): LocalResponseKind {
  return RESPONSES.get(status) ?? 'bad_request';
}
