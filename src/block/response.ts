/**
 * Whole responses as bytes, made once at start and written as they are. No Date: an intermediary may leave it out, and
 * the same bytes serve for as long as the process lives. Values come from the configuration and from the source only.
 */

export interface ResponseParts {
  /** Status code and reason phrase. */
  readonly status: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The same response with and without body, keeping the connection and closing it. */
export interface PrebuiltResponse {
  readonly keep: { readonly full: Buffer; readonly head: Buffer };
  readonly close: { readonly full: Buffer; readonly head: Buffer };
}

export function prebuild({ status, fields, body }: ResponseParts): PrebuiltResponse {
  const content = Buffer.from(body, 'utf8');
  const variant = (connection: readonly (readonly [string, string])[]): PrebuiltResponse['keep'] => {
    const lines = [...fields, ['Content-Length', String(content.length)] as const, ...connection].map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const head = Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`, 'latin1');
    return { full: Buffer.concat([head, content]), head };
  };
  return { keep: variant([]), close: variant([['Connection', 'close']]) };
}

export function pick(
  response: PrebuiltResponse,
  { head, close }: { readonly head: boolean; readonly close: boolean },
): Buffer {
  const variant = close ? response.close : response.keep;
  return head ? variant.head : variant.full;
}

/** RFC 9209; the pseudonym is a token (letters, digits, `-`). */
export function proxyStatus(pseudonym: string, error: string): readonly [string, string] {
  return ['Proxy-Status', `${pseudonym}; error=${error}`];
}
