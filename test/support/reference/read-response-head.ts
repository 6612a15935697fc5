/** A response head as its parser reads it, in words that can be compared. */
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import { ResponseHead } from '../../../src/wire/response-head.ts';

export interface ReadResponse {
  /** Bytes of the head. */
  readonly length: number;
  readonly status: number;
  readonly minor: number;
  /** Bytes, CHUNKED_BODY or UNTIL_CLOSE. */
  readonly body: number;
  readonly keepAlive: boolean;
  /** Lower-case name and value, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export function readResponseHead(
  text: string,
  limits: { readonly responseHeadBytes: number; readonly headerCount: number },
): ReadResponse | 'need-more' | 'malformed' {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead(limits);
  const after = head.parse(bytes, 0, bytes.length);
  if (after === NEED_MORE) return 'need-more';
  if (after < 0) return 'malformed';
  const { status, minor, length: body, keepAlive, fields } = head;
  return {
    length: after,
    status,
    minor,
    body,
    keepAlive,
    fields: Array.from(
      { length: fields.count },
      (_, index) => [fields.name(bytes, index), fields.value(bytes, index)] as const,
    ),
  };
}
