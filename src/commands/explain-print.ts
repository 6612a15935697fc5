/** An explanation for people. */
import type { Explained, ExplainedLookUp, NameExplained } from './explained.ts';
import { print } from './terminal.ts';

export function printExplained(explained: Explained): void {
  print(explained.canonical ?? explained.url);
  for (const [label, value] of rows(explained)) print(`  ${label.padEnd(12)} ${value}`);
  printLookUps(explained);
}

export function printNameExplained(explained: NameExplained): void {
  print(explained.canonical ?? explained.name);
  for (const [label, value] of nameRows(explained)) print(`  ${label.padEnd(12)} ${value}`);
  printLookUps(explained);
}

function printLookUps({ lookUps, decidedBy }: Pick<Explained, 'lookUps' | 'decidedBy'>): void {
  if (lookUps.length === 0) return;
  print('  look-ups, in order');
  for (const [i, lookUp] of lookUps.entries())
    print(`    ${i + 1}. ${lookUpText(lookUp)}${i === decidedBy ? '  (decides)' : ''}`);
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
  client,
  policy,
}: Explained): [string, string][] {
  return [
    ['verdict', reason === null ? verdict : `${verdict}: ${reason}`],
    ['list', list ?? 'none'],
    ['entry', entry ?? 'none'],
    ['action', action ?? '-'],
    ['enforceable', enforceable === null ? '-' : enforceable ? 'yes' : 'no'],
    ['listener', listener],
    ...clientRows(client, policy),
    ['generation', generation === null ? 'no running instance' : String(generation)],
  ];
}

function nameRows(explained: NameExplained): [string, string][] {
  const { verdict, steer, reason, list, entry, action, answer, listener, client, policy, generation } = explained;
  const verdictText = steer ? `${verdict}, steered` : verdict;
  return [
    ['verdict', reason === null ? verdictText : `${verdictText}: ${reason}`],
    ['list', list ?? 'none'],
    ['entry', entry ?? 'none'],
    ['action', action ?? '-'],
    ...Object.entries(answer ?? {}).map(([type, value]): [string, string] => [`answer ${type}`, value]),
    ['listener', listener],
    ...clientRows(client, policy),
    ['generation', generation === null ? 'no running instance' : String(generation)],
  ];
}

function clientRows(client: string | null, policy: string | null): [string, string][] {
  if (client === null) return [];
  return [
    ['client', client],
    ['policy', policy ?? "none: the listener's lists apply"],
  ];
}
