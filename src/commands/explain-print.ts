/** An explanation for people. */
import type { Explained, ExplainedLookUp } from './explained.ts';
import { print } from './terminal.ts';

export function printExplained(explained: Explained): void {
  print(explained.canonical ?? explained.url);
  for (const [label, value] of rows(explained)) print(`  ${label.padEnd(12)} ${value}`);
  if (explained.lookUps.length === 0) return;
  print('  look-ups, in order');
  for (const [i, lookUp] of explained.lookUps.entries())
    print(`    ${i + 1}. ${lookUpText(lookUp)}${i === explained.decidedBy ? '  (decides)' : ''}`);
}

function lookUpText({ table, expression, reading, fold, outcome, entries, in: list, digest }: ExplainedLookUp): string {
  const where = digest === null ? '' : `  ${list}#${digest}`;
  const how = [fold === null ? '' : `  fold=${fold}`, reading === null ? '' : `  (${reading})`].join('');
  return `${table.padEnd(4)} ${expression}${where}  ${[outcome, ...entries].join(' ')}${how}`;
}

function rows({
  verdict,
  reason,
  list,
  entry,
  action,
  enforceable,
  generation,
  listener,
}: Explained): [string, string][] {
  return [
    ['verdict', reason === null ? verdict : `${verdict}: ${reason}`],
    ['list', list ?? 'none'],
    ['entry', entry ?? 'none'],
    ['action', action ?? '-'],
    ['enforceable', enforceable === null ? '-' : enforceable ? 'yes' : 'no'],
    ['listener', listener],
    ['generation', generation === null ? 'no running instance' : String(generation)],
  ];
}
