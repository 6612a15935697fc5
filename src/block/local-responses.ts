/**
 * Every response the proxy gives in its own name, the block page apart: prebuilt, the same for everybody, as a page for browsers and as
 * text for other clients. It echoes nothing of the request (no host, no target, no address) and says whose fault it is and what can be
 * done. Proxy-Status (RFC 9209) tells operators and tools the reason.
 *
 *   kind ─▶ HTML or text ─▶ language ─▶ with body or HEAD ─▶ keep or close ─▶ bytes
 */
import type { ErrorKind, Language } from '../config/language-types.ts';
import type { PageConfig } from '../config/page-types.ts';
import { mapValues } from '../lib/map-values.ts';
import { localHtml, localText, type LocalResponse } from './local-page.ts';
import { chooseLanguage, remembering, wantsHtml } from './negotiate.ts';
import type { Reader } from './negotiate.ts';
import { contentFields, pick, prebuild, proxyStatus } from './response.ts';
import type { PrebuiltResponse } from './response.ts';

const ERRORS = {
  bad_request: {
    status: '400 Bad Request',
    error: 'http_request_error',
    fault: 'request',
    advice: ['address', 'browser'],
    closes: true,
  },
  client_denied: {
    status: '403 Forbidden',
    error: 'http_request_denied',
    fault: 'rule',
    advice: ['settings'],
    closes: true,
  },
  destination_denied: {
    status: '403 Forbidden',
    error: 'destination_ip_prohibited',
    fault: 'rule',
    advice: ['address', 'local'],
    closes: false,
  },
  port_denied: {
    status: '403 Forbidden',
    error: 'http_request_denied',
    fault: 'rule',
    advice: ['address'],
    closes: false,
  },
  uri_too_long: {
    status: '414 URI Too Long',
    error: 'http_request_error',
    fault: 'request',
    advice: ['shorter'],
    closes: true,
  },
  header_too_large: {
    status: '431 Request Header Fields Too Large',
    error: 'http_request_error',
    fault: 'request',
    advice: ['cookies', 'browser'],
    closes: true,
  },
  not_implemented: {
    status: '501 Not Implemented',
    error: 'http_request_error',
    fault: 'request',
    advice: ['browser'],
    closes: true,
  },
  dns_error: {
    status: '502 Bad Gateway',
    error: 'dns_error',
    fault: 'site',
    advice: ['address', 'again'],
    closes: false,
  },
  dns_failed: {
    status: '502 Bad Gateway',
    error: 'dns_error',
    fault: 'network',
    advice: ['again', 'address'],
    closes: false,
  },
  connection_refused: {
    status: '502 Bad Gateway',
    error: 'connection_refused',
    fault: 'site',
    advice: ['again', 'address'],
    closes: false,
  },
  connection_terminated: {
    status: '502 Bad Gateway',
    error: 'connection_terminated',
    fault: 'site',
    advice: ['again'],
    closes: false,
  },
  bad_response: {
    status: '502 Bad Gateway',
    error: 'http_protocol_error',
    fault: 'site',
    advice: ['again'],
    closes: false,
  },
  overloaded: {
    status: '503 Service Unavailable',
    error: 'connection_limit_reached',
    fault: 'network',
    advice: ['again'],
    closes: true,
  },
  dns_timeout: {
    status: '504 Gateway Timeout',
    error: 'dns_timeout',
    fault: 'network',
    advice: ['again', 'address'],
    closes: false,
  },
  connection_timeout: {
    status: '504 Gateway Timeout',
    error: 'connection_timeout',
    fault: 'site',
    advice: ['again', 'address'],
    closes: false,
  },
  response_timeout: {
    status: '504 Gateway Timeout',
    error: 'http_response_timeout',
    fault: 'site',
    advice: ['again'],
    closes: false,
  },
  version_not_supported: {
    status: '505 HTTP Version Not Supported',
    error: 'http_request_error',
    fault: 'request',
    advice: ['browser'],
    closes: true,
  },
  loop: {
    status: '508 Loop Detected',
    error: 'proxy_loop_detected',
    fault: 'network',
    advice: ['settings'],
    closes: true,
  },
} as const satisfies Record<ErrorKind, LocalResponse>;

/** `options`: `OPTIONS *`, addressed to the proxy itself; no error. */
export const LOCAL_RESPONSES = { ...ERRORS, options: { status: '200 OK', closes: false } } as const;

export type LocalResponseKind = keyof typeof LOCAL_RESPONSES;

/** A client of which nothing was read: no page, and the first language. */
const UNKNOWN_READER: Reader = { accept: null, acceptLanguage: null };

interface Variants {
  /** In each language. */
  readonly html: readonly PrebuiltResponse[];
  readonly text: readonly PrebuiltResponse[];
}

interface Identity {
  /** A token that names this installation without being a host name. */
  readonly pseudonym: string;
  /** At least one; the first is for clients that ask for none. */
  readonly languages: readonly Language[];
  readonly page: PageConfig;
}

export class LocalResponses {
  readonly #errors: Readonly<Record<ErrorKind, Variants>>;
  readonly #options: PrebuiltResponse;
  readonly #unheard: PrebuiltResponse;
  readonly #wantsHtml = remembering(wantsHtml);
  readonly #language: (field: string | null) => number;

  constructor(identity: Identity) {
    const { languages, pseudonym, page } = identity;
    const tags = languages.map(({ tag }) => tag);
    this.#language = remembering((field) => chooseLanguage(tags, field));
    this.#errors = mapValues(ERRORS, (response: LocalResponse, kind) => variants(kind, response, identity));
    this.#options = prebuild({
      status: LOCAL_RESPONSES.options.status,
      fields: [
        ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT'],
        ['Cache-Control', 'no-store'],
      ],
      body: '',
    });
    const denied: LocalResponse = ERRORS.client_denied;
    this.#unheard = prebuild({
      status: denied.status,
      fields: [...contentFields('text', tags.join(', ')), proxyStatus(pseudonym, denied.error)],
      body: languages.map((language) => localText('client_denied', denied, { page, language })).join('\n'),
      closes: true,
    });
  }

  /** @returns a whole response. Where `LOCAL_RESPONSES[kind].closes`, it says so and the caller must close. */
  response(
    kind: LocalResponseKind,
    {
      head,
      close,
      reader = UNKNOWN_READER,
    }: { readonly head: boolean; readonly close: boolean; readonly reader?: Reader },
  ): Buffer {
    if (kind === 'options') return pick(this.#options, { head, close });
    const format = this.#wantsHtml(reader.accept) ? this.#errors[kind].html : this.#errors[kind].text;
    return pick(format[this.#language(reader.acceptLanguage)], { head, close });
  }

  /** To a client that is turned away before anything of it was read: in all languages. The caller must close. */
  get denied(): Buffer {
    return this.#unheard.close.full;
  }
}

function variants(kind: ErrorKind, response: LocalResponse, { pseudonym, languages, page }: Identity): Variants {
  const built = (format: 'html' | 'text', bodies: readonly string[]): readonly PrebuiltResponse[] =>
    languages.map(({ tag }, index) =>
      prebuild({
        status: response.status,
        fields: [...contentFields(format, tag), proxyStatus(pseudonym, response.error)],
        body: bodies[index] ?? '',
        closes: response.closes,
      }),
    );
  return {
    html: built('html', localHtml(kind, response, { page, languages })),
    text: built(
      'text',
      languages.map((language) => localText(kind, response, { page, language })),
    ),
  };
}
