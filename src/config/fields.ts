/**
 * The kinds of values a configuration holds, as shapes whose messages say what would be right. A field must not throw
 * and must not look at its neighbours: rules between keys are in `cross-checks.ts`.
 */
import { parseIpAddress, parsePrefix } from '../lib/prefix.ts';
import { field } from '../lib/shape.ts';
import type { Reader } from '../lib/shape.ts';
import type { Parsed } from '../lib/types.ts';
import { at } from './plain-data.ts';
import type { RecordAnswer } from './resolver-types.ts';
import type { SecretPlace } from './list-types.ts';
import { describe, parseDuration, parsePortRange, parseSize, shown } from './quantities.ts';
import { describeKind } from './secret-keys.ts';

/** Names stand before that of their zone, and all must fit 253 characters. */
const MAX_ZONE_NAME = 100;
/** RFC 1035 §2.3.4 as text, without the final dot. */
const MAX_HOST_NAME = 253;
/** Addresses of a family that a blocked name is answered with. */
const MAX_ANSWERS = 8;

/** One token in 64 begins like a path. Paths have small letters, and most have a dot, a dash or a line below. */
const LIKE_BASE64 = /^\/(?=[a-z\d+/]*[A-Z])[A-Za-z\d+/]{15,}={0,2}$/;

/** Milliseconds within bounds, given as durations. */
export const duration = (min: string, max: string) => field(within(parseDuration, min, max));

/** Bytes within bounds, given as sizes. */
export const size = (min: string, max: string) => field(within(parseSize, min, max));

/** As many as the machine has cores for, or a number. */
export const workerCount = (min: number, max: number) =>
  field((value): Parsed<number | 'auto'> =>
    value === 'auto' || (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
      ? { ok: true, value }
      : refuse(`must be auto, or a whole number from ${min} to ${max}, not ${describe(value)}`),
  );

export const integer = (min: number, max: number) =>
  field((value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? { ok: true, value }
      : refuse(`must be a whole number from ${min} to ${max}, not ${describe(value)}`),
  );

export const share = () => ratio(1);

/** A number that need not be whole. */
export const ratio = (most: number) =>
  field((value) =>
    typeof value === 'number' && value >= 0 && value <= most
      ? { ok: true, value }
      : refuse(`must be a number from 0 to ${most}, not ${describe(value)}`),
  );

export const flag = () =>
  field((value) =>
    typeof value === 'boolean' ? { ok: true, value } : refuse(`must be true or false, not ${describe(value)}`),
  );

export const oneOf = <const T extends string | number>(...known: readonly T[]) =>
  field((value) => {
    const found = known.find((candidate) => candidate === value);
    return found === undefined
      ? refuse(`must be ${known.join(' or ')}, not ${describe(value)}`)
      : { ok: true, value: found };
  });

/** Label of metrics and page: letters, digits, `-`, `_`. */
export const name = () =>
  field((value) =>
    typeof value === 'string' && /^[a-z0-9][a-z0-9_-]{0,62}$/i.test(value)
      ? { ok: true, value }
      : refuse(`must be a name of letters, digits, '-' and '_' (at most 63), not ${describe(value)}`),
  );

export const text = (max = 2000) =>
  field((value) =>
    isText(value, max)
      ? { ok: true, value }
      : refuse(`must be a text of 1 to ${max} characters, not ${describe(value)}`),
  );

/** A DNS name as a client writes it in Host, without a port → lower case. */
export const hostName = () =>
  field((value) => {
    const name = typeof value === 'string' ? value.toLowerCase() : '';
    const isName =
      name.length <= MAX_HOST_NAME &&
      /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name) &&
      !/^[0-9.]+$/.test(name);
    return isName
      ? { ok: true, value: name }
      : refuse(`must be a DNS name like filter1.isp.example, without a port, not ${describe(value)}`);
  });

/** → lower case. */
export const zoneName = () =>
  field((value) => {
    const zone = typeof value === 'string' ? value.toLowerCase() : '';
    return zone.length <= MAX_ZONE_NAME &&
      /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(zone)
      ? { ok: true, value: zone }
      : refuse(
          `must be the name of a zone like block.rpz.example, at most ${MAX_ZONE_NAME} characters without a final dot, not ${describe(value)}`,
        );
  });

/** What clients get in place of a blocked name. */
export const blockAnswer = () =>
  field((value): Parsed<RecordAnswer | 'refused'> =>
    value === 'refused' ? { ok: true, value } : recordAnswer(value, ', refused'),
  );

/** The same in a policy zone. */
export const zoneAnswer = () => field((value) => recordAnswer(value, ''));

/** @param others words that may stand in the same place. */
function recordAnswer(value: unknown, others: string): Parsed<RecordAnswer> {
  if (value === 'nxdomain' || value === 'nodata') return { ok: true, value };
  const [a, aaaa] = [addressesOf(value, 'a', 4), addressesOf(value, 'aaaa', 16)];
  const isPlain =
    typeof value === 'object' && value !== null && Object.keys(value).every((key) => key === 'a' || key === 'aaaa');
  return isPlain && a !== null && aaaa !== null && a.length + aaaa.length > 0
    ? { ok: true, value: { a, aaaa } }
    : refuse(
        `must be nxdomain, nodata${others}, or addresses like { a: [192.0.2.80], aaaa: ["2001:db8::80"] } (at most ${MAX_ANSWERS} each), not ${describe(value)}`,
      );
}

/** `[AS, VALUE]` of RFC 1997. */
export const community = () =>
  field((value): Parsed<readonly [number, number]> => {
    const [as, of, ...rest] = Array.isArray(value) ? value.map((part: unknown) => part) : [];
    return isShort(as) && isShort(of) && rest.length === 0
      ? { ok: true, value: [as, of] }
      : refuse(`must be a community like [64500, 666], two numbers from 0 to 65535, not ${describe(value)}`);
  });

/** Where something listens. */
export const address = () =>
  field((value) =>
    typeof value === 'string' && parseIpAddress(value) !== null
      ? { ok: true, value }
      : refuse(`must be an IP address like 127.0.0.1 or "::1", not ${describe(value)}`),
  );

/** `name` or `name/version` of the Upgrade field (RFC 9110 §7.8) → lower case. HTTP in any version cannot be judged inside of a tunnel. */
export const upgradeProtocol = () =>
  field((value) => {
    const protocol = typeof value === 'string' ? value.toLowerCase() : '';
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+(?:\/[!#$%&'*+.^_`|~0-9a-z-]+)?$/.test(protocol))
      return refuse(`must be a protocol like websocket or name/1.0, not ${describe(value)}`);
    return /^(?:h2c?|https?)(?:[/-]|$)/.test(protocol)
      ? refuse(`must not be HTTP, because requests after the switch would not be filtered: ${describe(value)}`)
      : { ok: true, value: protocol };
  });

export const port = () => integer(0, 65_535);

/** Where 0 (any free port) would help nobody. */
export const portFrom = (least: number) => integer(least, 65_535);

export const portRange = () => field(parsePortRange);

export const prefix = () =>
  field((value) =>
    typeof value === 'string'
      ? prefixOf(value)
      : refuse(`must be a prefix like 192.0.2.0/24 or "2001:db8::/32", not ${describe(value)}`),
  );

export const familyPrefix = (family: 4 | 6) =>
  field((value) => {
    const parsed = typeof value === 'string' ? prefixOf(value) : null;
    if (parsed?.ok === true && parsed.value.address.length === (family === 4 ? 4 : 16)) return parsed;
    const example = family === 4 ? '192.0.2.80/29' : '"2001:db8:80::/64"';
    return refuse(`must be an IPv${family} prefix like ${example}, not ${describe(value)}`);
  });

/** RFC 6052 §2.2 knows these lengths only. */
export const nat64Prefix = () =>
  field((value) => {
    const parsed = typeof value === 'string' ? parsePrefix(value) : refuse('');
    if (!parsed.ok || parsed.value.address.length !== 16)
      return refuse(`must be an IPv6 prefix like "64:ff9b::/96", not ${describe(value)}`);
    return [32, 40, 48, 56, 64, 96].includes(parsed.value.bits)
      ? parsed
      : refuse('a NAT64 prefix has 32, 40, 48, 56, 64 or 96 bits (RFC 6052)');
  });

/** `address` or `address:port` (IPv6 with a port in brackets) → `address:port`, port 53 unless given. */
export const resolver = () =>
  field((value) => {
    const match =
      typeof value === 'string'
        ? /^(?:\[([^\]]+)\]|([0-9.]+)|([0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*))(?::(\d{1,5}))?$/i.exec(value)
        : null;
    const host = match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
    const number = Number(match?.[4] ?? 53);
    if (parseIpAddress(host) === null || number < 1 || number > 65_535) {
      return refuse(
        `must be a resolver like 192.0.2.53, 192.0.2.53:5353 or "[2001:db8::53]:53", not ${describe(value)}`,
      );
    }
    return { ok: true, value: host.includes(':') ? `[${host}]:${number}` : `${host}:${number}` };
  });

/** A path, or `credential:NAME` as systemd names credentials; the path as it is written. */
export const secretPlace = () =>
  field((value): Parsed<SecretPlace> => {
    if (!isText(value, 4096)) return refuse(`must be a path or credential:NAME, not ${describeKind(value)}`);
    const [, name] = /^credential:(.*)$/s.exec(value) ?? [];
    if (name === undefined) {
      const isPath = /^\.{0,2}\//.test(value) && !LIKE_BASE64.test(value);
      return { ok: true, value: { kind: 'file', path: value, ...(isPath ? {} : { mayBeSecret: true }) } };
    }
    return /^[a-z0-9_-][a-z0-9._-]*$/i.test(name)
      ? { ok: true, value: { kind: 'credential', name } }
      : refuse("must be credential: and a name of letters, digits, '.', '-' and '_'");
  });

/** Of C2SP's vkey form, for a cosignature. */
export const witnessKey = () =>
  field((value) =>
    typeof value === 'string' && /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/.test(value)
      ? { ok: true, value }
      : refuse(`must be the key of a witness like witness.example/1+0123abcd+BA…, not ${describe(value)}`),
  );

/** Absolute, in the ASCII form of the URL standard, so that it may stand in a header or an attribute. */
export const url = (...schemes: readonly string[]) =>
  field((value) => {
    const expected = `must be a URL that starts with ${schemes.join(': or ')}:, not ${describe(value)}`;
    if (typeof value !== 'string' || !URL.canParse(value)) return refuse(expected);
    const parsed = new URL(value);
    return schemes.includes(parsed.protocol.slice(0, -1)) && !/["<>]/.test(parsed.href)
      ? { ok: true, value: parsed.href }
      : refuse(expected);
  });

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
