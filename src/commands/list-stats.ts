/** `cleanfeed list stats`: what is in a text list, in figures, and what it costs in memory. Prints no entry. */
import { readFile } from 'node:fs/promises';
import { errnoOf } from '../lib/errors.ts';
import { compileList, listEntries, utcDay } from '../list/compile.ts';
import type { ListStats } from '../list/stats.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import { SegmentBuilder } from '../match/snapshot.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { complain, counted, print, printJson } from './terminal.ts';

interface Figures extends ListStats {
  /** Distinct host names, `*.` or not. */
  readonly hosts: number;
  /** Of the list in shared memory; two buffers take turns. */
  readonly memoryBytes: number;
}

export async function listStats(file: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const bytes = await readFile(file).catch((error: unknown) => errnoOf(error));
  if (typeof bytes === 'string') {
    complain(`${file} cannot be read: ${bytes}`);
    return EXIT.badList;
  }
  const figures = measure(bytes);
  if (options.json) printJson(figures);
  else for (const [label, value] of table(figures)) print(`${label.padEnd(28)}${value}`);
  if (figures.badLines === 0) return EXIT.ok;
  complain(`${file} has ${counted(figures.badLines, 'bad line')}; a configuration that names it is refused (cleanfeed check names each)`);
  return EXIT.badList;
}

function measure(bytes: Uint8Array): Figures {
  const options = { list: 0, action: 'block', today: utcDay(Date.now()) } as const;
  const { stats } = compileList(bytes, { ...options, maxBadShare: 1, maxFaults: 0 });
  const hosts = new Set<string>();
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (const entry of listEntries(bytes, options)) {
    hosts.add(entry.host);
    builder.add(entry);
  }
  return { ...stats, hosts: hosts.size, memoryBytes: builder.build().bytes.length };
}

function table({ scopes, marked, enforceable, ...figures }: Figures): [string, number][] {
  return [
    ['lines', figures.lines],
    ['bad lines', figures.badLines],
    ['entries in force', figures.entries],
    ['  whole hosts', scopes.host],
    ['  directories', scopes.directory],
    ['  pages with any query', scopes.page],
    ['  exact URLs', scopes.url],
    ['  with subdomains', figures.subdomains],
    ['  on one port', figures.withPort],
    ['  that expire', figures.withExpiry],
    ['  only counted', marked.count],
    ['  for self-tests', marked.test],
    ['expired entries', figures.expired],
    ['hosts', figures.hosts],
    ['enforceable on http', enforceable.http],
    ['enforceable on https', enforceable.https],
    ['not enforceable on https', figures.entries - enforceable.https],
    ['enforceable by dns', enforceable.dns],
    ['memory, bytes', figures.memoryBytes],
  ];
}
