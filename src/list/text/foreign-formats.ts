/**
 * Formats of other tools that are taken for text lists, and what to write here instead (docs/list-format.md has the table).
 * A code stays as it is between releases. The words must not quote the line they are
 * about, nor hold a name or an address as an example: they go to the log, where none may stand.
 */
import type { ImportFrom } from '../../lib/list-formats.ts';

interface ForeignFormat {
  /** Follows "this is". */
  readonly what: string;
  readonly instead: string;
  /** The `--from` of `list import` that reads such lines. */
  readonly from?: ImportFrom;
}

const NAMES_BELOW = "write '*.NAME' for a host and its subdomains";
const NAME_ALONE = "write the name alone, one a line, or '*.NAME' with its subdomains";

export const FOREIGN_FORMATS = {
  foreign_leading_dot: {
    what: 'a name with a leading dot (Squid, dnsmasq, Privoxy, Clash)',
    instead: NAMES_BELOW,
    from: 'squid',
  },
  foreign_dnsmasq: { what: 'an option of dnsmasq', instead: NAMES_BELOW, from: 'dnsmasq' },
  foreign_adblock: {
    what: "an ad blocker's rule or comment (AdBlock, uBlock, AdGuard)",
    instead: `${NAMES_BELOW}, and '#' before a comment`,
    from: 'adblock',
  },
  foreign_hosts: { what: 'a line of a hosts file', instead: 'write the name alone, one a line', from: 'hosts' },
  foreign_zone: {
    what: 'a line of a DNS zone (RPZ, BIND)',
    instead: "write 'NAME' for a name, '*.NAME' for it and what is below",
    from: 'rpz',
  },
  foreign_unbound: { what: 'an option of Unbound', instead: NAMES_BELOW, from: 'unbound' },
  foreign_bind: { what: "a statement of a server's configuration (BIND, nginx)", instead: NAME_ALONE },
  foreign_regex: {
    what: 'a regular expression',
    instead: "nothing is searched for here: write hosts, 'NAME/DIRECTORY/*' or single addresses",
  },
  foreign_rules: { what: 'a rule of a proxy client (Clash, Surge, V2Ray)', instead: NAME_ALONE },
  foreign_csv: { what: 'a row of a table (CSV)', instead: 'write the address alone, one a line', from: 'csv' },
  foreign_json: { what: 'JSON', instead: 'write the addresses alone, one a line, without quotes and commas' },
  foreign_yaml: { what: 'YAML', instead: 'write the addresses alone, one a line' },
  foreign_map: {
    what: 'a key with a value (a map of HAProxy or nginx)',
    instead: 'write the key alone',
    from: 'haproxy',
  },
  foreign_network: {
    what: 'a network (a list of IP addresses)',
    instead: 'networks cannot be listed, single addresses can',
  },
  foreign_html: { what: 'HTML (an error or login page in place of the list?)', instead: 'fetch the list itself' },
  foreign_diff: { what: 'a mark of an unfinished merge', instead: 'finish it' },
  foreign_defanged: { what: 'an address made unclickable (hxxp, [.])', instead: 'write it as it is asked for' },
} as const satisfies Record<string, ForeignFormat>;

export type ForeignCode = keyof typeof FOREIGN_FORMATS;

export function foreignMessage(code: ForeignCode): string {
  const { what, instead, from }: ForeignFormat = FOREIGN_FORMATS[code];
  const importer = from === undefined ? '' : `, or 'cleanfeed list import --from ${from}' for the whole file`;
  return `this is ${what}, not an address; ${instead}${importer}`;
}
