/**
 * Names that no list means, by a seed: one of each type of record, aliases of steered hosts, neighbours of what is listed, and whatever
 * bytes a name may have. Beside them the list that must not touch them.
 */
import { encodedName } from '../support/dns-server.ts';

export interface Corpus {
  /** A text list: entries that steer, entries that block. */
  readonly list: string;
  /** Records of the zone `example`. */
  readonly zone: string;
  readonly names: readonly HarmlessName[];
  /** On the list: whole hosts that are refused, and hosts that are steered. */
  readonly blocked: readonly string[];
  readonly steered: readonly string[];
}

interface HarmlessName {
  /** In wire form. */
  readonly name: Buffer;
  readonly qtype: number;
}

const LISTED = 1000;
const STRANGE = 20_000;

/** Type and data of a record of each type that a zone may have at any name. */
const RECORDS: readonly (readonly [type: string, code: number, data: string])[] = [
  ['A', 1, '192.0.2.1'],
  ['PTR', 12, 'ptr.example.'],
  ['HINFO', 13, '"cpu" "os"'],
  ['MX', 15, '10 mail.example.'],
  ['TXT', 16, '"v=spf1 -all"'],
  ['RP', 17, 'mail.example. txt.example.'],
  ['AFSDB', 18, '1 afs.example.'],
  ['KX', 36, '1 kx.example.'],
  ['AAAA', 28, '2001:db8::1'],
  ['LOC', 29, '52 0 0 N 4 0 0 E 0m'],
  ['SRV', 33, '0 0 443 srv.example.'],
  ['NAPTR', 35, '1 1 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .'],
  ['CERT', 37, '1 1 1 AAAA'],
  ['APL', 42, '1:192.0.2.0/24'],
  ['SSHFP', 44, '1 1 0000000000000000000000000000000000000000'],
  ['IPSECKEY', 45, '10 1 2 192.0.2.1 AAAA'],
  ['DHCID', 49, 'AAAA'],
  ['TLSA', 52, `3 1 1 ${'00'.repeat(32)}`],
  ['SMIMEA', 53, `3 1 1 ${'00'.repeat(32)}`],
  ['OPENPGPKEY', 61, 'AAAA'],
  ['SVCB', 64, '1 svc.example. alpn=h3'],
  ['HTTPS', 65, '1 . alpn=h2,h3 ipv4hint=192.0.2.1'],
  ['SPF', 99, '"v=spf1 -all"'],
  ['EUI48', 108, '00-00-5e-00-53-01'],
  ['EUI64', 109, '00-00-5e-ef-10-00-00-01'],
  ['URI', 256, '1 1 "https://uri.example/"'],
  ['CAA', 257, '0 issue "ca.example"'],
  ['TYPE65400', 65_400, '\\# 3 010203'],
];

export function harmlessNames(seed: number, count: number): Corpus {
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const steered = Array.from({ length: LISTED }, (_, i) => `www.site${i}.example`);
  const blocked = Array.from({ length: LISTED }, (_, i) => `bad${i}.example`);
  const listed = new Set([...steered, ...blocked]);
  const zone = [
    ...steered.flatMap((host) => [
      `${host}. A 192.0.2.1`,
      `${host}. HTTPS 1 . alpn=h2`,
      `${host}. MX 10 mail.example.`,
    ]),
    ...blocked.map((host) => `${host}. A 192.0.2.2`),
  ];
  const names: HarmlessName[] = [];
  const add = (name: Buffer, record: (typeof RECORDS)[number]): void => {
    zone.push(`${presented(name)} ${record[0]} ${record[2]}`);
    // Its own type, or another one, which is as harmless: there is none.
    names.push({ name: inMixedCase(name, random), qtype: random(4) === 0 ? otherType(random) : record[1] });
  };
  for (const [i, host] of steered.entries()) {
    zone.push(`vanity${i}.example. CNAME ${host}.`);
    names.push({ name: inMixedCase(encodedName(`vanity${i}.example`), random), qtype: pick([1, 28, 65]) });
  }
  for (const [i, neighbour] of neighbours(steered, blocked).entries())
    if (!listed.has(neighbour)) add(encodedName(neighbour), RECORDS[i % RECORDS.length]!);
  for (let i = 0; i < STRANGE; i += 1) add(strangeName(i, random), pick(RECORDS));
  // Of a steered host itself every type passes but the four that lead to it.
  for (const host of steered) names.push({ name: encodedName(host), qtype: pick([15, 16, 33, 257, 48, 65_400]) });
  for (let i = 0; names.length < count; i += 1) {
    const labels = Array.from({ length: 1 + random(3) }, () => hostLabel(random));
    const name = encodedName([...labels, `n${i}`, 'example'].join('.'));
    if (random(5) > 0) add(name, RECORDS[i % RECORDS.length]!);
    // One that does not exist.
    else names.push({ name, qtype: pick([1, 28, 65, otherType(random)]) });
  }
  const list = [...steered.map((host) => `${host}/x/* steer`), ...blocked.map((host) => `${host} dns`)].join('\n');
  return { list: `${list}\n`, zone: `${zone.join('\n')}\n`, names, blocked, steered };
}

/** Parents, children, siblings, and names that only look alike. */
function neighbours(steered: readonly string[], blocked: readonly string[]): readonly string[] {
  const beside = (host: string): readonly string[] => [
    `x.${host}`,
    `x${host}`,
    `_443._tcp.${host}`,
    host.replace('.example', '-.example'),
  ];
  return [
    ...steered.flatMap((host) => [...beside(host), host.slice(4), host.replace('www.', 'mail.')]),
    ...blocked.flatMap((host) => [
      ...beside(host),
      host.replace('bad', 'ba.d'),
      host.replace('.example', '.example.example'),
    ]),
  ];
}

/** With any bytes in it, dots and blanks among them; the number keeps them apart. */
function strangeName(i: number, random: Random): Buffer {
  const bytes = Buffer.from(Array.from({ length: 1 + random(40) }, () => random(256)));
  const label = Buffer.concat([bytes, Buffer.from(`-${i}`)]);
  return Buffer.concat([Buffer.from([label.length]), label, encodedName('strange.example')]);
}

function hostLabel(random: Random): string {
  const characters = 'abcdefghijklmnopqrstuvwxyz0123456789-_';
  const length = 1 + random(random(10) === 0 ? 63 : 12);
  return Array.from({ length }, () => characters[random(characters.length)]).join('');
}

/** Neither OPT nor one of those that are no types of records (RFC 6895 §3.1), which a resolver may refuse. */
function otherType(random: Random): number {
  const type = 1 + random(65_000);
  return type === 41 || (type >= 128 && type <= 255) ? 16 : type;
}

function inMixedCase(name: Buffer, random: Random): Buffer {
  return Buffer.from(name.map((byte) => (byte >= 0x61 && byte <= 0x7a && random(2) === 0 ? byte & 0xdf : byte)));
}

/** As master files write it (RFC 1035 §5.1). */
function presented(name: Buffer): string {
  let text = '';
  for (let at = 0; name[at] !== 0; at += 1 + name[at]!) {
    for (const byte of name.subarray(at + 1, at + 1 + name[at]!)) {
      const character = String.fromCharCode(byte);
      text += /[a-zA-Z0-9_-]/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`;
    }
    text += '.';
  }
  return text;
}

type Random = (below: number) => number;

/** mulberry32: small, and the same everywhere. */
function randomNumbers(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
