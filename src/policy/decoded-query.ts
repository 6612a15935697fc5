/** A query as programs read it, for exceptions: those of a list, and what is held against them. It must not decide anything. */
import type { ByteString } from '../url/bytes.ts';
import { unfoldedText } from '../url/path.ts';

/**
 * A query as every program takes it that parses it: decoded once, but for what ends a name or a value, `+` and `%`. Browsers and forms
 * escape `:` and `/`, so that an exception for a query as they send it would count for nobody. No router matches its raw text.
 */
export function decodedQuery(query: ByteString): string {
  const decoded = query.replaceAll(/%(?!2[356b]|3[bdf])([0-9a-f]{2})/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return unfoldedText(decoded);
}
