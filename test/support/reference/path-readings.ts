/**
 * The readings of an ambiguous path, said with whole strings: decode, replace, split, join. Slow, and without the pieces, layers
 * and comparisons of `url/readings.ts`; what both give must be the same set of keys.
 */
import { decodeFully } from '../../../src/url/bytes.ts';
import { isAmbiguous } from '../../../src/url/dot-segments.ts';
import { canonicalPath, rootedPath } from '../../../src/url/path.ts';
import { withoutParameters } from '../../../src/url/fold.ts';

type Stage = 'raw' | 'raw, %2e' | 'raw, %252e' | 'once' | 'once, %2e' | 'twice' | 'full';
type Backslash = 'slash' | 'letter' | 'escaped letter';
type Merging = 'merged' | 'unmerged' | 'later';

/** Every distinct key, in no order that means anything. */
export function slowReadings(raw: string, drops: 'both' | 'params'): ReadonlySet<string> {
  // The first character is the root, whoever reads it.
  const start = raw.replace(/^\\/, '/');
  const texts = new Set([start]);
  const last = new Set([withoutStrays(start), withoutScript(start)]);
  for (const other of OTHERS) {
    for (const text of Array.from(texts)) {
      const made = other(text);
      texts.add(made);
      if (other === withoutBlanks && made !== text) last.add(withoutStrays(made)).add(withoutScript(made));
    }
  }
  for (const text of last) texts.add(text);
  const keys = [...texts].flatMap((text) =>
    isAmbiguous(decodeFully(text)) ? Array.from(ambiguousReadings(text, drops)) : ordinaryReadings(text, drops),
  );
  return new Set(keys);
}

const withoutScript = orDecoded(scriptless);
const withoutBlanks = orDecoded((text) => text.replace(/(?:%(?!00)[01][0-9a-f]|%20)+$/i, ''));

/** What a few servers make of a path first. */
const OTHERS: readonly ((text: string) => string)[] = [
  lettersFirst,
  orDecoded(characters),
  orDecoded((text) => text.replace(/%00.*$|%[0-9a-f]?$/is, '')),
  orDecoded((text) => text.replaceAll(/(?<=[/\\]|%2f|%5c)(?:\.|%2e){3,}(?=[/\\]|%2f|%5c|$)/gi, '.')),
  withoutBlanks,
  orDecoded((text) => text.replaceAll(/%0[9ad]/gi, '')),
];

/** A server in front may have decoded it; asked only where the text as it is has nothing of it. */
function orDecoded(other: (text: string) => string): (text: string) => string {
  return (text) => {
    const decoded = text.replaceAll('%25', '%');
    return other(text) === text && other(decoded) !== decoded ? other(decoded) : other(text);
  };
}

/** What nginx decodes that was decoded before. */
function withoutStrays(text: string): string {
  if (!text.includes('%25')) return text;
  const decoded = once(text);
  const left = decoded.replaceAll(
    /%(?:[0-9a-f]{2}|[0-9a-f][^]?|([^])|$)/gi,
    (piece: string, letter: string | undefined) => (/^%[0-9a-f]{2}$/i.test(piece) ? piece : (letter ?? '')),
  );
  return left === decoded ? text : left;
}

/** A program in PHP that is asked for every address, under its own name or without it. */
function scriptless(text: string): string {
  return text.replace(
    /(?:\/|%2[fF])(?:i|%69)(?:n|%6[eE])(?:d|%64)(?:e|%65)(?:x|%78)(?:\.|%2[eE])(?:p|%70)(?:h|%68)(?:p|%70)(\/|%2[fF]|(?=[^]))/,
    (_name, slash: string) => (slash === '' ? '/' : slash),
  );
}

/** Only where an escape comes to be that was none. */
function lettersFirst(raw: string): string {
  const decoded = raw.replaceAll(/%(2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return once(decoded) === once(raw) ? raw : decoded;
}

/** `%uNNNN` as UTF-8 in ordinary escapes. */
function characters(raw: string): string {
  return raw.replaceAll(/(?:%u[0-9a-fA-F]{4})+/g, (run) =>
    [
      ...Buffer.from(
        String.fromCharCode(
          ...run
            .slice(2)
            .split('%u')
            .map((digits) => Number.parseInt(digits, 16)),
        ),
      ),
    ]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join(''),
  );
}

function ordinaryReadings(raw: string, drops: 'both' | 'params'): readonly string[] {
  return drops === 'both'
    ? [canonicalPath(raw)]
    : [
        withoutParameters(raw),
        withoutParameters(once(raw)),
        withoutParameters(onceButSlashes(raw)),
        withoutParameters(raw.replaceAll('\\', '/')),
        withoutParameters(once(raw).replaceAll('\\', '/')),
        withoutParameters(onceButSlashes(raw).replaceAll('\\', '/')),
        raw.split(';', 1)[0]!,
      ].map((text) => canonicalPath(text));
}

function ambiguousReadings(raw: string, drops: 'both' | 'params'): ReadonlySet<string> {
  const keys = new Set<string>([canonicalPath(drops === 'params' ? withoutParameters(raw) : raw)]);
  const texts = drops === 'params' ? [raw, ...rewritten(raw)].map(withoutParameters) : [raw, withoutParameters(raw)];
  const starts = new Set<string>();
  for (const text of [...texts, raw.split(';', 1)[0]!]) {
    for (const start of [
      text,
      ...behindAuthority(text),
      ...behindDecodedAuthority(text),
      ...behindResolvedAuthority(text),
      ...behindLetters(text),
      ...withKeptSlashes(text),
    ])
      starts.add(start);
  }
  // Most readings end in the same few paths; what a path becomes as a key costs more than all else here.
  const paths = new Set<string>();
  for (const start of starts) for (const path of pathsOf(start)) paths.add(path);
  for (const path of paths) keys.add(final(path));
  for (const text of [...texts, raw.split(';', 1)[0]!]) {
    const left = withoutDots(text);
    keys.add(canonicalPath(left));
    if (/(?:^|[/\\])\.\.?$/.test(full(text))) keys.add(canonicalPath(`${left}/`));
  }
  return keys;
}

/** Of segments of dots, in whatever layer; slashes are merged later. */
function withoutDots(text: string): string {
  return full(text)
    .split(/[/\\]/)
    .filter((segment) => segment !== '.' && segment !== '..')
    .join('/');
}

/** By a server in front, to which `;` is a letter. */
function rewritten(raw: string): readonly string[] {
  const resolved = (text: string): string[] =>
    (['slash', 'letter'] as const).flatMap((backslash) =>
      [true, false].map((merges) => resolve(text, { backslash, merges, escapedDots: false }).path),
    );
  const first = [true, false].map((merges) =>
    once(resolve(raw.replaceAll(/%2e/gi, '.'), { backslash: 'letter', merges, escapedDots: false }).path),
  );
  const decoded = once(raw);
  const keeping = onceButSlashes(raw);
  if (!decoded.includes(';')) return [];
  const slashed = raw.replaceAll('\\', '/').replaceAll(/%2e/gi, '.');
  const url = raw.includes('\\')
    ? [true, false].map((merges) => resolve(slashed, { backslash: 'letter', merges, escapedDots: false }).path)
    : [];
  return [
    decoded,
    ...resolved(decoded),
    ...url,
    ...(keeping === decoded ? [] : [keeping, ...resolved(keeping), ...first]),
  ];
}

/** Only where an escape stands before the first slash behind the authority; the first decoding that shows two slashes in front, and one that keeps `%2F`. */
function behindDecodedAuthority(text: string): readonly string[] {
  const authority = text.replace(/^[/\\]+/, '').split(/[/\\]/)[0]!;
  const shown = [once(text), once(once(text)), full(text)].find((decoded) => /^[/\\]{2}/.test(decoded));
  const keeping = onceButSlashes(text);
  return authority.includes('%')
    ? [shown, keeping === text ? undefined : keeping].flatMap((read) => behindAuthority(read ?? '').slice(0, 1))
    : [];
}

/** What a server in front makes of the dots, which keeps empty segments and takes a backslash for a letter. */
function behindResolvedAuthority(text: string): readonly string[] {
  return [text, once(text)].flatMap((read) => {
    const { path } = resolve(read, { backslash: 'letter', merges: false, escapedDots: false });
    return path === read ? [] : behindAuthority(path);
  });
}

/** What a server in front makes of the dots, to which a backslash is a letter: where one beside dots is left, it is a slash behind it. */
function behindLetters(text: string): readonly string[] {
  return [text, once(text)].flatMap((read) =>
    [true, false]
      .map((merges) => resolve(read, { backslash: 'letter', merges, escapedDots: false }).path)
      .filter((path) => path !== read && [path, once(path)].some((shown) => /\\\.|\.\\/.test(shown))),
  );
}

/** `decodeURI` before the URL standard: backslashes show and are slashes, `%2F` stays a letter. */
function withKeptSlashes(text: string): readonly string[] {
  if (!/%5c/i.test(text) || !/%2f/i.test(text)) return [];
  const keeping = onceButSlashes(text);
  return [keeping, ...behindAuthority(keeping)];
}

function behindAuthority(text: string): readonly string[] {
  if (!/^[/\\]{2}/.test(text)) return [];
  const rest = text.replace(/^[/\\]+/, '');
  const starts = [rest.replace(/^[^/\\]*/, ''), rest.replace(/^[^/]*/, '')];
  const authority = /^[/\\]{2}([^/\\]*)/.exec(text)![1]!;
  if (!authority.includes('@')) return starts;
  const behindUser = text.slice(2 + authority.lastIndexOf('@') + 1);
  const rests = [/^[A-Za-z0-9._+:\u0080-\u00ff-]*/, /^[^"%';<>^`{|}/\\]*/].map((name) => behindUser.replace(name, ''));
  return [...starts, ...rests.filter((rest) => rest !== '')];
}

/** As they stand before `final`. */
function* pathsOf(start: string): Generator<string> {
  yield start;
  for (const backslash of ['slash', 'letter', 'escaped letter'] as const) {
    for (const merging of ['merged', 'unmerged', 'later'] as const) {
      for (const stage of ['raw', 'raw, %2e', 'raw, %252e', 'once', 'once, %2e', 'twice', 'full'] as const)
        yield* resolvedPaths(start, stage, backslash, merging);
    }
  }
}

function* resolvedPaths(start: string, stage: Stage, backslash: Backslash, merging: Merging): Generator<string> {
  const rawSlashes = backslash === 'escaped letter' ? start.replaceAll('\\', '/') : start;
  const decoded = {
    raw: rawSlashes,
    'raw, %2e': rawSlashes,
    'raw, %252e': rawSlashes,
    once: once(rawSlashes),
    'once, %2e': once(rawSlashes),
    twice: once(once(rawSlashes)),
    full: full(rawSlashes),
  }[stage];
  let layer = stage.startsWith('once') ? 1 : stage === 'twice' ? 2 : stage === 'full' ? 3 : 0;
  let text = resolve(decoded, {
    backslash,
    merges: merging === 'merged',
    escapedDots: stage.endsWith('%2e'),
    twiceEscapedDots: stage.endsWith('%252e'),
  });
  yield* withAndWithoutSlash(text);
  for (; layer < 3; layer += 1) {
    text = resolve(layer === 2 ? full(text.path) : once(text.path), {
      backslash,
      merges: merging !== 'unmerged',
      escapedDots: false,
    });
    yield* withAndWithoutSlash(text);
  }
}

interface Resolved {
  readonly path: string;
  readonly endsInDots: boolean;
}

function* withAndWithoutSlash({ path, endsInDots }: Resolved): Generator<string> {
  yield path;
  if (endsInDots) yield path.replace(/(.)\/$/s, '$1');
}

function resolve(
  decoded: string,
  how: {
    readonly backslash: Backslash;
    readonly merges: boolean;
    readonly escapedDots: boolean;
    readonly twiceEscapedDots?: boolean;
  },
): Resolved {
  const text = how.backslash === 'slash' ? decoded.replaceAll('\\', '/') : decoded;
  const segments = (/^[/\\]/.test(text) ? text.slice(1) : text).split('/');
  const dotsOf = (segment: string): string =>
    how.twiceEscapedDots === true ? once(once(segment)) : how.escapedDots ? segment.replaceAll(/%2e/gi, '.') : segment;
  const kept: string[] = [];
  for (const [i, segment] of segments.entries()) {
    const dots = dotsOf(segment);
    if (dots === '..') kept.pop();
    else if (dots !== '.' && !(segment === '' && (how.merges || i === segments.length - 1))) kept.push(segment);
  }
  const endsInDots = ['.', '..'].includes(dotsOf(segments.at(-1)!));
  const isDirectory = endsInDots || segments.at(-1) === '';
  return { path: kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`, endsInDots };
}

function once(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (escape, digits: string) =>
    digits.toLowerCase() === '3f' ? escape : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function onceButSlashes(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (escape, digits: string) =>
    ['2f', '3f'].includes(digits.toLowerCase()) ? escape : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function full(text: string): string {
  return decodeFully(text, 0x3f);
}

/** As entries have it; dots that are left stay. `canonicalPath` would resolve them: a letter holds their place. */
function final(text: string): string {
  const merged = full(text).replaceAll('\\', '/').replaceAll(/\/+/g, '/');
  const held = (merged.startsWith('/') ? merged : `/${merged}`).replaceAll(/(?<=\/)\.{1,2}(?=\/|$)/g, (dots) =>
    `\uE000${dots.length}`.slice(0, 2),
  );
  return rootedPath(
    canonicalPath(held.replaceAll('\uE000', '\u0001dots')).replaceAll('%01dots1', '.').replaceAll('%01dots2', '..'),
  );
}
