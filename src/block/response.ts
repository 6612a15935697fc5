/**
 * Whole responses as bytes, made once at start and written as they are. No Date: an intermediary may leave it out, and
 * the same bytes serve for as long as the process lives. Values come from the configuration and from the source only.
 * It must not hold anything of a request.
 */
import { CONTENT_SECURITY_POLICY } from './page-style.ts';

type Fields = readonly (readonly [name: string, value: string])[];

export interface ResponseParts {
  /** Status code and reason phrase. */
  readonly status: string;
  readonly fields: Fields;
  readonly body: string;
  /** The connection cannot be used after it. */
  readonly closes?: boolean;
}

/** The same response with and without body, keeping the connection and closing it. */
export interface PrebuiltResponse {
  readonly keep: { readonly full: Buffer; readonly head: Buffer };
  readonly close: { readonly full: Buffer; readonly head: Buffer };
}

export function prebuild({ status, fields, body, closes = false }: ResponseParts): PrebuiltResponse {
  const content = Buffer.from(body, 'utf8');
  const variant = (connection: Fields): PrebuiltResponse['keep'] => {
    const lines = [...fields, ['Content-Length', String(content.length)] as const, ...connection].map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const head = Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`, 'latin1');
    return { full: Buffer.concat([head, content]), head };
  };
  const close = variant([['Connection', 'close']]);
  return { keep: closes ? close : variant([]), close };
}

/** `response`: one of those that there are. */
export function pick(
  response: PrebuiltResponse | undefined,
  { head, close }: { readonly head: boolean; readonly close: boolean },
): Buffer {
  if (response === undefined) throw new RangeError('there is no response in that language');
  const variant = close ? response.close : response.keep;
  return head ? variant.head : variant.full;
}

/** Of a response that depends on what its client reads. Without Referrer-Policy the help services would learn where their visitor comes from. */
export function contentFields(format: 'html' | 'text', languages: string): Fields {
  const html = [
    ['Content-Security-Policy', CONTENT_SECURITY_POLICY],
    ['Referrer-Policy', 'no-referrer'],
  ] as const;
  return [
    ['Content-Type', format === 'html' ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'],
    ...(format === 'html' ? html : []),
    ['Content-Language', languages],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Accept, Accept-Language'],
    ['X-Content-Type-Options', 'nosniff'],
  ];
}

/** RFC 9209; the pseudonym is a token (letters, digits, `-`). */
export function proxyStatus(pseudonym: string, error: string): readonly [string, string] {
  return ['Proxy-Status', `${pseudonym}; error=${error}`];
}
