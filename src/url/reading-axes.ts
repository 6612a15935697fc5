/**
 * How a path is read, as flags, and in words for people. Keys carry the flags; `explain` prints the words. It must not decide
 * which readings there are, nor what they make of a path (readings.ts).
 */

/** How a path is read: a stage, and flags. 0 is the canonical form itself. */
export type Axes = number;

/** When dot segments are resolved: after that many decodings, or never. */
export const STAGE = {
  full: 0,
  never: 1,
  raw: 2,
  rawEscapedDots: 3,
  once: 4,
  twice: 5,
  onceEscapedDots: 6,
  rawTwiceEscapedDots: 7,
  mask: 7,
} as const;
export const AXIS = {
  /** Once more after each further decoding. */
  again: 8,
  /** `\` is a letter. */
  letter: 16,
  /** `//` is not merged before dots are resolved: `..` takes an empty segment away. */
  unmerged: 32,
  /** `;…` is dropped first. */
  params: 64,
  /** What follows two leading slashes is an authority. */
  authority: 128,
  /** Dots at the end leave no slash: `/a/b/..` is `/a` (POSIX `normalize`), not `/a/` (RFC 3986 §5.2.4). */
  noSlash: 256,
  /** `\` as it is counts as a slash, escaped it is a letter (WHATWG URL, then a file server). */
  escapedLetter: 512,
  /** `//` is not merged the first time, and is merged when dots are resolved again (likewise). */
  mergedLater: 1024,
  /** The authority is looked for after decoding: `/%2fx/page` is `/page` behind a server that hands on what it decoded. */
  decoded: 2048,
  /** The first `;` begins the query. */
  cut: 4096,
  /** Escapes of letters and digits are decoded before all others. */
  lettersFirst: 8192,
  /** `%uNNNN` is a character. */
  utf16: 16_384,
  /** `%00` ends the path, half an escape at its end is nothing. */
  cutEnd: 32_768,
  /** A segment of three dots or more is `.`. */
  manyDots: 65_536,
  /** Escaped blanks and controls at the end of the path are nothing. */
  blankEnd: 131_072,
  /** Escaped tabs and line breaks are nothing, wherever they stand. */
  breaks: 262_144,
  /** Letters beyond ASCII are in their other case, which may be an ASCII letter. */
  otherCase: 524_288,
  /** Of what was decoded once, a `%` that starts no escape is nothing. */
  strays: 1_048_576,
  /** Dot segments are nothing: `..` takes nothing away. */
  dropped: 2_097_152,
  /** `/index.php/` is a slash. */
  script: 4_194_304,
  /** There is more to read than is looked up, and this is what fits. */
  partial: 8_388_608,
  /** Text behind the page of a program is nothing. */
  info: 16_777_216,
} as const;

/** Who is known to read so; the first that fits. What is in `mask` must be as in `axes`. */
const FAMILIES: readonly { readonly mask: Axes; readonly axes: Axes; readonly name: string }[] = [
  { mask: AXIS.info, axes: AXIS.info, name: 'Apache with mod_php or CGI, or nginx with FPM,' },
  { mask: AXIS.lettersFirst, axes: AXIS.lettersFirst, name: 'nghttpx, HAProxy with normalize-uri or hapi' },
  { mask: AXIS.utf16, axes: AXIS.utf16, name: 'Jetty' },
  { mask: AXIS.cutEnd, axes: AXIS.cutEnd, name: 'CivetWeb or uWSGI' },
  { mask: AXIS.otherCase, axes: AXIS.otherCase, name: 'IIS, Caddy or Fastify' },
  { mask: AXIS.manyDots, axes: AXIS.manyDots, name: 'Mojolicious or CivetWeb' },
  { mask: AXIS.strays, axes: AXIS.strays, name: 'nginx, told by X-Accel-Redirect or ngx.exec,' },
  { mask: AXIS.breaks, axes: AXIS.breaks, name: 'new URL(decoded path)' },
  {
    mask: AXIS.blankEnd,
    axes: AXIS.blankEnd,
    name: 'Starlette, Pyramid or a location of nginx that ends in $',
  },
  { mask: AXIS.script, axes: AXIS.script, name: 'a program in PHP (Symfony, Laravel, WordPress)' },
  { mask: AXIS.dropped, axes: AXIS.dropped, name: 'CodeIgniter 3 or Mongoose' },
  { mask: AXIS.cut, axes: AXIS.cut, name: 'Fastify (up to version 4)' },
  { mask: AXIS.params, axes: AXIS.params, name: 'Tomcat' },
  { mask: AXIS.authority, axes: AXIS.authority, name: 'new URL(target, base) and parse_url' },
  { mask: STAGE.mask, axes: STAGE.never, name: 'a router that resolves no dots (Express, Go handlers)' },
  { mask: STAGE.mask | AXIS.again, axes: STAGE.raw | AXIS.again, name: 'Apache with AllowEncodedSlashes' },
  {
    mask: STAGE.mask | AXIS.again,
    axes: STAGE.rawEscapedDots | AXIS.again,
    name: 'new URL(target, base), then a file server',
  },
  { mask: STAGE.mask | AXIS.unmerged, axes: STAGE.raw | AXIS.unmerged, name: 'new URL(target, base)' },
  { mask: STAGE.mask | AXIS.unmerged, axes: STAGE.rawEscapedDots | AXIS.unmerged, name: 'new URL(target, base)' },
  { mask: STAGE.mask | AXIS.letter | AXIS.unmerged | AXIS.again, axes: STAGE.once | AXIS.letter, name: 'nginx' },
  {
    mask: STAGE.mask | AXIS.letter | AXIS.unmerged | AXIS.again,
    axes: STAGE.once | AXIS.letter | AXIS.unmerged,
    name: 'nginx with merge_slashes off',
  },
];
const STAGE_TEXTS = [
  'decoded fully',
  'dots left alone',
  'dots resolved as sent',
  'dots resolved as sent, %2e too',
  'dots resolved after one decoding',
  'dots resolved after two decodings',
  'dots resolved after one decoding, %2e too',
  'dots resolved as sent, %252e too',
] as const;

/** Who reads so and how, for people: `as nginx reads it: dots resolved after one decoding, \ is a letter`. */
export function readingName(axes: Axes): string {
  if ((axes & AXIS.partial) !== 0)
    return `${readingName(axes & ~AXIS.partial)} (there are more readings than are looked up)`;
  if (axes === STAGE.full) return 'as the canonical form has it';
  const details = [
    ...((axes & AXIS.lettersFirst) === 0 ? [] : ['letters and digits decoded first']),
    ...((axes & AXIS.utf16) === 0 ? [] : ['%uNNNN is a character']),
    ...((axes & AXIS.cutEnd) === 0 ? [] : ['%00 and half an escape end it']),
    ...((axes & AXIS.manyDots) === 0 ? [] : ['... is .']),
    ...((axes & AXIS.blankEnd) === 0 ? [] : ['blanks at the end are nothing']),
    ...((axes & AXIS.breaks) === 0 ? [] : ['tabs and line breaks are nothing']),
    ...((axes & AXIS.strays) === 0 ? [] : ['decoded again without what starts no escape']),
    ...((axes & AXIS.script) === 0 ? [] : ['without /index.php']),
    ...((axes & AXIS.otherCase) === 0 ? [] : ['letters beyond ASCII in their other case']),
    ...((axes & AXIS.cut) === 0 ? [] : ['; begins the query']),
    ...((axes & AXIS.params) === 0
      ? []
      : [
          `;… dropped${(axes & (AXIS.decoded | AXIS.authority)) === AXIS.decoded ? ' from what was decoded in front' : ''}`,
        ]),
    ...((axes & AXIS.authority) === 0
      ? []
      : [`//… is an authority${(axes & AXIS.decoded) === 0 ? '' : ' once it is decoded'}`]),
    STAGE_TEXTS[axes & STAGE.mask] ?? '',
    ...((axes & AXIS.dropped) === 0 ? [] : ['dots taken out']),
    ...((axes & AXIS.again) === 0 ? [] : ['again after each further decoding']),
    ...((axes & AXIS.letter) === 0 ? [] : ['\\ is a letter']),
    ...((axes & AXIS.unmerged) === 0 ? [] : ['// not merged']),
    ...((axes & AXIS.escapedLetter) === 0 ? [] : ['escaped \\ is a letter']),
    ...((axes & AXIS.mergedLater) === 0 ? [] : ['// not merged at first']),
    ...((axes & AXIS.noSlash) === 0 ? [] : ['no slash after dots at the end']),
    ...((axes & AXIS.info) === 0 ? [] : ['without the text behind the page']),
  ].join(', ');
  const family = FAMILIES.find((known) => (axes & known.mask) === known.axes);
  return family === undefined ? `as some origins read it: ${details}` : `as ${family.name} reads it: ${details}`;
}
