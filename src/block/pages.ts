/**
 * The response to a refused request: per list one of a few prebuilt responses, chosen by what the client can read. It is the
 * same for every entry of a list and echoes nothing of the request, so that it tells nobody what is listed.
 *
 *   list ─▶ HTML or text ─▶ English or French ─▶ with body or HEAD ─▶ keep or close ─▶ bytes
 */
import type { ListConfig } from '../config/types.ts';
import { chooseLanguage, LANGUAGES, remembering, wantsHtml } from './negotiate.ts';
import type { Language } from './negotiate.ts';
import { pageHtml } from './page-html.ts';
import { CONTENT_SECURITY_POLICY } from './page-style.ts';
import { pageText } from './page-text.ts';
import { pick, prebuild, proxyStatus } from './response.ts';
import type { PrebuiltResponse, ResponseParts } from './response.ts';

export interface BlockedRequest {
  /** Field values as received, several lines joined by commas; null if there is none. */
  readonly acceptLanguage: string | null;
  readonly accept: string | null;
  readonly head: boolean;
  readonly close: boolean;
  readonly connect: boolean;
}

type ByLanguage = Readonly<Record<Language, PrebuiltResponse>>;
interface ListPages {
  readonly html: ByLanguage;
  readonly text: ByLanguage;
}

export class BlockPages {
  readonly #pages: readonly ListPages[];
  readonly #wantsHtml = remembering(wantsHtml);
  readonly #language = remembering(chooseLanguage);

  /** `pseudonym`: a token that names this installation without being a host name. */
  constructor(lists: readonly ListConfig[], options: { readonly pseudonym: string }) {
    this.#pages = lists.map((list) => ({
      html: byLanguage((language) => htmlResponse(list, language, options.pseudonym)),
      text: byLanguage((language) => textResponse(list, language, options.pseudonym)),
    }));
  }

  /**
   * A whole response for the list with this index. A refused CONNECT gets text, which browsers do not show anyway, and
   * `Connection: close`: what follows on the connection may be TLS already.
   */
  response(list: number, request: BlockedRequest): Buffer {
    const pages = this.#pages[list];
    if (pages === undefined) throw new RangeError(`there is no list ${list}`);
    const format = !request.connect && this.#wantsHtml(request.accept) ? pages.html : pages.text;
    return pick(format[this.#language(request.acceptLanguage)], {
      head: request.head,
      close: request.close || request.connect,
    });
  }
}

function byLanguage(make: (language: Language) => ResponseParts): ByLanguage {
  const [en, fr] = LANGUAGES;
  return { [en]: prebuild(make(en)), [fr]: prebuild(make(fr)) };
}

function htmlResponse(list: ListConfig, language: Language, pseudonym: string): ResponseParts {
  // Without Referrer-Policy the help services would learn where their visitor comes from.
  const own = [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Content-Security-Policy', CONTENT_SECURITY_POLICY],
    ['Referrer-Policy', 'no-referrer'],
  ] as const;
  return {
    status: statusLine(list),
    fields: [...own, ...commonFields(list, language, pseudonym)],
    body: pageHtml(list, language),
  };
}

function textResponse(list: ListConfig, language: Language, pseudonym: string): ResponseParts {
  const own = ['Content-Type', 'text/plain; charset=utf-8'] as const;
  return {
    status: statusLine(list),
    fields: [own, ...commonFields(list, language, pseudonym)],
    body: pageText(list, language),
  };
}

function commonFields(list: ListConfig, language: Language, pseudonym: string): ResponseParts['fields'] {
  const blockedBy =
    list.status === 451 && list.blockedBy !== null
      ? [['Link', `<${new URL(list.blockedBy).href}>; rel="blocked-by"`] as const]
      : [];
  return [
    ['Content-Language', language],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Accept, Accept-Language'],
    ['X-Content-Type-Options', 'nosniff'],
    ...blockedBy,
    proxyStatus(pseudonym, 'http_request_denied'),
  ];
}

function statusLine({ status }: ListConfig): string {
  return status === 451 ? '451 Unavailable For Legal Reasons' : '403 Forbidden';
}
