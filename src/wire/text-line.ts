/**
 * What one line of a client says to a server of HTTP, and whom it names (requirement 81): of bytes that are no request to the parser. A line is
 * HTTP by one of its words, wherever it stands among others; servers differ in everything else. Pure; one character a byte, without the LF.
 *
 *   WORD … HTTP/1.1     a word that begins with it, in any case
 *   WORD /path          or a URL, but RTSP's: `DESCRIBE rtsp://… RTSP/1.0`
 *   GET …, PRI *        one of the six methods that no other protocol has, the preface of HTTP/2
 *
 * It must not judge a name.
 */

/** What `isspace` and Python's `split` take for white space. */
const BLANK = String.raw`\t\n\v\f\r\x1c-\x20\x85\xa0`;
/** What some server takes for the end of a line, besides LF. */
// oxlint-disable-next-line no-control-regex -- these are the bytes
const LINE_ENDS = /[\r\v\f\x1c-\x1e\x85]+/;

const ONLY_BLANKS = new RegExp(`^[${BLANK}]*$`);
const HTTP_WORD = new RegExp(String.raw`(?:^|[${BLANK}])HTTP/`, 'i');
const METHOD = new RegExp(`^[${BLANK}]*(?:GET|HEAD|POST|PUT|DELETE|PATCH)(?:[${BLANK}]|$)`);
const PREFACE = new RegExp(String.raw`^[${BLANK}]*PRI[${BLANK}]+\*`);
const FIRST_WORD = new RegExp(`^[${BLANK}]*[^${BLANK}]+[${BLANK}]+`);
/** A path, or a URL. */
const PATH_FIRST = new RegExp(`^(?:/|[^${BLANK}]*://)`);
// oxlint-disable-next-line no-control-regex -- these are the bytes
const ONLY_TEXT = /^[\t\v-\r\x1c-~]*$/;
const RTSP_FIRST = new RegExp(String.raw`^rtsp[su]?://.*[${BLANK}]RTSP/`, 'is');
// oxlint-disable-next-line no-control-regex -- these are the bytes that no text has
const NO_TEXT = /[\0-\x08\x0e-\x1b\x7f]/;
const NO_LINES = new RegExp(`^[${BLANK}]*[<{[]`);
const HOST_FIELD = new RegExp(String.raw`^[${BLANK}]*host[${BLANK}]*:(.*)$`, 'is');
const AUTHORITIES = new RegExp(String.raw`//([^/?#\\${BLANK}]*)`, 'g');
const TWO_SLASHES = new RegExp(String.raw`^//([^/?#\\${BLANK}]*)`);
const FOLD = new RegExp(`^[${BLANK}]`);
const BLANKS = new RegExp(`[${BLANK}]+`);
/** A byte of a name or an address. */
const NAMING = /[\da-z\x80-\xff]/i;

export function isBlankLine(line: string): boolean {
  return ONLY_BLANKS.test(line);
}

/** Some byte of it is in no text. */
export function isBinary(text: string): boolean {
  return NO_TEXT.test(text);
}

/** Whether the beginning of a connection is no text in lines: other bytes, XML, JSON. These may come without an end of a line. */
export function isUnheld(text: string): boolean {
  return isBinary(text) || NO_LINES.test(text);
}

/** Also of a line that has not ended. */
export function hasHttpWord(line: string): boolean {
  return HTTP_WORD.test(line);
}

/** A line of text, or of other bytes that is the first: behind those, only text to its end makes a path of a slash. */
export function isHttpLine(line: string): boolean {
  if (HTTP_WORD.test(line)) return true;
  if (isBinary(line)) return isPath(line) && ONLY_TEXT.test(behindFirstWord(line));
  return line.split(LINE_ENDS).some((part) => METHOD.test(part) || PREFACE.test(part) || isPath(part));
}

/** A line behind bytes that are no text, where a path alone may be one of them. */
export function isHttpAmongBytes(line: string): boolean {
  return HTTP_WORD.test(line) || (METHOD.test(line) && isPath(line));
}

function isPath(line: string): boolean {
  const rest = behindFirstWord(line);
  return PATH_FIRST.test(rest) && !RTSP_FIRST.test(rest);
}

/** '' where there is no other. */
function behindFirstWord(line: string): string {
  return line.slice(FIRST_WORD.exec(line)?.[0].length ?? line.length);
}

/** It goes on with the field before it, to some. */
export function isFolded(line: string): boolean {
  return FOLD.test(line);
}

export function isHostField(line: string): boolean {
  return line.split(LINE_ENDS).some((part) => HOST_FIELD.test(part));
}

/** Whom a line names that goes on with a Host field: as itself, and as a field of its own. */
export function namesInFold(line: string): readonly string[] {
  return [...hostsIn(line), ...namesInFields(line)];
}

/** Whom the fields in a line name. */
export function namesInFields(line: string): readonly string[] {
  return line.split(LINE_ENDS).flatMap((part) => hostsIn(HOST_FIELD.exec(part)?.[1] ?? ''));
}

/** Whom the URLs in a line name. */
export function namesInUrls(line: string): readonly string[] {
  return Array.from(line.matchAll(AUTHORITIES), ([, authority]) => authority ?? '').flatMap(hostsIn);
}

/** Whom a target names that begins with two slashes, and the path behind: to libevent, where others see a path. Null: nobody. */
export function namedBySlashes(target: string): { readonly host: string; readonly path: string } | null {
  const [all = '', authority = ''] = TWO_SLASHES.exec(target) ?? [];
  const [host] = hostsIn(authority);
  return host === undefined ? null : { host, path: target.slice(all.length) };
}

/** The host in `user@host:port`: one, or none where there is nobody's name in it. */
function hostsIn(authority: string): readonly string[] {
  const named = authority.slice(authority.lastIndexOf('@') + 1);
  const host = named
    .split(BLANKS)
    .filter((word) => word !== '')
    .join(' ')
    .replace(/:\d*$/, '');
  return NAMING.test(host) ? [host] : [];
}
