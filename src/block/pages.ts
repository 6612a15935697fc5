/**
 * The response to a refused request: per list one of a few prebuilt responses, chosen by what the client can read. It is the
 * same for every entry of a list and echoes nothing of the request, so that it tells nobody what is listed.
 *
 *   list ─▶ HTML or text ─▶ language ─▶ with body or HEAD ─▶ keep or close ─▶ bytes
 */
import type { Language } from '../config/language-types.ts';
import type { ListConfig } from '../config/list-types.ts';
import { chooseLanguage, remembering, wantsHtml } from './negotiate.ts';
import type { Reader } from './negotiate.ts';
import { pageHtml } from './page-html.ts';
import { pageText } from './page-text.ts';
import { contentFields, pick, prebuild, proxyStatus } from './response.ts';
import type { PrebuiltResponse, ResponseParts } from './response.ts';

export interface BlockedRequest extends Reader {
  readonly head: boolean;
  readonly close: boolean;
  readonly connect: boolean;
}

/** In each language. */
interface ListPages {
  readonly html: readonly PrebuiltResponse[];
  readonly text: readonly PrebuiltResponse[];
}

export interface PageIdentity {
  /** A token that names this installation without being a host name. */
  readonly pseudonym: string;
  /** At least one; the first is for clients that ask for none. */
  readonly languages: readonly Language[];
}

export class BlockPages {
  readonly #pages: readonly ListPages[];
  readonly #wantsHtml = remembering(wantsHtml);
  readonly #language: (field: string | null) => number;

  constructor(lists: readonly ListConfig[], { pseudonym, languages }: PageIdentity) {
    const tags = languages.map(({ tag }) => tag);
    this.#language = remembering((field) => chooseLanguage(tags, field));
    // Most lists have the same page.
    const built = new Map<string, ListPages>();
    this.#pages = lists.map((list) => {
      const content = JSON.stringify([list.status, list.blockedBy, list.page]);
      const pages = built.get(content) ?? {
        html: prebuilt(list, 'html', { pseudonym, languages }),
        text: prebuilt(list, 'text', { pseudonym, languages }),
      };
      built.set(content, pages);
      return pages;
    });
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

function prebuilt(
  list: ListConfig,
  format: 'html' | 'text',
  { pseudonym, languages }: PageIdentity,
): readonly PrebuiltResponse[] {
  const bodies = format === 'html' ? pageHtml(list, languages) : languages.map((language) => pageText(list, language));
  return languages.map(({ tag }, index) =>
    prebuild({
      status: statusLine(list),
      fields: [...contentFields(format, tag), ...ownFields(list, pseudonym)],
      body: bodies[index] ?? '',
    }),
  );
}

function ownFields(list: ListConfig, pseudonym: string): ResponseParts['fields'] {
  const blockedBy =
    list.status === 451 && list.blockedBy !== null
      ? [['Link', `<${new URL(list.blockedBy).href}>; rel="blocked-by"`] as const]
      : [];
  return [...blockedBy, proxyStatus(pseudonym, 'http_request_denied')];
}

function statusLine({ status }: ListConfig): string {
  return status === 451 ? '451 Unavailable For Legal Reasons' : '403 Forbidden';
}
