/**
 * `npm run bench:zones-distribution`: how long a change of a large policy zone takes from the swap of the file until it is in force in
 * each resolver, with the shipped configuration (config/dns) and real engines, while dnsperf asks each of them.
 *
 *   rename ─▶ knotc zone-reload ─▶ Knot: difference ─▶ BIND, PowerDNS, Unbound          Knot Resolver: reads the file itself
 *          └▶ unbound-zone.sh ─▶ another Unbound, which reads the file
 *
 * In force: every tenth of the added names is refused, and every tenth of the removed ones is answered. Ends with 1 where a change never
 * comes into force, never because a figure is over its target: machines differ.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Distribution } from '../../test/engines/support/distribution.ts';
import { zoneText } from '../../test/engines/support/policy-zone.ts';
import { PROBE, type ResolverName } from '../../test/engines/support/resolvers.ts';
import { FLAG, optionsOrEnd, readCommandLine, TEXT, UsageError, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';
import { readProcess } from '../load/process-tree.ts';
import { startLoad, type Load } from './dnsperf.ts';
import { Questions } from '../../test/engines/support/questions.ts';

const HELP = `npm run bench:zones-distribution -- [options]

  --names N       in the zone (1000000)
  --subdomains    a second record for what is below each name
  --changes N     names that a change takes out, and as many that it adds (1000)
  --rounds N      changes, one after another (7: Unbound fetches the whole zone at the sixth)
  --rate N        questions a second to each resolver (300)
  --resolvers A,B of bind, powerdns, unbound, unbound-file, knot-resolver (all)
  --help
`;
const RESOLVERS: readonly ResolverName[] = ['bind', 'powerdns', 'unbound', 'unbound-file', 'knot-resolver'];
/** Seconds, for all but Knot Resolver, which is told only. */
const TARGET = 10;
const BOUND_MS = 180_000;
const CALM_MS = 2000;

interface Change {
  readonly round: number;
  readonly resolver: string;
  /** Seconds from the rename; `primary`: until Knot had it. */
  readonly inForce: number;
  readonly load: Load | null;
  /** How it was fetched. */
  readonly way: string;
  /** Seconds that the engine has spent, with what dnsperf asked of it. */
  readonly cpu: number;
}

const values = optionsOrEnd({ help: HELP, parse: parseOptions });
await measure();

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = {
    names: TEXT,
    subdomains: FLAG,
    changes: TEXT,
    rounds: TEXT,
    rate: TEXT,
    resolvers: TEXT,
    help: FLAG,
  };
  const { values: given } = readCommandLine({ args: [...args], options, strict: true });
  if (given.help === true) return null;
  const wanted = given.resolvers?.split(',') ?? RESOLVERS;
  const unknown = wanted.filter((name) => !RESOLVERS.some((one) => one === name));
  if (unknown.length > 0)
    throw new UsageError(`no resolver '${unknown.join(', ')}'; there are: ${RESOLVERS.join(', ')}`);
  return {
    names: wholeNumber('names', given.names ?? '1000000', 1),
    subdomains: given.subdomains === true,
    changes: wholeNumber('changes', given.changes ?? '1000', 1),
    rounds: wholeNumber('rounds', given.rounds ?? '7', 1),
    rate: wholeNumber('rate', given.rate ?? '300', 1),
    resolvers: RESOLVERS.filter((name) => wanted.includes(name)),
  };
}

async function measure(): Promise<void> {
  const { names, changes, rounds, resolvers } = values;
  console.log(machineLine());
  const began = performance.now();
  await using at = await Distribution.start({
    zone: text(0, names, changes),
    upstream: { example: ['passed.probe A 198.51.100.1', 'blocked.probe A 198.51.100.2', '*.bench A 198.51.100.3'] },
    resolvers,
  });
  console.log(
    `${names} names in force everywhere ${((performance.now() - began) / 1000).toFixed(1)} s after the start`,
  );
  const file = questionsFile(at.site.folder, names, changes);
  const all: Change[] = [];
  for (let round = 1; round <= rounds; round += 1)
    for (const change of await oneRound(at, { round, names, changes, resolvers, file })) {
      all.push(change);
      console.log(line(change));
    }
  summary(all, resolvers);
}

interface Round {
  readonly round: number;
  readonly names: number;
  readonly changes: number;
  readonly resolvers: readonly ResolverName[];
  readonly file: string;
}

async function oneRound(at: Distribution, { round, names, changes, resolvers, file }: Round): Promise<Change[]> {
  const next = text(round, names, changes);
  const asked = await Promise.all(resolvers.map(async (name) => await Questions.to(at.engine(name).port)));
  const loads = resolvers.map((name) => startLoad(at.engine(name).port, file, values.rate));
  await pause(CALM_MS);
  const seen = at.engine('primary').log().length;
  // Of ended threads too: Unbound reads a file in one that ends with it.
  const spent = (name: string): number => readProcess(at.engine(name).pid);
  const before = new Map(['primary', ...resolvers].map((name) => [name, spent(name)]));
  const cpu = (name: string): number => (spent(name) - (before.get(name) ?? 0)) / 1e9;
  const start = performance.now();
  const since = (): number => (performance.now() - start) / 1000;
  at.zones.put(next);
  const primary = (async () => {
    if (!(await at.reload())) throw new Error('Knot has refused the zone');
    return since();
  })();
  const told = resolvers.includes('unbound-file') ? at.tellUnbound() : Promise.resolve(null);
  const times = await Promise.all(
    asked.map(async (questions) => {
      await inForce(questions, round, changes);
      return since();
    }),
  );
  const refused = await told;
  if (refused !== null) throw new Error(`Unbound has refused the zone: ${refused}`);
  await pause(CALM_MS);
  const found = await Promise.all(loads.map(async (load) => await load.stop()));
  for (const questions of asked) questions[Symbol.dispose]();
  const log = at.engine('primary').log().slice(seen);
  return [
    { round, resolver: 'primary', inForce: await primary, load: null, way: '', cpu: cpu('primary') },
    ...resolvers.map((resolver, i) => ({
      round,
      resolver,
      inForce: times[i]!,
      load: found[i]!,
      way: way(log, resolver),
      cpu: cpu(resolver),
    })),
  ];
}

/** Names `round` × changes … of the list are gone, as many are added behind its end. */
async function inForce(questions: Questions, round: number, changes: number): Promise<void> {
  const deadline = performance.now() + BOUND_MS;
  const step = Math.max(1, Math.floor(changes / 10));
  for (let at = 0; at < changes; at += step)
    for (const [name, wanted] of [
      [added(round, changes, at), 3],
      [removed(round, changes, at), 0],
    ] as const)
      while ((await questions.ask(name)).code !== wanted) {
        if (performance.now() > deadline) throw new Error(`${name} is not answered by ${wanted}`);
        await pause(20);
      }
}

function added(round: number, changes: number, at: number): string {
  return nameOf(values.names + (round - 1) * changes + at);
}

function removed(round: number, changes: number, at: number): string {
  return nameOf((round - 1) * changes + at);
}

/** In the order of the zone writer, each name before all below it: in no order Knot takes three times as long to find what has changed. */
function text(round: number, names: number, changes: number): string {
  const keyed = Array.from({ length: names }, (_, i) => {
    const name = nameOf(round * changes + i);
    return [name.split('.').toReversed().join('\0'), name] as const;
  });
  keyed.sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = [`${PROBE.blocked} CNAME .`];
  for (const [, name] of keyed) {
    lines.push(`${name} CNAME .`);
    if (values.subdomains) lines.push(`*.${name} CNAME .`);
  }
  // As the zone writer: a serial that rises, which Unbound goes by where it reads the file, and the NS at the end.
  return `${zoneText(lines).replace('localhost. 1 ', `localhost. ${1000 + round} `)}@ NS localhost.\n`;
}

function nameOf(at: number): string {
  return `host-${at}.d${(at * 2654435761) % 99_991}.bench.example`;
}

/** One of four is blocked, in all rounds; the others are passed, most of them from the resolver's cache. */
function questionsFile(folder: string, names: number, changes: number): string {
  const { rounds } = values;
  const lines = Array.from({ length: 4000 }, (_, at) =>
    at % 4 === 0
      ? `${nameOf((rounds + 1) * changes + (at % (names - rounds * changes - changes)))} A`
      : `free-${at}.bench.example A`,
  );
  const file = join(folder, 'questions.txt');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** From Knot's log. */
function way(log: string, resolver: ResolverName): string {
  const mark = {
    bind: 'key bind',
    powerdns: 'key powerdns',
    unbound: ' TLS,',
    'unbound-file': null,
    'knot-resolver': null,
  }[resolver];
  if (mark === null) return 'file';
  const finished = log.split('\n').filter((entry) => entry.includes(mark) && entry.includes('finished'));
  return [...new Set(finished.map((entry) => (entry.includes('AXFR,') ? 'AXFR' : 'IXFR')))].join('+');
}

function line({ round, resolver, inForce, load, way, cpu }: Change): string {
  const answers =
    load === null
      ? ''
      : `, ${load.lost} of ${load.sent} lost, ${load.failed} failed, slowest ${load.slowest.toFixed(2)} s`;
  return `${round} ${resolver}: ${inForce.toFixed(2)} s ${way}, ${cpu.toFixed(1)} s of CPU${answers}`;
}

function summary(all: readonly Change[], resolvers: readonly ResolverName[]): void {
  console.log(`\n${values.rounds} rounds; load after ${loadText()}\n`);
  console.log(
    '| | in force, s: median | least | most | CPU, s | by | lost | failed | slowest answer, s |\n|---|---|---|---|---|---|---|---|',
  );
  for (const resolver of ['primary', ...resolvers]) {
    const own = all.filter((change) => change.resolver === resolver);
    const times = own.map(({ inForce }) => inForce).toSorted((one, other) => one - other);
    const loads = own.flatMap(({ load }) => (load === null ? [] : [load]));
    const sum = (of: (load: Load) => number): number => loads.reduce((total, load) => total + of(load), 0);
    const slowest = loads.length === 0 ? '' : Math.max(...loads.map((load) => load.slowest)).toFixed(2);
    console.log(
      `| ${resolver} | ${times[times.length >> 1]!.toFixed(2)} | ${times[0]!.toFixed(2)} | ${times.at(-1)!.toFixed(2)} | ${(own.reduce((total, { cpu }) => total + cpu, 0) / own.length).toFixed(1)} | ${[...new Set(own.map(({ way }) => way))].join(', ')} | ${sum(({ lost }) => lost)} of ${sum(({ sent }) => sent)} | ${sum(({ failed }) => failed)} | ${slowest} |`,
    );
  }
  const judged = all.filter(({ resolver }) => resolver !== 'knot-resolver' && resolver !== 'primary');
  console.log(
    `\nall but Knot Resolver: within ${Math.max(...judged.map(({ inForce }) => inForce)).toFixed(1)} s (target ${TARGET} s)`,
  );
}
