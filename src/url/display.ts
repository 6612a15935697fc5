/**
 * The canonical form that people see: Safe Browsing's, for every URL that can be taken apart. It also shows hosts that
 * cannot be connected to (escaped), and keeps an empty query: it is for reading, keys are made from host and path.
 * It must not be used for a key.
 */
import { decodeFully, escapeByte, needsEscape } from './bytes.ts';
import type { ByteString } from './bytes.ts';
import { canonicalHost } from './host.ts';
import { targetParts } from './path.ts';
import { splitUrl } from './split.ts';

/** `scheme://host/path?query`, no port; null where `text` is no http or https URL. */
export function displayUrl(text: ByteString): string | null {
  const url = splitUrl(text);
  if (url === null) return null;
  const host = canonicalHost(url.host) ?? escapedHost(url.host);
  const { path, query } = targetParts(url.target);
  return host === '' ? null : `${url.scheme}://${host}${path}${query === null ? '' : `?${query}`}`;
}

function escapedHost(raw: ByteString): string {
  const name = decodeFully(raw)
    .split('.')
    .filter((label) => label !== '')
    .join('.');
  let out = '';
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    out += needsEscape(code) ? escapeByte(code) : name.charAt(i).toLowerCase();
  }
  return out;
}
