/**
 * The last guard of a support bundle: whatever its parts hold, URLs and the places of credentials do not get into the archive. Pure. It is no reason to put them
 * into a part.
 */

const URL_LIKE = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\]*/gi;
/** Absolute, of two names or more; not behind what makes it a prefix, a type or a part of a word. */
const PATH_LIKE = /(?<![\w.\])/-])\/(?:[^\s"'<>\\/:;,()|]+\/)+[^\s"'<>\\:;,()|]*/g;

/** @param secrets texts that must not stand anywhere. */
export function withoutUrls(text: string, secrets: readonly string[]): string {
  let safe = text.replaceAll(URL_LIKE, '[URL]');
  for (const secret of secrets)
    safe = safe.replaceAll(secret, '[credential]').replaceAll(inJson(secret), '[credential]');
  return safe;
}

/** Of messages, which name files: one of them may be a credential of a configuration that is in force no more, or that nobody could ask for. */
export function withoutPaths(text: string): string {
  return text.replaceAll(PATH_LIKE, '[path]');
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
