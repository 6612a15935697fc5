/** `cleanfeed list stats`: a list, text or compiled, in figures, and what it costs in memory. It prints no entry. */
import { yieldToEventLoop } from '../lib/pauses.ts';
import { formatOf } from '../list/format/formats.ts';
import { contentsOf } from '../list/staged-list.ts';
import type { ListStats } from '../list/stats.ts';
import { utcDay } from '../list/text/compile.ts';
import { segmentFigures } from '../match/segment-records.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { readListFile } from './read-list-file.ts';
import { sharedSegment } from './shared-segment.ts';
import { printError, counted, print, printJson } from './terminal.ts';
import { suffixAdvice } from './warnings.ts';

interface Figures extends ListStats {
  /** Distinct hosts, `*.` or not. */
  readonly hosts: number;
  /** In shared memory; two buffers take turns. */
  readonly memoryBytes: number;
  readonly compiled: boolean;
}

export async function listStats(file: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const figures = await readListFile(file, async (bytes) => await figuresOf(bytes));
  if (figures === null) return EXIT.badList;
  if (options.json) printJson(figures);
  else for (const [label, value] of table(figures)) print(`${label.padEnd(28)}${value}`);
  const warning = suffixAdvice(figures.publicSuffixes);
  if (warning !== null) printError(`${file}: warning: ${warning}`);
  if (figures.badLines === 0) return EXIT.ok;
  printError(
    `${file} has ${counted(figures.badLines, 'bad line')}; a configuration with this list rejects it (cleanfeed check names each)`,
  );
  return EXIT.badList;
}

async function figuresOf(bytes: Uint8Array): Promise<Figures> {
  const today = utcDay(Date.now());
  const judged = await formatOf(bytes).judge(bytes, { action: 'block', maxDiagnostics: 0, today }, yieldToEventLoop);
  // The figures of a list that is cut off are shown too.
  const { stats: all, segment } = contentsOf(judged);
  const { ends: _, ...stats } = all;
  // A list that shares its segment is built for that, under a key that nobody keeps.
  const built =
    segment.kind === 'own'
      ? segment.bytes
      : sharedSegment([{ bytes, list: 0, action: 'block', progress: () => {} }], today).bytes;
  const { hosts } = segmentFigures(built, today);
  return { ...stats, hosts, memoryBytes: built.length, compiled: segment.kind === 'own' };
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
    ['  on public suffixes', figures.publicSuffixes],
    ['expired entries', figures.expired],
    ['hosts', figures.hosts],
    ['enforceable on http', enforceable.http],
    ['enforceable on https', enforceable.https],
    ['not enforceable on https', figures.entries - enforceable.https],
    ['enforceable by dns', enforceable.dns],
    ['memory, bytes', figures.memoryBytes],
  ];
}
