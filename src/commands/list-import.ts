/**
 * `cleanfeed list import`: a list of another tool → a text list of ours, with a reason for each line that is not carried over, or covers less
 * here. Ends with 0 where the list was written, whatever was left behind; with 65 where nothing was. It prints no entry.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { errnoOf, fileReason, writingReason } from '../lib/errors.ts';
import { ListError } from '../list/list-error.ts';
import type { ReaderOptions } from '../lib/list-formats.ts';
import { isSameFile } from '../lib/output-file.ts';
import { IMPORT_FORMATS } from '../list/import/formats.ts';
import type { ImportFormat } from '../list/import/formats.ts';
import { importFile } from '../list/import/import-file.ts';
import type { FileJob } from '../list/import/import-file.ts';
import { ImportGuard } from '../list/import/import-guard.ts';
import { protectedHosts, readCanaries } from '../list/sanity/read-guarded.ts';
import { UNGUARDED } from '../list/sanity/guarded.ts';
import type { Guarded } from '../list/sanity/guarded.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { toldReader } from './list-import-options.ts';
import type { ListImportOptions } from './list-import-options.ts';
import { ImportReport } from './list-import-report.ts';
import { ProgressBar } from './progress-bar.ts';
import { printError } from './terminal.ts';

const STANDARD_INPUT = '-';
/** Of the progress bar. */
const WHOLE = 1000;
/** In place of what names of the format cover otherwise. */
const WITH_SUBDOMAINS = 'a name covers its subdomains: --subdomains';

export async function listImport(file: string, options: ListImportOptions): Promise<ExitCode> {
  const told = toldReader(file, options);
  if (typeof told === 'string') {
    printError(told);
    return EXIT.usage;
  }
  const taken = await takenOutput(file, options);
  if (taken !== null) {
    printError(taken);
    return EXIT.usage;
  }
  const guarded = await guardOf(options);
  if (typeof guarded === 'string') {
    printError(guarded);
    return EXIT.badList;
  }
  const input = await openInput(file, options.output);
  if ('fault' in input) {
    printError(input.fault);
    return input.exit;
  }
  try {
    return await importOpen(input, { file, options, told, guard: new ImportGuard(guarded) });
  } finally {
    await input.close();
  }
}

/** @returns what one of the two files would take the place of; null: nothing that is needed. */
async function takenOutput(file: string, { output, allow }: ListImportOptions): Promise<string | null> {
  if (allow !== undefined && (await isSameFile(output, allow)))
    return `-o and --allow name the same file: ${allow}; the list and its exceptions are two`;
  for (const [option, written] of [['-o', output] as const, ['--allow', allow] as const])
    if (written !== undefined && file !== STANDARD_INPUT && (await isSameFile(file, written)))
      return `${option} names the file that is imported: ${written}; write to another`;
  return null;
}

/** Whose list it is nobody knows yet: it is asked as of one that blocks. @returns why it cannot be read. */
async function guardOf({ protected: own, canaries }: ListImportOptions): Promise<Guarded | string> {
  try {
    return {
      ...UNGUARDED,
      hosts: await protectedHosts(own ?? null, '--protected'),
      canaries: await readCanaries(canaries ?? null, '--canaries'),
    };
  } catch (error) {
    if (error instanceof ListError) return error.message;
    throw error;
  }
}

interface Asked {
  readonly file: string;
  readonly options: ListImportOptions;
  readonly told: ReaderOptions;
  readonly guard: ImportGuard;
}

async function importOpen(input: FileHandle, asked: Asked): Promise<ExitCode> {
  const { file, options } = asked;
  const shown = file === STANDARD_INPUT ? 'stdin' : file;
  const report = new ImportReport({ file: shown, json: options.json === true, all: options.all === true });
  const bar = new ProgressBar('importing', WHOLE);
  try {
    const { counts, refused } = await importFile(jobOf(input, asked), {
      finding: (finding) => report.add(finding),
      piece: async (share) => {
        bar.update(share * WHOLE);
        await report.flush();
      },
    });
    bar.end();
    const covers = options.subdomains === true ? WITH_SUBDOMAINS : IMPORT_FORMATS[options.from].covers;
    await report.end({ counts, refused, output: options.output, allow: options.allow ?? null, covers });
    if (refused === null) return EXIT.ok;
    printError(`${shown}: ${refused.message}; nothing was written`);
    return EXIT.badList;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'UNKNOWN') {
      await report.fail(EXIT.internal, 'internal fault');
      throw error;
    }
    const message = `${fileOf(error) ?? options.output} cannot be written: ${writingReason(errno)}`;
    printError(message);
    await report.fail(EXIT.cannotCreate, message);
    return EXIT.cannotCreate;
  } finally {
    bar.end();
  }
}

/** Of the two that are written. */
function fileOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'path' in error && typeof error.path === 'string'
    ? error.path
    : null;
}

function jobOf(input: FileHandle, { file, options, told, guard }: Asked): FileJob {
  const format: ImportFormat = IMPORT_FORMATS[options.from];
  const origin = originName(file);
  return {
    input,
    open: () => format.open(told),
    surveys: format.surveys,
    output: options.output,
    allow: options.allow ?? null,
    allowUntil: options.expires ?? null,
    ignoresExceptions: !options.exceptions,
    suffixes: options.suffixes,
    guard,
    permitsDns: options.dns === true,
    steers: options.steer === true,
    isStrict: options.strict === true,
    origin,
    heading: `# ${[origin, '--from', options.from, told.match, told.sample].filter((part) => part !== '').join(' ')}\n`,
  };
}

/** A name in comments of the list, and in quotes of an allow list. */
function originName(file: string): string {
  const name = file === STANDARD_INPUT ? 'stdin' : basename(file);
  return name.replaceAll(/[^\w.+=@-]/g, '_');
}

interface NoInput {
  readonly fault: string;
  readonly exit: ExitCode;
}

/** Read twice, it has to be a file: what is none is copied to one without a name, beside the output. @returns why it cannot be had. */
async function openInput(file: string, output: string): Promise<FileHandle | NoInput> {
  try {
    if (file === STANDARD_INPUT) return await copied(process.stdin, output);
    const input = await open(file, 'r');
    if ((await input.stat()).isFile()) return input;
    await input.close();
    return await copied(createReadStream(file), output);
  } catch (error) {
    const fault = `${file} cannot be read: ${fileReason(errnoOf(error))}`;
    return { fault, exit: EXIT.badList };
  }
}

async function copied(from: Readable, output: string): Promise<FileHandle | NoInput> {
  const name = join(dirname(output), `.${basename(output)}.${randomBytes(6).toString('hex')}.input`);
  const copy = await open(name, 'wx+', 0o600).catch(errnoOf);
  const unwritten = (errno: string): NoInput => ({
    fault: `${output} cannot be written: ${writingReason(errno)}`,
    exit: EXIT.cannotCreate,
  });
  if (typeof copy === 'string') {
    from.destroy();
    return unwritten(copy);
  }
  try {
    // It goes when it is closed, however this ends.
    await rm(name);
    for await (const piece of from) {
      const errno = await copy.writeFile(piece).then(() => null, errnoOf);
      if (errno === null) continue;
      await copy.close();
      return unwritten(errno);
    }
    return copy;
  } catch (error) {
    await copy.close();
    throw error;
  }
}
