/**
 * The list of a first configuration, where it is a URL: its beginning is fetched, the format that it seems to have is
 * shown by ten lines, and whoever runs `init` says whether that is right, and for whom the list is.
 * It must not write a file.
 */
import { prefixFault } from './init-text.ts';
import type { ForeignList } from './init-text.ts';
import { messageOf } from '../lib/errors.ts';
import { HttpClient } from '../list/source/http-client.ts';
import { isOurs, proposeFormat } from '../list/import/propose-format.ts';
import type { Proposal } from '../list/import/propose-format.ts';
import { DEADLINES } from '../lib/deadlines.ts';
import { MAX_LIST_BYTES } from '../list/source/source.ts';
import { withQuestions, type Ask } from './questions.ts';
import { printError } from './terminal.ts';

export interface ListDecisions {
  /** The proposal is taken without a question. */
  readonly yes: boolean;
  /** `all`, or prefixes; undefined: to be asked. */
  readonly for: string | undefined;
}

const OPEN_TO_ALL = { ca: null, proxy: null, bearer: null, basic: null, client: null };
/** Enough to see a format by. */
const BEGINNING_BYTES = 256 * 1024;
const EVERYBODY = 'all';

/** @returns `ours`: to be written as it is; null: nothing is to be written, and it was said why. */
export async function decideList(url: string, decisions: ListDecisions): Promise<ForeignList | 'ours' | null> {
  const bytes = await beginningOf(url);
  if (typeof bytes === 'string') {
    printError(`warning: the list cannot be fetched now, and is written as a text list: ${bytes}`);
    return 'ours';
  }
  if (isOurs(bytes)) return 'ours';
  const proposal = proposeFormat(bytes);
  if (proposal === null) {
    printError(
      '--list: its lines are of no format that shows by them; docs/migration.md has all formats: write source: { url: …, format: … }',
    );
    return null;
  }
  for (const line of proposalLines(proposal)) process.stderr.write(`${line}\n`);
  const whom = await customersOf(decisions);
  if (whom === null) return null;
  const { format, terms } = proposal;
  return { format, terms, clients: whom === EVERYBODY ? null : whom };
}

/** @returns why it cannot be had. */
async function beginningOf(url: string): Promise<Uint8Array | string> {
  const client = new HttpClient(OPEN_TO_ALL);
  const { answerMs: timeoutMs, wholeMs: totalTimeoutMs } = DEADLINES.server;
  try {
    const question = { headers: {}, mayBeAbsent: false, maxBytes: MAX_LIST_BYTES, timeoutMs, totalTimeoutMs };
    const { pieces } = await client.ask(url, question);
    const kept: Uint8Array[] = [];
    let length = 0;
    for await (const piece of pieces) {
      kept.push(Buffer.from(piece));
      length += piece.length;
      if (length > BEGINNING_BYTES) break;
    }
    return Buffer.concat(kept);
  } catch (error) {
    return messageOf(error);
  } finally {
    client.close();
  }
}

function proposalLines({ format, terms, samples, carried, left }: Proposal): readonly string[] {
  const told = Object.entries(terms).map(([key, value]) => `, ${key}: ${String(value)}`);
  const width = Math.max(0, ...samples.map(({ line }) => line.length));
  return [
    `Its first ${carried + left} lines that list something look like format: ${format}${told.join('')}; ${carried} have an entry here:`,
    ...samples.map(({ line, entry }) => `  ${line.padEnd(width)}  becomes  ${entry}`),
  ];
}

/** @returns `all`, or prefixes; null: the format is wrong, or nobody says for whom the list is. */
async function customersOf({ yes, for: given }: ListDecisions): Promise<string | null> {
  const fault = given === undefined || given === EVERYBODY ? null : prefixFault(given);
  if (fault !== null) {
    printError(`--for: ${fault}`);
    return null;
  }
  if (yes && given !== undefined) return given;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    printError(
      'there is no terminal to ask on: --yes takes this format, and --for says for whom the list is: all, or the prefixes of customers who chose it',
    );
    return null;
  }
  return await withQuestions(async (asked) => await answersAsked(asked, { yes, for: given }));
}

async function answersAsked(asked: Ask, { yes, for: given }: ListDecisions): Promise<string | null> {
  const isRight = yes ? 'yes' : await asked('Is that right? (yes, or no) [yes] ');
  if (isRight === null) return null;
  if (/^n/i.test(isRight)) {
    printError('docs/migration.md has all formats: write source: { url: …, format: … }');
    return null;
  }
  for (let answer = given ?? null; ; answer = null) {
    answer ??= await asked('For whom? (all, or the prefixes of customers who chose it) ');
    if (answer === null) return null;
    const fault = answer === EVERYBODY ? null : prefixFault(answer);
    if (fault === null) return answer;
    printError(fault);
  }
}
