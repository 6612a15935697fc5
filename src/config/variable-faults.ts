/**
 * Faults of a document with variables, as they may be told: a value that came from the environment or from a credential
 * may be a secret, so that its variable stands in its place. It must not tell a fault twice where there is no value.
 */
import type { Shape } from '../lib/shape.ts';
import { keyText, type PendingDiagnostic } from './diagnostic.ts';
import { shown } from './quantities.ts';
import type { SettledDocument } from './variables.ts';

/** Characters of a value that is looked for wherever it stands: a shorter one is in other words, too. */
const LONG = 4;

/** @param ofShape what the schema says. @param others of it with its neighbours. */
export function withoutValues(
  ofShape: readonly PendingDiagnostic[],
  others: readonly PendingDiagnostic[],
  document: SettledDocument,
  shape: Shape<unknown>,
): readonly PendingDiagnostic[] {
  const all = [...ofShape, ...others];
  if (document.variables.length === 0 && document.unset.length === 0) return all;
  const unset = new Set(document.unset.map(({ path }) => keyText(path)));
  const reasons = writtenReasons(document, shape);
  const told = ofShape.map((fault) => asWritten(fault, document, reasons)).concat(others);
  const left = told.filter(({ path }) => !unset.has(keyText(path)));
  return document.unset.concat(left.map((fault) => withNames(fault, document)));
}

/** The reasons why `${PORT}` itself does not fit: they say what is wanted without the value. */
function writtenReasons({ written }: SettledDocument, shape: Shape<unknown>): ReadonlyMap<string, string> {
  const read = shape.parse(written);
  const reasons = new Map<string, string>();
  for (const fault of read.ok ? [] : read.faults)
    if (fault.kind === 'value') reasons.set(keyText(fault.path), fault.reason.replace(/, not '.*'$/s, ''));
  return reasons;
}

function asWritten(
  fault: PendingDiagnostic,
  document: SettledDocument,
  reasons: ReadonlyMap<string, string>,
): PendingDiagnostic {
  const variables = document.variablesAt(fault.path);
  if (variables.length === 0) return fault;
  const reason = reasons.get(keyText(fault.path));
  const message = `the value of ${variables.join(' and ')} does not fit here${reason === undefined ? '' : `: ${reason}`}`;
  return { ...fault, message };
}

function withNames(fault: PendingDiagnostic, document: SettledDocument): PendingDiagnostic {
  return { ...fault, message: () => named(wordsOf(fault), document) };
}

function wordsOf({ message }: PendingDiagnostic): string {
  return typeof message === 'string' ? message : message();
}

function named(message: string, { variables }: SettledDocument): string {
  const longest = variables.toSorted((a, b) => b.text.length - a.text.length);
  return longest.reduce((words, { written, text }) => {
    const quoted = [text, shown(text)].reduce(
      (left, value) => left.replaceAll(`'${value}'`, () => `'${written}'`),
      words,
    );
    return text.length < LONG ? quoted : quoted.replaceAll(text, () => written);
  }, message);
}
