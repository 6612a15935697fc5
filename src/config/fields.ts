/**
 * The kinds of values a configuration holds, as shapes whose messages say what would be right. A field must not throw
 * and must not look at its neighbours: rules between keys are in `cross-checks.ts`.
 */
import { parseIpAddress, parsePrefix } from '../lib/prefix.ts';
import { field } from '../lib/shape.ts';
import type { Form, Reader, Shape } from '../lib/shape.ts';
import type { Parsed } from '../lib/types.ts';
import { at } from './plain-data.ts';
import type { RecordAnswer } from './resolver-types.ts';
import type { SecretPlace } from './list-types.ts';
import { describe, parseDuration, parsePortRange, parseSize, shown } from './quantities.ts';
import { describeKind } from './secret-keys.ts';
import * as forms from './value-forms.ts';

/** Names stand before that of their zone, and all must fit 253 characters. */
const MAX_ZONE_NAME = 100;
/** RFC 1035 §2.3.4 as text, without the final dot. */
const MAX_HOST_NAME = 253;
/** Addresses of a family that a blocked name is answered with. */
const MAX_ANSWERS = 8;

/** One token in 64 begins like a path. Paths have small letters, and most have a dot, a dash or a line below. */
const LIKE_BASE64 = /^\/(?=[a-z\d+/]*[A-Z])[A-Za-z\d+/]{15,}={0,2}$/;

/** Milliseconds within bounds, given as durations. */
export const duration = (min: string, max: string) =>
  field(within(parseDuration, min, max), () => ({
    ...forms.durationForm(bound(parseDuration, min), bound(parseDuration, max)),
    description: `Must be from ${min} to ${max}, like 500ms, 30s, 5m or 2h4m; a plain number is seconds.`,
  }));

/** Bytes within bounds, given as sizes. */
export const size = (min: string, max: string) =>
  field(within(parseSize, min, max), () => ({
    ...forms.sizeForm(bound(parseSize, min), bound(parseSize, max)),
    description: `Must be from ${min} to ${max}, like 512B, 64KiB or 16MiB; a plain number is bytes.`,
  }));

/** As many as the machine has cores for, or a number. */
export const workerCount = (min: number, max: number) =>
  said<number | 'auto'>(
    `auto, or a whole number from ${min} to ${max}`,
    () => forms.anyOf({ const: 'auto' }, forms.wholeForm(min, max)),
    (value) =>
      value === 'auto' || (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
        ? taken(value)
        : null,
  );

export const integer = (min: number, max: number) =>
  said(
    `a whole number from ${min} to ${max}`,
    () => forms.wholeForm(min, max),
    (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? taken(value) : null,
  );

export const share = () => ratio(1);

/** A number that need not be whole. */
export const ratio = (most: number) =>
  said(
    `a number from 0 to ${most}`,
    () => ({ type: 'number', minimum: 0, maximum: most }),
    (value) => (typeof value === 'number' && value >= 0 && value <= most ? taken(value) : null),
  );

export const flag = () =>
  said(
    'true or false',
    () => ({ type: 'boolean' }),
    (value) => (typeof value === 'boolean' ? taken(value) : null),
  );

export const oneOf = <const T extends string | number>(...known: readonly T[]) =>
  said(
    known.join(' or '),
    () => ({ enum: known }),
    (value) => {
      const found = known.find((candidate) => candidate === value);
      return found === undefined ? null : taken(found);
    },
  );

/** Label of metrics and page: letters, digits, `-`, `_`. */
export const name = () =>
  said("a name of letters, digits, '-' and '_' (at most 63)", forms.nameForm, (value) =>
    typeof value === 'string' && /^[a-z0-9][a-z0-9_-]{0,62}$/i.test(value) ? taken(value) : null,
  );

export const text = (max = 2000) =>
  said(
    `a text of 1 to ${max} characters`,
    () => forms.textForm(max),
    (value) => (isText(value, max) ? taken(value) : null),
  );

/** A DNS name as a client writes it in Host, without a port → lower case. */
export const hostName = () =>
  said(
    'a DNS name like filter1.isp.example, without a port',
    () => forms.hostForm(MAX_HOST_NAME),
    (value) => {
      const name = typeof value === 'string' ? value.toLowerCase() : '';
      const isName =
        name.length <= MAX_HOST_NAME &&
        /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name) &&
        !/^[0-9.]+$/.test(name);
      return isName ? taken(name) : null;
    },
  );

/** → lower case. */
export const zoneName = () =>
  said(
    `the name of a zone like block.rpz.example, at most ${MAX_ZONE_NAME} characters without a final dot`,
    () => forms.zoneNameForm(MAX_ZONE_NAME),
    (value) => {
      const zone = typeof value === 'string' ? value.toLowerCase() : '';
      return zone.length <= MAX_ZONE_NAME &&
        /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(zone)
        ? taken(zone)
        : null;
    },
  );

/** What clients get in place of a blocked name. */
export const blockAnswer = () => recordAnswer<'refused'>('refused');

/** The same in a policy zone. */
export const zoneAnswer = () => recordAnswer<never>();

/** @param others words that may stand in the same place. */
function recordAnswer<T extends string>(...others: readonly T[]): Shape<RecordAnswer | T> {
  const words = ['nxdomain', 'nodata', ...others];
  return said<RecordAnswer | T>(
    `${words.join(', ')}, or addresses like { a: [192.0.2.80], aaaa: ["2001:db8::80"] } (at most ${MAX_ANSWERS} each)`,
    () => forms.anyOf({ enum: words }, forms.addressesForm(MAX_ANSWERS)),
    (value) => {
      const word = others.find((other) => other === value);
      if (word !== undefined) return taken(word);
      return value === 'nxdomain' || value === 'nodata' ? taken(value) : addressesIn(value);
    },
  );
}

/** @returns null where they are none. */
function addressesIn(value: unknown): Parsed<RecordAnswer> | null {
  const [a, aaaa] = [addressesOf(value, 'a', 4), addressesOf(value, 'aaaa', 16)];
  const isPlain =
    typeof value === 'object' && value !== null && Object.keys(value).every((key) => key === 'a' || key === 'aaaa');
  return isPlain && a !== null && aaaa !== null && a.length + aaaa.length > 0 ? taken({ a, aaaa }) : null;
}

/** `[AS, VALUE]` of RFC 1997. */
export const community = () =>
  said<readonly [number, number]>(
    'a community like [64500, 666], two numbers from 0 to 65535',
    () => ({ type: 'array', items: forms.wholeForm(0, 0xff_ff), minItems: 2, maxItems: 2 }),
    (value) => {
      const [as, of, ...rest] = Array.isArray(value) ? value.map((part: unknown) => part) : [];
      return isShort(as) && isShort(of) && rest.length === 0 ? taken([as, of]) : null;
    },
  );

/** Where something listens. */
export const address = () =>
  said('an IP address like 127.0.0.1 or "::1"', forms.addressForm, (value) =>
    typeof value === 'string' && parseIpAddress(value) !== null ? taken(value) : null,
  );

/** `name` or `name/version` of the Upgrade field (RFC 9110 §7.8) → lower case. HTTP in any version cannot be judged inside of a tunnel. */
export const upgradeProtocol = () =>
  said('a protocol like websocket or name/1.0', forms.protocolForm, (value) => {
    const protocol = typeof value === 'string' ? value.toLowerCase() : '';
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+(?:\/[!#$%&'*+.^_`|~0-9a-z-]+)?$/.test(protocol)) return null;
    return /^(?:h2c?|https?)(?:[/-]|$)/.test(protocol)
      ? refuse(`must not be HTTP, because requests after the switch would not be filtered: ${describe(value)}`)
      : taken(protocol);
  });

export const port = () => integer(0, 65_535);

/** Where 0 (any free port) would help nobody. */
export const portFrom = (least: number) => integer(least, 65_535);

export const portRange = () =>
  field(parsePortRange, () => ({
    ...forms.portRangeForm(),
    description: 'Must be a port like 443 or a range like 8000-8999.',
  }));

export const prefix = () =>
  said('a prefix like 192.0.2.0/24 or "2001:db8::/32"', forms.prefixForm, (value) =>
    typeof value === 'string' ? prefixOf(value) : null,
  );

export const familyPrefix = (family: 4 | 6) =>
  said(
    `an IPv${family} prefix like ${family === 4 ? '192.0.2.80/29' : '"2001:db8:80::/64"'}`,
    () => forms.familyPrefixForm(family),
    (value) => {
      const parsed = typeof value === 'string' ? prefixOf(value) : null;
      return parsed?.ok === true && parsed.value.address.length === (family === 4 ? 4 : 16) ? parsed : null;
    },
  );

/** RFC 6052 §2.2 knows these lengths only. */
export const nat64Prefix = () =>
  said('an IPv6 prefix like "64:ff9b::/96"', forms.nat64Form, (value) => {
    const parsed = typeof value === 'string' ? parsePrefix(value) : refuse('');
    if (!parsed.ok || parsed.value.address.length !== 16) return null;
    return [32, 40, 48, 56, 64, 96].includes(parsed.value.bits)
      ? parsed
      : refuse('a NAT64 prefix has 32, 40, 48, 56, 64 or 96 bits (RFC 6052)');
  });

/** `address` or `address:port` (IPv6 with a port in brackets) → `address:port`, port 53 unless given. */
export const resolver = () =>
  said('a resolver like 192.0.2.53, 192.0.2.53:5353 or "[2001:db8::53]:53"', forms.resolverForm, (value) => {
    const match =
      typeof value === 'string'
        ? /^(?:\[([^\]]+)\]|([0-9.]+)|([0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*))(?::(\d{1,5}))?$/i.exec(value)
        : null;
    const host = match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
    const number = Number(match?.[4] ?? 53);
    if (parseIpAddress(host) === null || number < 1 || number > 65_535) return null;
    return taken(host.includes(':') ? `[${host}]:${number}` : `${host}:${number}`);
  });

/** A path, or `credential:NAME` as systemd names credentials; the path as it is written. */
export const secretPlace = () =>
  field(secretPlaceOf, () => ({ ...forms.secretForm(), description: 'Must be a path, or credential:NAME.' }));

function secretPlaceOf(value: unknown): Parsed<SecretPlace> {
  if (!isText(value, 4096)) return refuse(`must be a path or credential:NAME, not ${describeKind(value)}`);
  const [, name] = /^credential:(.*)$/s.exec(value) ?? [];
  if (name === undefined) {
    const isPath = /^\.{0,2}\//.test(value) && !LIKE_BASE64.test(value);
    return taken({ kind: 'file', path: value, ...(isPath ? {} : { mayBeSecret: true }) });
  }
  return /^[a-z0-9_-][a-z0-9._-]*$/i.test(name)
    ? taken({ kind: 'credential', name })
    : refuse("must be credential: and a name of letters, digits, '.', '-' and '_'");
}

/** Of C2SP's vkey form, for a cosignature. */
export const witnessKey = () =>
  said('the key of a witness like witness.example/1+0123abcd+BA…', forms.witnessForm, (value) =>
    typeof value === 'string' && /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/.test(value) ? taken(value) : null,
  );

/** Absolute, in the ASCII form of the URL standard, so that it may stand in a header or an attribute. */
export const url = (...schemes: readonly string[]) =>
  said(
    `a URL that starts with ${schemes.join(': or ')}:`,
    () => forms.urlForm(schemes),
    (value) => {
      if (typeof value !== 'string' || !URL.canParse(value)) return null;
      const parsed = new URL(value);
      return schemes.includes(parsed.protocol.slice(0, -1)) && !/["<>]/.test(parsed.href) ? taken(parsed.href) : null;
    },
  );

/** @param words what it must be, in messages and to editors. @param read null: it is not. */
export function said<T>(words: string, form: () => Form, read: (value: unknown) => Parsed<T> | null): Shape<T> {
  return field(
    (value) => read(value) ?? refuse(`must be ${words}, not ${describe(value)}`),
    () => ({ ...form(), description: `Must be ${words}.` }),
  );
}

export function taken<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

function prefixOf(text: string): ReturnType<typeof parsePrefix> {
  const parsed = parsePrefix(text);
  return parsed.ok ? parsed : refuse(parsed.reason.replace(text, () => shown(text)));
}

/** @returns null if it is no list of addresses of that family. */
function addressesOf(value: unknown, key: string, width: number): readonly string[] | null {
  const list = at(value, key) ?? [];
  const isRight =
    Array.isArray(list) &&
    list.length <= MAX_ANSWERS &&
    list.every((one) => typeof one === 'string' && parseIpAddress(one)?.length === width);
  return isRight ? list.map(String) : null;
}

function isShort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xff_ff;
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= max;
}

function within(read: Reader<number>, min: string, max: string): Reader<number> {
  const low = bound(read, min);
  const high = bound(read, max);
  return (value) => {
    const parsed = read(value);
    return parsed.ok && (parsed.value < low || parsed.value > high)
      ? refuse(`must be from ${min} to ${max}, not ${describe(value)}`)
      : parsed;
  };
}

function bound(read: Reader<number>, written: string): number {
  const parsed = read(written);
  if (!parsed.ok) throw new TypeError(parsed.reason);
  return parsed.value;
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
