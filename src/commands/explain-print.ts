/** An explanation for people, and as an exit code. It must not look anything up. */
import type {
  BriefExplanation,
  ExplainedLookUp,
  Explanation,
  NameExplanation,
  UrlExplanation,
} from '../observe/explanation.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { print } from './terminal.ts';

const EXITS: Readonly<Record<Explanation['verdict'], ExitCode>> = {
  pass: EXIT.ok,
  count: EXIT.ok,
  block: EXIT.refused,
  refuse: EXIT.neverPasses,
};

export function exitOfVerdict({ verdict }: Pick<Explanation, 'verdict'>): ExitCode {
  return EXITS[verdict];
}

export function printExplanation(explained: Explanation): void {
  const isName = 'name' in explained;
  print(explained.canonical ?? (isName ? explained.name : explained.url));
  for (const [label, value] of isName ? nameRows(explained) : rows(explained)) print(`  ${label.padEnd(12)} ${value}`);
  printLookUps(explained);
}

/**
 * One line for each of many: what happens, the entry, the address, then what else there is to say, with tabs between. What is
 * no text in the address is not shown: it would move the cursor of a terminal.
 */
export function explanationLine(explained: BriefExplanation): string {
  const { verdict, entry, reason, reading } = explained;
  const address = 'name' in explained ? explained.name : explained.url;
  const steer = 'steer' in explained && explained.steer ? 'steered' : null;
  const more = [steer, reason, reading].filter((text) => text !== null);
  return [verdict, entry ?? '-', address.replaceAll(/\p{Cc}/gu, '?'), ...more].join('\t');
}

function printLookUps({ lookUps, decidedBy }: Explanation): void {
  if (lookUps.length === 0) return;
  print('  look-ups, in order');
  for (const [i, lookUp] of lookUps.entries())
    print(`    ${i + 1}. ${lookUpText(lookUp)}${i === decidedBy ? '  (decides)' : ''}`);
}

/** Why an entry does not apply, in words. */
const WHY: Readonly<Record<string, string>> = {
  other_list: 'its list does not apply here',
  expired: 'its last day is over',
  other_port: 'it is for another port',
  no_dns: 'it does not permit dns',
  not_steered: 'no entry steers this name here',
};

function lookUpText(lookUp: ExplainedLookUp): string {
  const { table, expression, reading, fold, outcome, why = [], entries, in: list, digest } = lookUp;
  const because = why.length === 0 ? '' : `: ${why.map((word) => WHY[word] ?? word).join(', ')}`;
  const where = digest === null ? '' : `  ${list}#${digest}`;
  const how = [fold === null ? '' : `  fold=${fold}`, reading === null ? '' : `  (${reading})`].join('');
  return `${table.padEnd(4)} ${expression}${where}  ${[`${outcome}${because}`, ...entries].join(' ')}${how}`;
}

type Row = readonly [label: string, value: string];

function row(label: string, value: string): Row {
  return [label, value];
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
  reading,
}: UrlExplanation): Row[] {
  return [
    ['verdict', reason === null ? verdict : `${verdict}: ${reason}`],
    ['list', list ?? 'none'],
    ['entry', entry ?? 'none'],
    ['action', action ?? '-'],
    ...(reading === null ? [] : [row('reading', reading)]),
    ['enforceable', enforceable === null ? '-' : enforceable ? 'yes' : 'no'],
    ['listener', listener],
    ...clientRows(client, policy),
    ['generation', generation === null ? 'no running instance' : String(generation)],
  ];
}

function nameRows(explained: NameExplanation): Row[] {
  const { verdict, steer, reason, list, entry, action, answer, zones = [] } = explained;
  const { listener, client, policy, generation } = explained;
  const verdictText = steer ? `${verdict}, steered` : verdict;
  return [
    ['verdict', reason === null ? verdictText : `${verdictText}: ${reason}`],
    ['list', list ?? 'none'],
    ['entry', entry ?? 'none'],
    ['action', action ?? '-'],
    ...Object.entries(answer ?? {}).map(([type, value]) => row(`answer ${type}`, value)),
    ...zones.map((zone) =>
      row('zone', `${zone.zone}  ${zone.verdict}${zone.entry === null ? '' : `, by ${zone.entry}`}`),
    ),
    ['listener', listener],
    ...clientRows(client, policy),
    ['generation', generation === null ? 'no running instance' : String(generation)],
  ];
}

function clientRows(client: string | null, policy: string | null): Row[] {
  if (client === null) return [];
  return [
    ['client', client],
    ['policy', policy ?? "none: the listener's lists apply"],
  ];
}
