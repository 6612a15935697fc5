/**
 * JSON Schema (draft-07) for each kind of value that fields.ts reads. Where a pattern cannot say it all, it takes
 * more than the reader, never less: docs/editors.md names what that is. It must not read a value.
 */
import type { Form } from '../lib/shape.ts';

/** An octet of an IPv4 address. */
const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4 = String.raw`(?:${OCTET}\.){3}${OCTET}`;
const GROUP = '[0-9A-Fa-f]{1,4}';
const LAST = `(?:${GROUP}:${GROUP}|${IPV4})`;
/** RFC 3986 has it by the number of groups before `::`. */
const IPV6 = `(?:${[
  `(?:${GROUP}:){6}${LAST}`,
  `::(?:${GROUP}:){5}${LAST}`,
  `(?:${GROUP})?::(?:${GROUP}:){4}${LAST}`,
  `(?:(?:${GROUP}:){0,1}${GROUP})?::(?:${GROUP}:){3}${LAST}`,
  `(?:(?:${GROUP}:){0,2}${GROUP})?::(?:${GROUP}:){2}${LAST}`,
  `(?:(?:${GROUP}:){0,3}${GROUP})?::${GROUP}:${LAST}`,
  `(?:(?:${GROUP}:){0,4}${GROUP})?::${LAST}`,
  `(?:(?:${GROUP}:){0,5}${GROUP})?::${GROUP}`,
  `(?:(?:${GROUP}:){0,6}${GROUP})?::`,
].join('|')})`;
/** IPv4 within IPv6 counts as what it is. */
const MAPPED = `::[Ff]{4}:${IPV4}`;
const BITS_4 = String.raw`(?:\d|[12]\d|3[0-2])`;
const BITS_6 = String.raw`(?:\d|[1-9]\d|1[01]\d|12[0-8])`;
const PREFIX_4 = `(?:${IPV4}(?:/${BITS_4})?|${MAPPED}(?:/${BITS_6})?)`;
const PREFIX_6 = `${IPV6}(?:/${BITS_6})?`;
const PREFIX = `(?:${IPV4}(?:/${BITS_4})?|${PREFIX_6})`;
const ZONE = '(?:%[^]*)?';
const PORT = String.raw`(?=\d{1,5}(?!\d))${between(1, 65_535)}`;
const LABELS = String.raw`[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*`;
const HOST = String.raw`(?!-)(?![0-9.]+$)${LABELS}`;
const ZONE_LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const MILLISECONDS: readonly (readonly [unit: string, factor: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];
const BYTES: readonly (readonly [unit: string, factor: number])[] = [
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
];

/** A whole text: `pattern` stands for all of it. */
function matching(pattern: string, rest: Form = {}): Form {
  return { type: 'string', pattern: `^(?:${pattern})$`, ...rest };
}

export function anyOf(...forms: readonly Form[]): Form {
  return { anyOf: forms };
}

export function wholeForm(minimum: number, maximum: number): Form {
  return { type: 'integer', minimum, maximum };
}

/** One character at least is no blank. */
export function textForm(maxLength: number): Form {
  return { type: 'string', maxLength, pattern: String.raw`\S` };
}

/** @param least in milliseconds. Several units are compared with the bounds one by one. */
export function durationForm(least: number, most: number): Form {
  const exact = MILLISECONDS.flatMap(([unit, factor]) => {
    const [low, high] = [Math.ceil(least / factor), Math.floor(most / factor)];
    return low > high ? [] : [`${between(low, high)}${unit}`];
  });
  // A part of a millisecond is rounded.
  const parts = MILLISECONDS.map(
    ([unit, factor]) =>
      `${between(Math.max(0, Math.floor((least - 1) / factor)), Math.floor(most / factor))}\\.\\d+${unit}`,
  );
  const several = MILLISECONDS.map(
    ([unit, factor]) => `(?:${between(0, Math.floor(most / factor))}(?:\\.\\d+)?${unit})?`,
  );
  return anyOf(
    { type: 'number', minimum: least / 1000, maximum: most / 1000 },
    matching(`${[...exact, ...parts].join('|')}|(?=[\\d.]+[a-z]+\\d)${several.join('')}`, { maxLength: 100 }),
  );
}

/** @param least in bytes. */
export function sizeForm(least: number, most: number): Form {
  const units = BYTES.flatMap(([unit, factor]) => {
    const [low, high] = [Math.ceil(least / factor), Math.floor(most / factor)];
    return low > high ? [] : [`${between(low, high)}${unit}`];
  });
  return anyOf(wholeForm(least, most), matching(units.join('|')));
}

export const addressForm = (): Form => matching(`${IPV4}|${IPV6}${ZONE}`);

/** `{ a, aaaa }`: one of them at least. */
export function addressesForm(most: number): Form {
  const of = (pattern: string): Form => ({ type: 'array', items: matching(pattern), maxItems: most });
  const some = (key: string): Form => ({ required: [key], properties: { [key]: { type: 'array', minItems: 1 } } });
  return {
    type: 'object',
    properties: {
      a: anyOf(of(`${IPV4}|${MAPPED}`), { type: 'null' }),
      aaaa: anyOf(of(`${IPV6}${ZONE}`), { type: 'null' }),
    },
    additionalProperties: false,
    anyOf: [some('a'), some('aaaa')],
  };
}
export const prefixForm = (): Form => matching(PREFIX);
export const familyPrefixForm = (family: 4 | 6): Form => matching(family === 4 ? PREFIX_4 : PREFIX_6);
export const nat64Form = (): Form => matching(`${IPV6}/(?:32|40|48|56|64|96)`);

/** One a line; `#` begins a comment. */
export function prefixLinesForm(): Form {
  return matching(String.raw`(?:[^\S\n]*(?:${PREFIX}[^\S\n]*)?(?:#[^\n]*)?(?:\n|$))*`);
}

export const resolverForm = (): Form =>
  matching(String.raw`(?:\[(?:${IPV4}|${IPV6}(?:%[^\]]*)?)\]|${IPV4})(?::${PORT})?|${IPV6}`);

/** The end is not before the beginning: not said here. */
export const portRangeForm = (): Form => anyOf(wholeForm(1, 65_535), matching(`${PORT}(?:-${PORT})?`));

export const nameForm = (): Form => matching('[A-Za-z0-9][A-Za-z0-9_-]{0,62}');
export const hostForm = (maxLength: number): Form => matching(HOST, { maxLength });
export const zoneNameForm = (maxLength: number): Form =>
  matching(String.raw`${ZONE_LABEL}(?:\.${ZONE_LABEL})*`, { maxLength });

export const proxyForm = (): Form => matching(String.raw`(?:\[${IPV6}\]|${IPV4}|${HOST_BEFORE_PORT}):${PORT}`);
export const directHostForm = (): Form => matching(String.raw`\*\.(?=[^]{1,253}$)${HOST}|(?=[^]{1,253}$)${HOST}`);

/** HOST with a port behind it. */
const HOST_BEFORE_PORT = `(?!-)(?![0-9.]+:)${LABELS}`;

export function protocolForm(): Form {
  return matching(`(?![Hh](?:2[Cc]?|[Tt][Tt][Pp][Ss]?)(?:[/-]|$))${TOKEN}(?:/${TOKEN})?`);
}

export function secretForm(): Form {
  return matching(String.raw`credential:[A-Za-z0-9_-][A-Za-z0-9._-]*|(?!credential:)(?=[^]*\S)[^]*`, {
    maxLength: 4096,
  });
}

export const witnessForm = (): Form => matching(String.raw`[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}`);

/** The rest of the URL is not looked at. */
export function urlForm(schemes: readonly string[]): Form {
  return { type: 'string', pattern: String.raw`^[\u0000-\u0020]*(?:${schemes.map(caseless).join('|')}):[^]` };
}

export const languageForm = (): Form => matching('[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}');

/** A whole number within bounds, zeros before it or none. */
function between(least: number, most: number): string {
  const [from, to] = [String(least), String(most)];
  const lengths = Array.from({ length: to.length - from.length + 1 }, (_, i) => from.length + i);
  const branches = lengths.map((length) =>
    sameLength(
      length === from.length ? from : `1${'0'.repeat(length - 1)}`,
      length === to.length ? to : '9'.repeat(length),
    ),
  );
  return `0*(?:${branches.join('|')})`;
}

function sameLength(least: string, most: string): string {
  if (least === '') return '';
  const [low, high] = [Number(least[0]), Number(most[0])];
  const [lowRest, highRest] = [least.slice(1), most.slice(1)];
  if (low === high) return `${low}${sameLength(lowRest, highRest)}`;
  const [zeros, nines] = ['0'.repeat(lowRest.length), '9'.repeat(lowRest.length)];
  const [first, last] = [lowRest === zeros ? low : low + 1, highRest === nines ? high : high - 1];
  const whole = lowRest === '' ? '' : `\\d{${lowRest.length}}`;
  const branches = [
    ...(first > low ? [`${low}${sameLength(lowRest, nines)}`] : []),
    ...(first > last ? [] : [`${first === last ? first : `[${first}-${last}]`}${whole}`]),
    ...(last < high ? [`${high}${sameLength(zeros, highRest)}`] : []),
  ];
  return `(?:${branches.join('|')})`;
}

function caseless(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
}
