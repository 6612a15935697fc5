/**
 * What a server in front makes of a path before it hands it on to one that drops `;…`, which is a letter to the first. Pure, total; at
 * most fourteen texts, each made in linear time. It must not say how they are read (readings.ts).
 *
 *   nginx (`proxy_pass` with a URI)   decodes, then resolves dots
 *   lighttpd, Apache httpd            the same, and `%2F` stays (`NoDecode`, `url-path-2f-decode`)
 *   Apache httpd (`On`)               resolves dots, then decodes
 *   URL standard (Node's `new URL`)   takes `\` for `/`, resolves dots, decodes nothing
 */
import type { ByteString } from './bytes.ts';
import { decodedButSlashes, decodeOnce } from './bytes.ts';
import { resolvedDots, withSlashes } from './path.ts';

const QUESTION = 0x3f;

/** One after the other, so that whoever has read enough makes no more. */
export function* handedOn(raw: ByteString): Generator<ByteString, void> {
  const decoded = decodeOnce(raw, QUESTION);
  yield* decodedFirst(decoded);
  if (raw.includes('\\')) {
    const slashed = withPlainDots(withSlashes(raw));
    for (const merged of mergings(slashed)) yield resolvedDots(slashed, merged);
  }
  const keeping = decodedButSlashes(raw);
  if (keeping === decoded) return;
  yield* decodedFirst(keeping);
  // `/q%2fa/../;%2fdir/` is `/;/dir/`.
  const dotted = withPlainDots(raw);
  for (const merged of mergings(dotted)) yield decodeOnce(resolvedDots(dotted, merged), QUESTION);
}

function* decodedFirst(decoded: ByteString): Generator<ByteString, void> {
  yield decoded;
  for (const text of decoded.includes('\\') ? [decoded, withSlashes(decoded)] : [decoded])
    for (const merged of mergings(text)) yield resolvedDots(text, merged);
}

function withPlainDots(text: ByteString): ByteString {
  return text.replaceAll('%2e', '.').replaceAll('%2E', '.');
}

/** Whether `//` is one slash to the server; it makes no difference where there is none. */
function mergings(text: ByteString): readonly boolean[] {
  return text.includes('//') ? [true, false] : [false];
}
