/**
 * `cleanfeed init`: asks three questions on a terminal, or takes three options, writes a configuration that can be served as it is, and says what to type
 * next. It never writes over a file unless it is told to, and never over a list.
 */
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { createFileAtomic, isInPlace } from '../lib/atomic-file.ts';
import { endpoint, systemErrnoOf, unlessOfSystem, writingReason } from '../lib/errors.ts';
import { isSameFile, writeOutput } from '../lib/output-file.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { answerFault, configText, DEFAULTS, listenerOf } from './init-text.ts';
import type { Answers, ForeignList } from './init-text.ts';
import { decideList } from './init-list.ts';
import type { ListDecisions } from './init-list.ts';
import { withQuestions, type Ask } from './questions.ts';
import { print, printError, typedAs } from './terminal.ts';

export interface InitOptions extends Partial<Answers>, ListDecisions {
  readonly output: string;
  readonly force: boolean;
}

const KEYS = ['listen', 'clients', 'list'] as const;
const QUESTIONS: Readonly<Record<keyof Answers, string>> = {
  listen: `Where do clients connect? (address:port) [${DEFAULTS.listen}] `,
  clients: 'Who may use it? (prefixes like 192.0.2.0/24) [this machine and the private ranges] ',
  list: `Which list? (a path, or an https URL) [${DEFAULTS.list}] `,
};
/** A new list; it is valid without an entry. */
const EMPTY_LIST = `# One address a line (docs/list-format.md); cleanfeed list lint FILE looks for mistakes. Like:
#   http://www.listed.example/bad/page.html?*    one page, with any query
#   listed.example/gallery/*                     everything below a directory
#   *.refused.example                            a host and its subdomains
`;

export async function init(options: InitOptions): Promise<ExitCode> {
  const { output, force } = options;
  if (!force && existsSync(output)) {
    printError(`${output} exists; --force replaces it, -o FILE writes elsewhere`);
    return EXIT.cannotCreate;
  }
  const answers = await answersOf(options);
  if (answers === null) return EXIT.usage;
  const { list } = answers;
  const unfit = isUrl(list) ? null : await unfitList(list, output);
  if (unfit !== null) {
    printError(`--list: ${list}: ${unfit}`);
    return EXIT.usage;
  }
  const foreign = isUrl(list) ? await decideList(list, options) : 'ours';
  if (foreign === null) return EXIT.usage;
  try {
    return await writeFiles(answers, foreign === 'ours' ? null : foreign, options);
  } catch (error) {
    const errno = systemErrnoOf(error);
    if (errno === null) throw error;
    const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : output;
    const reason = writingReason(errno);
    printError(
      isInPlace(error)
        ? `${path} is written, but may not outlast a power cut: its folder cannot be synced: ${reason}`
        : `${path} cannot be written: ${reason}`,
    );
    return EXIT.cannotCreate;
  }
}

/** @returns why the path is no place of a list. */
async function unfitList(list: string, output: string): Promise<string | null> {
  if (await isSameFile(list, output)) return 'it is the configuration; the list is a file of its own';
  const there = await stat(list).catch(unlessOfSystem);
  return there === undefined || there.isFile() ? null : 'it is no file';
}

/** @returns null where an option is wrong or missing, after saying so. */
async function answersOf(options: InitOptions): Promise<Answers | null> {
  const given = KEYS.flatMap((key) => {
    const answer = options[key];
    const fault = answer === undefined ? null : answerFault(key, answer);
    return fault === null ? [] : [`--${key}: ${fault}`];
  });
  for (const fault of given) printError(fault);
  if (given.length > 0) return null;
  const missing = KEYS.filter((key) => options[key] === undefined);
  if (missing.length === 0) return { ...DEFAULTS, ...options };
  if (process.stdin.isTTY && process.stderr.isTTY)
    return await withQuestions(async (asked) => await answersAsked(asked, options, missing));
  printError(`there is no terminal to ask on: give ${missing.map((key) => `--${key}`).join(', ')} too`);
  return null;
}

/** Until each answer is one. @returns null if the terminal closes, or Ctrl-C is typed. */
async function answersAsked(
  asked: Ask,
  options: InitOptions,
  missing: readonly (keyof Answers)[],
): Promise<Answers | null> {
  const answers: Record<keyof Answers, string> = { ...DEFAULTS, ...options };
  for (const key of missing) {
    for (let isAnswered = false; !isAnswered;) {
      const typed = await asked(QUESTIONS[key]);
      if (typed === null) return null;
      const answer = typed === '' ? DEFAULTS[key] : typed;
      const fault = answerFault(key, answer);
      isAnswered = fault === null;
      if (fault === null) answers[key] = answer;
      else printError(fault);
    }
  }
  return answers;
}

async function writeFiles(
  answers: Answers,
  foreign: ForeignList | null,
  { output, force }: InitOptions,
): Promise<ExitCode> {
  // On the command line a path is relative to where the user stands, in the file to the file.
  const list = isUrl(answers.list) ? answers.list : fromFolderOf(output, answers.list);
  const text = configText({ ...answers, list }, foreign);
  // First: a configuration whose list cannot be had is not left behind.
  const isNew = !isUrl(answers.list) && (await createFileAtomic(answers.list, EMPTY_LIST, { mode: 0o640 }));
  let isWritten = false;
  try {
    if (force) await writeOutput(output, text, { mode: 0o640 });
    isWritten = force || (await createFileAtomic(output, text, { mode: 0o640 }));
  } catch (error) {
    isWritten = isInPlace(error);
    throw error;
  } finally {
    // Nor is a list without its configuration.
    if (!isWritten && isNew) await rm(answers.list, { force: true });
  }
  if (!isWritten) {
    printError(`${output} exists; --force replaces it`);
    return EXIT.cannotCreate;
  }
  print(`${output}: written`);
  if (isNew) print(`${answers.list}: written, a list without entries yet`);
  sayNext(answers, output);
  return EXIT.ok;
}

function sayNext({ listen, clients, list }: Answers, output: string): void {
  const { address, port } = listenerOf(listen);
  const reached = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  if (/(?:^|[\s,])(?:0\.0\.0\.0|::)\/0/.test(clients))
    printError('warning: everybody who reaches this proxy may use it; name the prefixes of your customers');
  print(`
Next, type:
  ${typedAs()} check -c ${output}      every error, with line and column
  ${typedAs()} serve -c ${output}      filters until Ctrl-C; ${isUrl(list) ? 'asks for a newer list by itself' : `a change of ${list} applies at once`}
and elsewhere:
  curl -x http://${endpoint(reached, Number(port))} http://example.com/
  curl http://127.0.0.1:9090/status                  or look at http://127.0.0.1:9090/`);
}

function isUrl(list: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(list);
}

function fromFolderOf(output: string, path: string): string {
  if (isAbsolute(path)) return path;
  const from = relative(dirname(resolve(output)), resolve(path));
  return from.startsWith('..') ? from : `./${from}`;
}
