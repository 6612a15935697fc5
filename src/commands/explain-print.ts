/** An explanation for people. */
import type { Explained } from './explain.ts';
import { print } from './terminal.ts';

export function printExplained(explained: Explained): void {
  print(explained.canonical ?? explained.url);
  for (const [label, value] of rows(explained)) print(`  ${label.padEnd(12)} ${value}`);
  if (explained.lookUps.length === 0) return;
  print('  look-ups, in order');
  for (const [i, { table, expression, outcome, entries }] of explained.lookUps.entries()) print(`    ${i + 1}. ${table.padEnd(4)} ${expression}  ${[outcome, ...entries].join(' ')}`);
}

function rows({ verdict, reason, list, entry, enforceable, generation, listener }: Explained): [string, string][] {
  return [
    ['verdict', reason === null ? verdict : `${verdict}: ${reason}`],
    ['list', list ?? 'none'],
    ['entry', entry ?? 'none'],
    ['enforceable', enforceable === null ? '-' : enforceable ? 'yes' : 'no'],
    ['listener', listener],
    ['generation', generation === null ? 'no running instance answers' : String(generation)],
  ];
}
