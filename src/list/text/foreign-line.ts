/**
 * Whose line is it? Names the tool whose format a line is in, where it is none of ours.
 *
 * It is asked about lines that are faults already, so that nothing it takes for foreign is taken from anybody: the grammar
 * (address.ts, attributes.ts) refuses, this says what it looks like. What the grammar could read in two ways is refused
 * there. It must not quote the line.
 */
import type { ByteString } from '../../url/bytes.ts';
import { parseError } from './diagnostic.ts';
import type { DiagnosticCode, ParseError } from './diagnostic.ts';
import { foreignMessage } from './foreign-formats.ts';
import type { ForeignCode } from './foreign-formats.ts';

/** What tells a format shows early; the bound keeps every search short. */
const LOOKED_AT = 400;

const RECORD_TYPES = 'SOA|NS|A|AAAA|CNAME|DNAME|TXT|MX|PTR|SRV|CAA|HTTPS|SVCB';
const UNBOUND =
  'server|include|view|name|rpz|zonefile|local-zone|local-zone-tag|local-zone-override|local-data|local-data-ptr|auth-zone|forward-zone|stub-zone|domain-insecure|private-domain';

/** In this order: the first that fits names the format. */
const SIGNS: readonly (readonly [ForeignCode, RegExp])[] = [
  ['foreign_diff', /^(?:<{7}|={7}|>{7})(?: |$)/],
  ['foreign_html', /^<[!?/]?[a-z]/i],
  ['foreign_bind', /^\};|^(?:zone|acl|options|view|include|map|server_name)[ \t].*[;{]|^[a-z_-]+;$/i],
  ['foreign_json', /^[{}\]]|^\[[ \t]*(?:$|["{[])|^"[^"]*"[ \t]*(?::|,?[ \t]*$)/],
  ['foreign_csv', /^"/],
  ['foreign_defanged', /^(?:hxxps?|h\*\*ps?|fxp):\/\/|^[^/?#\s]*(?:\[\.\]|\[dot\]|\(\.\)|\[:\])/i],
  [
    'foreign_rules',
    /^(?:(?:DOMAIN|HOST)(?:-SUFFIX|-KEYWORD|-SET)?|IP-CIDR6?|GEOIP|RULE-SET|URL-REGEX|USER-AGENT)[ \t]*,|^(?:domain|full|keyword|regexp|geosite|ext):\D/i,
  ],
  ['foreign_regex', /^(?:[\^(~\\]|\.\*|\/.*[\^$\\(|*+])/],
  [
    'foreign_adblock',
    /^(?:!|@@|\|)|^\[(?:adblock|ublock|adguard)|^\*:\/\/|^[^/?#\s]*#[@?$%]*#|^[^/?#\s\\([]+(?:\^(?:[$|*]|$)|\$~?[a-z-]+(?:[=,]|$))/i,
  ],
  ['foreign_regex', /^(?:[^\s/?#]*(?:\\[.\-/dDwWsSb]|\[(?![0-9a-f:.]+\])[^\]]*\][*+?]?[^:\s]|[({])|\S*\\[.dw])/],
  ['foreign_leading_dot', /^(?:https?:\/\/)?(?:\+?\.|\*\.\.)[^.\s]/i],
  [
    'foreign_zone',
    new RegExp(
      `^(?:\\$(?:TTL|ORIGIN|INCLUDE|GENERATE)\\b|;|@[ \\t]|\\)|\\d+[smhdw]?[ \\t]*[;)]|(?:\\S+[ \\t]+)?(?:\\d+[smhdw]?[ \\t]+)?(?:(?:IN|CH|HS)[ \\t]+)?(?:${RECORD_TYPES})[ \\t])`,
      'i',
    ),
  ],
  ['foreign_unbound', new RegExp(`^(?:${UNBOUND}):(?:[ \\t]|$)`, 'i')],
  [
    'foreign_dnsmasq',
    /^(?:address|server|local|rev-server|ipset|nftset|domain|cname|host-record|conf-file|conf-dir|addn-hosts|bogus-nxdomain|alias|ptr-record|txt-record)=/,
  ],
  ['foreign_yaml', /^(?:-[ \t]|---$|[a-z_][\w-]*:(?:[ \t]|$))/i],
  ['foreign_csv', /^[^/?#\s]*[,;]|^[^/?#]*,[ \t]*"?https?:\/\//],
  ['foreign_network', /^\d{1,3}(?:\.\d{1,3}){3}[ \t]*-[ \t]*\d/],
];

/** An IP address, then a name: of any family, with a zone (`fe80::1%lo0`), or `0` for 0.0.0.0. */
const HOSTS_LINE = /^([0-9a-f.:]+)(?:%\w+)?[ \t]+[^\s#]/i;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
/** A name and a word that is no attribute. */
const MAP_LINE = /^[^\s/?#=]+[ \t]+[\w.;:-]+[ \t]*$/;

/** @param at where the line says something first. @returns null if it looks like an address that is wrong somewhere. */
export function foreignLine(text: ByteString, at: number): ParseError | null {
  const code = foreignCode(text.slice(at, at + LOOKED_AT));
  return code === null ? null : foreignError(at, code);
}

/** The address is one, and what follows it is not what may follow: `code` says in which way. */
export function foreignTail(text: ByteString, at: number, code: DiagnosticCode): ParseError | null {
  if (code !== 'unknown_attribute' && code !== 'mistyped_attribute') return null;
  const foreign = foreignLine(text, at);
  if (foreign !== null || code === 'mistyped_attribute') return foreign;
  return MAP_LINE.test(text.slice(at, at + LOOKED_AT)) ? foreignError(at, 'foreign_map') : null;
}

/** `note`: what would be right for this line, where the table cannot know. */
export function foreignError(at: number, code: ForeignCode, note = ''): ParseError {
  return parseError(at, `${foreignMessage(code)}${note}`, code);
}

function foreignCode(line: string): ForeignCode | null {
  return (
    SIGNS.find(([, sign]) => sign.test(line))?.[0] ??
    (isHostsLine(line) ? 'foreign_hosts' : isNetwork6(line) ? 'foreign_network' : null)
  );
}

function isHostsLine(line: string): boolean {
  const address = HOSTS_LINE.exec(line)?.[1] ?? '';
  return address === '0' || IPV4.test(address) || colons(address) >= 2;
}

/** Without brackets: with them the grammar asks (address.ts). */
function isNetwork6(line: string): boolean {
  const address = /^([0-9a-f:.]+)\/\d{1,3}(?:[ \t]|$)/i.exec(line)?.[1] ?? '';
  return colons(address) >= 2;
}

function colons(text: string): number {
  return text.split(':').length - 1;
}
