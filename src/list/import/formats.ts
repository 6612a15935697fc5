/**
 * The formats that `list import` reads: how each is named, what has to be told about a file of it, and its reader. It must not
 * read anything itself.
 */
import { ADBLOCK_MATCHES, adblockReader } from './adblock.ts';
import { csvReader } from './csv.ts';
import { dnsmasqReader } from './dnsmasq.ts';
import { domainsReader } from './domains.ts';
import { HAPROXY_MATCHES, HAPROXY_SAMPLES, haproxyReader } from './haproxy.ts';
import type { ImportFrom } from './format-names.ts';
import { hostsReader } from './hosts.ts';
import type { Reader } from './outcome.ts';
import type { ReaderOptions } from './reader-options.ts';
import { rpzReader } from './rpz.ts';
import { SQUID_TYPES, squidReader } from './squid.ts';
import { SQUIDGUARD_FILES, squidguardReader } from './squidguard.ts';
import { unboundReader } from './unbound.ts';

export interface ImportFormat {
  readonly open: (options: ReaderOptions) => Reader;
  /** Kinds of file, for `--match`; empty: there is one. */
  readonly matches: readonly string[];
  readonly samples: readonly string[];
  /** What a table needs to be told. */
  readonly hasColumns: boolean;
  /** Names of it may stand for their subdomains, which the file does not say. */
  readonly takesSubdomains: boolean;
  /** Names are refused by an address. */
  readonly takesSinks: boolean;
  /** How often the file is read before its last pass: once where it has exceptions or entries that need one another, once more for names of a zone. */
  readonly surveys: 0 | 1 | 2;
  /** What its names cover, in one sentence for the report. */
  readonly covers: string;
}

const PLAIN = {
  matches: [],
  samples: [],
  hasColumns: false,
  takesSubdomains: false,
  takesSinks: false,
  surveys: 0,
} as const;

export const IMPORT_FORMATS = {
  hosts: {
    ...PLAIN,
    open: hostsReader,
    takesSinks: true,
    surveys: 1,
    covers: 'a name of a hosts file is that host alone',
  },
  domains: {
    ...PLAIN,
    open: domainsReader,
    takesSubdomains: true,
    surveys: 1,
    covers: 'a name is that host alone unless --subdomains says that those below it are meant too',
  },
  adblock: {
    ...PLAIN,
    open: adblockReader,
    matches: ADBLOCK_MATCHES,
    takesSinks: true,
    surveys: 1,
    covers: 'a name behind || covers its subdomains, as there',
  },
  rpz: {
    ...PLAIN,
    open: rpzReader,
    takesSinks: true,
    surveys: 2,
    covers: 'a name is that name alone; with its *. line too it covers its subdomains, as there',
  },
  dnsmasq: {
    ...PLAIN,
    open: dnsmasqReader,
    takesSinks: true,
    surveys: 1,
    covers: 'a name between slashes covers its subdomains, as there',
  },
  unbound: {
    ...PLAIN,
    open: unboundReader,
    takesSinks: true,
    surveys: 1,
    covers: 'a local-zone covers its subdomains, local-data that name alone, as there',
  },
  squid: {
    ...PLAIN,
    open: squidReader,
    matches: SQUID_TYPES,
    covers: 'a name with a leading dot covers its subdomains, one without is that host alone, as there',
  },
  squidguard: {
    ...PLAIN,
    open: squidguardReader,
    matches: SQUIDGUARD_FILES,
    covers: 'a name of a domains file covers its subdomains, an address of a urls file is of the host and of www.',
  },
  haproxy: {
    ...PLAIN,
    open: haproxyReader,
    matches: HAPROXY_MATCHES,
    samples: HAPROXY_SAMPLES,
    surveys: 1,
    covers: 'a name covers what the comparison that was named with --match covers, or less',
  },
  csv: {
    ...PLAIN,
    open: csvReader,
    hasColumns: true,
    takesSubdomains: true,
    surveys: 1,
    covers: 'a name is that host alone, a URL that address alone',
  },
} as const satisfies Record<ImportFrom, ImportFormat>;
