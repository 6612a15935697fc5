/**
 * `cleanfeed list compile`: a text list → a compiled one, with a key of its own or that of the version before, mode 0600, written whole or not at all. A
 * list with bad lines gives no file, and what stood under that name stays. It must not print an entry.
 */
import { errnoOf, writingReason } from '../lib/errors.ts';
import { isSameFile, writeOutput } from '../lib/output-file.ts';
import type { ListAction, SuffixPolicy } from '../lib/types.ts';
import { protectedHosts } from '../list/sanity/read-guarded.ts';
import { ProtectedHosts } from '../list/sanity/protected-hosts.ts';
import { compileToFile } from '../list/format/compile-file.ts';
import type { CompiledFile } from '../list/format/compile-file.ts';
import { looksCompiled, openCompiledList } from '../list/format/compiled-file.ts';
import { utcDay } from '../list/text/compile.ts';
import { noTextReason } from '../list/format/formats.ts';
import { listError } from '../list/list-error.ts';
import { keysOfSegment } from '../match/keys.ts';
import type { SegmentKeys } from '../match/keys.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { lineFaults } from './line-fault.ts';
import { ProgressBar } from './progress-bar.ts';
import { readListFile } from './read-list-file.ts';
import { printError, counted, print, printJson, printFaults } from './terminal.ts';
import { suffixAdvice } from './warnings.ts';

export interface ListCompileOptions {
  readonly output: string;
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  /** A file of further protected hosts, and of exceptions; null: those that are shipped. */
  readonly protected: string | null;
  /** The compiled list whose keys it gets; null: new ones. */
  readonly keysOf: string | null;
  readonly json: boolean;
}

export async function listCompile(input: string, options: ListCompileOptions): Promise<ExitCode> {
  if (await isSameFile(input, options.output)) {
    printError(`-o names the list that is compiled: ${options.output}; write to another file`);
    return EXIT.usage;
  }
  const keys = options.keysOf === null ? null : await readListFile(options.keysOf, keysIn);
  // Of what was asked for and cannot be had it has said why.
  if (options.keysOf !== null && keys === null) return EXIT.badList;
  const compiled = await readListFile(input, async (bytes) => {
    const guarded = new ProtectedHosts(await protectedHosts(options.protected, '--protected'));
    return compile(bytes, options, { guarded, keys });
  });
  if (compiled === null) return EXIT.badList;
  if (compiled.file === null) {
    report(input, options, compiled);
    return EXIT.badList;
  }
  try {
    await writeOutput(options.output, compiled.file, { mode: 0o600 });
  } catch (error) {
    printError(`${options.output} cannot be written: ${writingReason(errnoOf(error))}`);
    return EXIT.badList;
  }
  report(input, options, compiled);
  return EXIT.ok;
}

/** @throws ListError */
async function keysIn(bytes: Uint8Array): Promise<SegmentKeys> {
  if (!looksCompiled(bytes))
    throw listError('unsupported', 'is no compiled list; --keys-of takes the one that this one takes the place of');
  return keysOfSegment((await openCompiledList(bytes, () => Promise.resolve())).segment);
}

function compile(
  bytes: Uint8Array,
  { action, suffixes }: ListCompileOptions,
  { guarded, keys }: { readonly guarded: ProtectedHosts; readonly keys: SegmentKeys | null },
): CompiledFile {
  const noText = noTextReason(bytes, 'is a compiled list already; compile the text it came from');
  if (noText !== null) throw listError('unsupported', noText);
  const bar = new ProgressBar('compiling', bytes.length);
  try {
    return compileToFile(bytes, {
      action,
      suffixes,
      protectedHosts: guarded,
      keys,
      today: utcDay(Date.now()),
      progress: (read) => bar.update(read),
    });
  } finally {
    bar.end();
  }
}

/** What makes a file of the list as it is, where there is such a thing. */
function adviceOf({ badLines, suffixLines, protectedLines }: CompiledFile, suffixes: SuffixPolicy): string {
  if (badLines.length > 0) return '';
  const options = [
    ...(suffixes === 'refuse' && suffixLines.length > 0
      ? ['--suffixes warn accepts entries that cover a public suffix']
      : []),
    ...(protectedLines.length > 0 ? ["'!host' in a file for --protected takes a shipped host out"] : []),
  ];
  return options.length === 0 ? '' : ` (${options.join('; ')})`;
}

function report(input: string, { output, json, suffixes }: ListCompileOptions, compiled: CompiledFile): void {
  const { badLines, suffixLines, protectedLines, stats, file } = compiled;
  const named = lineFaults(input, [...badLines, ...(suffixes === 'refuse' ? suffixLines : []), ...protectedLines]);
  if (json)
    printJson({
      ok: file !== null,
      output: file === null ? null : output,
      bytes: file?.length ?? null,
      ...stats,
      faults: named,
    });
  else if (file === null) printFaults(named);
  else
    print(
      `${output}: ${counted(stats.entries, 'entry', 'entries')}${stats.expired === 0 ? '' : `, ${stats.expired} expired left out`}, ${file.length} bytes`,
    );
  if (file === null)
    printError(`${input} has ${counted(named.length, 'bad line')}; nothing was written${adviceOf(compiled, suffixes)}`);
  const warning = file === null ? null : suffixAdvice(stats.publicSuffixes);
  if (warning !== null) printError(`${input}: warning: ${warning}`);
}
