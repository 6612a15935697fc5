/**
 * A whole URL as people write it, taken apart into raw pieces: for `explain`, lists and display, not for the wire (the
 * request head has its own, strict grammar). It must not say whether the host is one.
 */
import { withoutFragment, withoutTabsAndBreaks } from './bytes.ts';
import type { ByteString } from './bytes.ts';

export interface SplitUrl {
  readonly scheme: 'http' | 'https';
  /** Raw, never empty; user info and port are off. */
  readonly host: ByteString;
  /** The port that is named, or null. */
  readonly port: number | null;
  /** Raw path and query, may be empty. */
  readonly target: ByteString;
}

/**
 * Browsers do not miss the slashes behind the scheme, and take backslashes for them (WHATWG, "special authority slashes").
 * Of more than two they leave out all; here that is an empty host, as in the vectors of Safe Browsing: nobody is told "pass".
 */
const OURS = /^(https?):[/\\]{0,2}/i;
/** `mailto:x@y` and `ftp:/x` begin with a scheme, `localhost:8080/` is a port; a name with a dot may have an empty one. */
const OTHER = /^(?:[a-z][a-z0-9+-]*:(?![0-9]+(?:[/\\?]|$))|[a-z][a-z0-9+.-]*:(?:[/\\]{2}|(?![0-9]*(?:[/\\?]|$))))/i;

/**
 * Splits an address; no scheme means http.
 * @returns null if the host is empty, the scheme is neither http nor https, or the port is none.
 */
export function splitUrl(text: ByteString): SplitUrl | null {
  const trimmed = withoutFragment(withoutTabsAndBreaks(trimmedEnds(text)));
  const schemed = OURS.exec(trimmed);
  if (schemed !== null)
    return splitAuthority(/^https/i.test(trimmed) ? 'https' : 'http', trimmed.slice(schemed[0].length));
  return OTHER.test(trimmed) ? null : splitAuthority('http', trimmed);
}

/** Opening handshakes of WebSocket are requests as any other (RFC 6455 §3): `ws:` is asked for as `http:`, `wss:` as `https:`. All else stays as it is. */
export function withoutWebSocket(url: string): string {
  return url.replace(/^(\s*)ws(?=s?:\/\/)/i, '$1http');
}

function splitAuthority(scheme: 'http' | 'https', rest: ByteString): SplitUrl | null {
  const end = rest.search(/[/\\?]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  // The last `@` ends the user info (WHATWG): `http://good.example@evil.example/` goes to evil.example.
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1);
  const [, host = '', digits = ''] = /^(.*?)(?::([0-9]*))?$/.exec(hostPort) ?? [];
  const port = digits === '' ? null : Number(digits);
  if (host === '' || (port !== null && (port < 1 || port > 65_535))) return null;
  return { scheme, host, port, target: end < 0 ? '' : rest.slice(end) };
}

/** Browsers strip controls and spaces around a URL. A loop, because ` +$` as a pattern is quadratic. */
function trimmedEnds(text: ByteString): ByteString {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return text.slice(start, end);
}
