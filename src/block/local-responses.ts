/**
 * Every response the proxy gives in its own name, the block page apart: short text, prebuilt, the same for everybody. It
 * echoes nothing of the request (no host, no target, no address) and says whose fault it is. Proxy-Status (RFC 9209)
 * tells operators and tools the reason.
 */
import { mapValues } from '../lib/map-values.ts';
import { pick, prebuild, proxyStatus } from './response.ts';
import type { PrebuiltResponse } from './response.ts';

interface LocalResponse {
  /** Status code and reason phrase. */
  readonly status: string;
  /** The error type (RFC 9209 §2.3), or null if it is no error. */
  readonly error: string | null;
  readonly words: string;
  /** The connection cannot be used after it, whatever the caller says: where the next request starts is unknown. */
  readonly closes: boolean;
}

export const LOCAL_RESPONSES = {
  bad_request: {
    status: '400 Bad Request',
    error: 'http_request_error',
    words: 'The request is malformed.',
    closes: true,
  },
  client_denied: {
    status: '403 Forbidden',
    error: 'http_request_denied',
    words: 'This proxy does not serve your address.',
    closes: true,
  },
  destination_denied: {
    status: '403 Forbidden',
    error: 'destination_ip_prohibited',
    words: 'This proxy does not connect to that destination.',
    closes: false,
  },
  port_denied: {
    status: '403 Forbidden',
    error: 'http_request_denied',
    words: 'This proxy does not open tunnels to that port.',
    closes: false,
  },
  uri_too_long: {
    status: '414 URI Too Long',
    error: 'http_request_error',
    words: 'The request line is too long.',
    closes: true,
  },
  header_too_large: {
    status: '431 Request Header Fields Too Large',
    error: 'http_request_error',
    words: 'The header fields are too many or too large.',
    closes: true,
  },
  not_implemented: {
    status: '501 Not Implemented',
    error: 'http_request_error',
    words: 'This proxy does not support that kind of request.',
    closes: true,
  },
  dns_error: {
    status: '502 Bad Gateway',
    error: 'dns_error',
    words: 'The name of the server could not be found.',
    closes: false,
  },
  dns_failed: {
    status: '502 Bad Gateway',
    error: 'dns_error',
    words: 'The name of the server could not be looked up.',
    closes: false,
  },
  connection_refused: {
    status: '502 Bad Gateway',
    error: 'connection_refused',
    words: 'The server did not accept the connection.',
    closes: false,
  },
  connection_terminated: {
    status: '502 Bad Gateway',
    error: 'connection_terminated',
    words: 'The server closed the connection before it answered.',
    closes: false,
  },
  bad_response: {
    status: '502 Bad Gateway',
    error: 'http_protocol_error',
    words: 'The answer of the server is malformed.',
    closes: false,
  },
  overloaded: {
    status: '503 Service Unavailable',
    error: 'connection_limit_reached',
    words: 'The proxy is overloaded.',
    closes: true,
  },
  dns_timeout: {
    status: '504 Gateway Timeout',
    error: 'dns_timeout',
    words: 'Looking up the name of the server took too long.',
    closes: false,
  },
  connection_timeout: {
    status: '504 Gateway Timeout',
    error: 'connection_timeout',
    words: 'Connecting to the server took too long.',
    closes: false,
  },
  response_timeout: {
    status: '504 Gateway Timeout',
    error: 'http_response_timeout',
    words: 'The server took too long to answer.',
    closes: false,
  },
  version_not_supported: {
    status: '505 HTTP Version Not Supported',
    error: 'http_request_error',
    words: 'This proxy speaks HTTP/1.0 and HTTP/1.1.',
    closes: true,
  },
  loop: {
    status: '508 Loop Detected',
    error: 'proxy_loop_detected',
    words: 'The request came back to this proxy.',
    closes: true,
  },
  /** `OPTIONS *` addressed to the proxy itself. */
  options: { status: '200 OK', error: null, words: '', closes: false },
} as const satisfies Record<string, LocalResponse>;

export type LocalResponseKind = keyof typeof LOCAL_RESPONSES;

export class LocalResponses {
  readonly #responses: Readonly<Record<LocalResponseKind, PrebuiltResponse>>;

  /** @param pseudonym a token that names this installation without being a host name. */
  constructor(pseudonym: string) {
    this.#responses = mapValues(LOCAL_RESPONSES, (text: LocalResponse) => prebuild(parts(text, pseudonym)));
  }

  /** @returns a whole response. Where `LOCAL_RESPONSES[kind].closes`, it says so and the caller must close. */
  response(kind: LocalResponseKind, options: { readonly head: boolean; readonly close: boolean }): Buffer {
    const close = options.close || LOCAL_RESPONSES[kind].closes;
    return pick(this.#responses[kind], { head: options.head, close });
  }
}

function parts({ status, error, words }: LocalResponse, pseudonym: string): Parameters<typeof prebuild>[0] {
  const noStore = ['Cache-Control', 'no-store'] as const;
  if (error === null)
    return {
      status,
      fields: [['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT'], noStore],
      body: words,
    };
  return {
    status,
    fields: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      noStore,
      ['X-Content-Type-Options', 'nosniff'],
      proxyStatus(pseudonym, error),
    ],
    body: `${words}\n`,
  };
}
