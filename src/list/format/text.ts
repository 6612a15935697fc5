/**
 * The format of text lists (docs/list-format.md): the grammar is in ../text, and one segment holds all lists.
 * It must not decide whether the list is used.
 */
import type { ListAction } from '../../lib/types.ts';
import { listError } from '../list-error.ts';
import { refused } from '../staged-list.ts';
import type { JudgedList, RefusedList } from '../staged-list.ts';
import { compileText, listEntries } from '../text/compile.ts';
import type { CompiledText } from '../text/compile.ts';
import type { LineDiagnostic } from '../text/diagnostic.ts';
import { foreignFormat, isCutOff } from '../text/lines.ts';
import type { SharedSegmentFormat } from './format.ts';

export const TEXT: SharedSegmentFormat = {
  name: 'text',
  segment: 'shared',
  recognises: () => true,
  contentOf: () => null,
  isCutOff,
  judge: (bytes, options) =>
    Promise.resolve(judgedText(bytes, compileText(bytes, { list: 0, ...options }), options.action)),
  entries: listEntries,
};

/** @param compiled what reading it has shown, wherever it was read. */
export function judgedText(bytes: Uint8Array, compiled: CompiledText, action: ListAction): JudgedList | RefusedList {
  const { cut, badLines, suffixLines, protectedLines, stats, tests } = compiled;
  const first = suffixLines[0];
  const judged: JudgedList = {
    stage: 'judged',
    bytes,
    segment: { kind: 'shared', kept: null },
    stats,
    tests,
    grammar: action === 'allow' ? 'allow' : 'block',
    badLines,
    suffixLines,
    protectedLines,
    firstSuffix: first === undefined ? null : inWords(first),
  };
  if (compiled.refusal) return refused(listError('bad_lines', compiled.refusal), judged);
  if (cut !== null) return refused(listError('truncated', inWords(cut)), judged);
  // Whatever share of bad lines is tolerated: it is no list without entries.
  const foreign = foreignFormat(bytes);
  return foreign === null ? judged : refused(listError('bad_lines', `the file is ${foreign}`), judged);
}

function inWords({ line, column, message }: LineDiagnostic): string {
  return `line ${line}, column ${column}: ${message}`;
}
