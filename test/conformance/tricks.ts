/**
 * Ways in which programs have read the same address differently: the words of the generator. Each is a piece of text that
 * some reading drops, resolves, decodes or takes for something else.
 */

/** Names of the site and names that are nobody's, some with what a reading cuts off. */
export const NAMES: readonly string[] = ['q', 'w', 'x', 'z', 'y', 'a', 'page', 'dir', 'fine', 'deep', 'er', 'sub', 'nobody', '%41', 'q;a', 'q%5cy', 'q\\y', 'x%2fy', 'x%252fy', 'x%3ba', 'a:80', 'a@b', '~u', '%7eu', '%20', '+', '%e9', '%c3%a9', '%', '%zz', '.a', 'a.', '%00', '*'];

/** Up by one segment, for somebody. */
export const UPS: readonly string[] = ['..', '..', '..', '%2e%2e', '.%2e', '%2E.', '%252e%252e', '%25252e%25252e', '.%252e', '..;a', '..;', '..;a=b;c', '..%3ba', '..%253ba', '%2e%2e;a', '.;a.', '..%00', '..%20', '...', '..%c0%af', '%c0%ae%c0%ae', '%u002e%u002e', '%e0%80%ae.', '..%09', '..%0d%0a'];

/** Nothing, for somebody. */
export const STAYS: readonly string[] = ['.', '%2e', '%2E', '%252e', '%25252e', '.;a', '.;', '.;a=b', ';a', ';', '%3ba', '%2e;a', '.%3b', '', '', '%00', '%u002e', '.%20', '%20'];

export const SEPARATORS: readonly string[] = ['/', '/', '/', '/', '//', '///', '\\', '/\\', '\\/', '\\\\', '%2f', '%2F', '%5c', '%5C', '%252f', '%252F', '%25252f', '%255c', '%25255c', '/%2f', '%2f/', '//%2f', '%5c/', '/%5c', '%2f%2f', '%5c%2f', ';/', ';a/', '/;a/', ';a%2f', '%3b/', '/./', '%u002f', '%c0%af', '%u2215', '%00/', '%20/', './', '%2e/'];

/** In front of a path. */
export const HEADS: readonly string[] = ['/', '/', '//', '///', '////', '/\\', '\\/', '/\\/', '/%2f', '/%5c', '/%252f', '//x/', '/\\x/', '//x', '///x/', '//a@b/', '//x:80/', '//localhost/', '//[::1]/', '//?/', '//;a/', '//../', '//./', '//.;a/', '//..;a/', '/.//', '/./', '/../', '/%2e/', '/%2e%2e/', '/%2e//', '/x/..//', '/;a/', '/;a//', '/http://x/', '/http:/x/', '/http:', '//http:/', '//%2e%2e/', '//x%2fy/', '//x%5cy/', '//%5cx/', '//.%5c/', '/.;/', '//;/', '/q//', '/q/', '/*/'];

export const TAILS: readonly string[] = ['', '', '', '', '/', '//', '/.', '/..', '/./', '/x', '/x/..', '/../page', '?', '?x', '?x=/../y', '?/page', '?%2f..', '??', '?;a', '?\\', '%3f', '%3fx', '%3fx/..', '%253f', '%23', '%23x', '%2523', ';', ';a', ';a=b', ';a/', ';a/..', ';a%2f', ';%2f', ';%2f..', '%3ba', '%253ba', '%00', '%00.html', '%20', '%09', '%0d%0a', '.', '..', '...', '.html', '.php', '~', '+', '%2f', '%5c', '\\', '%252f', '%2e', '%2f.', '%2f..', ':', '::$data', '%', '%2', '%zz', '*', '&x', '/index.html', '/;a', '/.;a', '/..;a'];

/** What a character is also written as: once encoded, twice, in forms that only some decoders know. */
export function spellings(char: string): readonly string[] {
  const hex = char.charCodeAt(0).toString(16).padStart(2, '0');
  const once = [`%${hex}`, `%${hex.toUpperCase()}`];
  return [...once, ...once, `%25${hex}`, `%25${hex}`, `%2525${hex}`, `%252525${hex}`, `%%${hex.charCodeAt(0).toString(16)}${hex.slice(1)}`, `%u00${hex}`];
}
