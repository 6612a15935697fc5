/**
 * The formats of other tools that are read, each with its reader; lib/list-formats.ts has their names, and what has to be
 * told about a file. It must not read anything itself.
 */
import { adblockReader } from './adblock.ts';
import { csvReader } from './csv.ts';
import { dnsmasqReader } from './dnsmasq.ts';
import { domainsReader } from './domains.ts';
import { haproxyReader } from './haproxy.ts';
import type { ImportFrom, ReaderOptions } from '../../lib/list-formats.ts';
import { hostsReader } from './hosts.ts';
import type { Reader } from './outcome.ts';
import { rpzReader } from './rpz.ts';
import { squidReader } from './squid.ts';
import { squidguardReader } from './squidguard.ts';
import { unboundReader } from './unbound.ts';

export interface ImportFormat {
  readonly open: (options: ReaderOptions) => Reader;
  /** How often the file is read before its last pass: once where it has exceptions or entries that need one another, once more for names of a zone. */
  readonly surveys: 0 | 1 | 2;
  /** What its names cover, in one sentence for the report. */
  readonly covers: string;
}

export const IMPORT_FORMATS: Readonly<Record<ImportFrom, ImportFormat>> = {
  hosts: {
    open: hostsReader,
    surveys: 1,
    covers: 'a name of a hosts file is that host alone',
  },
  domains: {
    open: domainsReader,
    surveys: 1,
    covers: 'a name is that host alone unless --subdomains says that those below it are meant too',
  },
  adblock: {
    open: adblockReader,
    surveys: 1,
    covers: 'a name behind || covers its subdomains, as there',
  },
  rpz: {
    open: rpzReader,
    surveys: 2,
    covers: 'a name is that name alone; with its *. line too it covers its subdomains, as there',
  },
  dnsmasq: {
    open: dnsmasqReader,
    surveys: 1,
    covers: 'a name between slashes covers its subdomains, as there',
  },
  unbound: {
    open: unboundReader,
    surveys: 1,
    covers: 'a local-zone covers its subdomains, local-data that name alone, as there',
  },
  squid: {
    open: squidReader,
    surveys: 0,
    covers: 'a name with a leading dot covers its subdomains, one without is that host alone, as there',
  },
  squidguard: {
    open: squidguardReader,
    surveys: 0,
    covers: 'a name of a domains file covers its subdomains, an address of a urls file is of the host and of www.',
  },
  haproxy: {
    open: haproxyReader,
    surveys: 1,
    covers: 'a name covers what the comparison that was named with --match covers, or less',
  },
  csv: {
    open: csvReader,
    surveys: 1,
    covers: 'a name is that host alone, a URL that address alone',
  },
};
