/**
 * Other protocols than HTTP on ports 80 and 443, with real servers and real clients: through the transparent filter each dialogue ends as it does without
 * it, with the same status and the same output (requirement 81). The filter goes into the path and out of it in turns, as documented, so that both
 * ways have the same machine; how long each takes is shown, never judged. What is refused on purpose is counted.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { programPath } from '../support/program-path.ts';
import { noteSkipped } from '../support/programs.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import * as databases from './support/protocols/databases.ts';
import * as files from './support/protocols/files.ts';
import * as mail from './support/protocols/mail.ts';
import * as messages from './support/protocols/messages.ts';
import type { Server } from './support/protocols/protocol.ts';
import { ProtocolServers, WEB_PORTS, type Outcome, type PlacedDialogue } from './support/protocols/protocol-servers.ts';
import * as questions from './support/protocols/questions.ts';
import * as shells from './support/protocols/shells.ts';
import * as streams from './support/protocols/streams.ts';

const SERVERS: readonly Server[] = [databases, files, mail, messages, questions, shells, streams].flatMap((family) =>
  Object.values<Server>(family),
);
const ROUNDS = 5;
const WAYS = ['direct', 'filter'] as const;
type Way = (typeof WAYS)[number];
const LISTS = { own: `${ADDRESSES.origin2.ipv4}/listed\nlisted.example/page\nwhole.example\n` };

interface Run {
  readonly dialogue: PlacedDialogue;
  readonly port: number;
  readonly way: Way;
  readonly outcome: Outcome;
}

/** Those whose programs are here; in CI all. */
function usable({ programs, dialogues }: Server): boolean {
  const missing = programs.filter((name) => programPath(name) === null);
  if (missing.length === 0 || process.env['CI'] === 'true') return true;
  const what = dialogues.map(({ name }) => name).join(', ');
  noteSkipped({ what, why: `not installed: ${missing.join(', ')}`, programs: missing });
  return false;
}

const servers = SERVERS.filter(usable);
const refusals = servers
  .flatMap(({ dialogues }) => dialogues)
  .flatMap(({ name, refused }) => (refused === undefined ? [] : [{ name, ...refused }]));
const cases = servers
  .flatMap(({ dialogues }) => dialogues)
  .flatMap(({ name, refused }) => WEB_PORTS.map((port) => ({ name, port, passes: !refused?.ports.includes(port) })));

describeNetwork(['bash', 'openssl', 'ss', 'timeout'])('other protocols', () => {
  const resources = new Resources();
  const runs: Run[] = [];
  let metrics: ReadonlyMap<string, number>;

  beforeAll(async () => {
    const network = resources.use(await InlineNetwork.create());
    const running = resources.use(await ProtocolServers.start(network, servers));
    await network.installRules();
    const filter = resources.use(await startFilter(network, { source: 'client', lists: LISTS }));
    await network.steer({ returns: true });
    await allRounds(network, running, runs);
    metrics = await filter.metrics();
    process.stderr.write(`${table(runs)}\n`);
  });
  afterAll(async () => await resources.end());

  function outcomes(name: string, port: number, way: Way): readonly Outcome[] {
    return runs
      .filter((run) => run.dialogue.name === name && run.port === port && run.way === way)
      .map(({ outcome }) => outcome);
  }

  test.each(cases.filter(({ passes }) => passes))('$name on port $port', ({ name, port }) => {
    const [direct, filtered] = WAYS.map((way) => outcomes(name, port, way).map(({ exit, said }) => ({ exit, said })));
    expect(direct).toHaveLength(ROUNDS);
    expect(new Set(direct!.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(direct![0]!.exit).toBe(0);
    expect(filtered).toEqual(direct);
  });

  test('what is refused on purpose never ends well, and does without the filter', () => {
    const ends = cases
      .filter(({ passes }) => !passes)
      .flatMap(({ name, port }) =>
        WAYS.map((way) => ({ name, port, way, well: wellEnded(outcomes(name, port, way)) })),
      );
    expect(ends.filter(({ way, well }) => well !== (way === 'direct' ? ROUNDS : 0))).toEqual([]);
  });

  test('nothing else is refused', () => {
    const expected = refusals.map(({ counts, ports }) => [counts, ports.length * ROUNDS] as const);
    const refused = [...metrics].filter(
      ([name, count]) => count > 0 && name !== OWN_RESET && REFUSALS.some((one) => name.startsWith(one)),
    );
    expect(new Map(refused)).toEqual(new Map(expected));
  });

  test('the filter has seen each flow', () => {
    const seen = [
      'cleanfeed_not_http_total{listener="inline"}',
      'cleanfeed_requests_total{listener="inline",verdict="pass"}',
    ];
    const flows = seen.map((name) => metrics.get(name) ?? 0).reduce((one, other) => one + other);
    expect(flows).toBeGreaterThanOrEqual(cases.length * ROUNDS);
  });
});

function wellEnded(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ exit }) => exit === 0).length;
}

/** Some clients end by a reset of their own (aria2c). */
const OWN_RESET = 'cleanfeed_connections_dropped_total{reason="client_error"}';
const REFUSALS = [
  'cleanfeed_connections_dropped_total',
  'cleanfeed_not_http_answered_total',
  'cleanfeed_upstream_errors_total',
  'cleanfeed_requests_total{listener="inline",verdict="block"}',
];

/** In each round everything once on each port, past the filter and then through it. */
async function allRounds(network: InlineNetwork, running: ProtocolServers, runs: Run[]): Promise<void> {
  const atTheEnd: Promise<void>[] = [];
  for (let round = 0; round < ROUNDS; round++)
    for (const way of WAYS) {
      await network.setPorts(way === 'filter' ? 'add' : 'delete');
      atTheEnd.push(...(await phase(running, { way, round }, runs)));
    }
  await Promise.all(atTheEnd);
}

/** @returns what nothing has waited for */
async function phase(
  running: ProtocolServers,
  { way, round }: { readonly way: Way; readonly round: number },
  runs: Run[],
): Promise<readonly Promise<void>[]> {
  const one = async (dialogue: PlacedDialogue, port: number): Promise<void> => {
    const word = `${way}-${round}-${dialogue.address}-${port}`.replaceAll('.', '-');
    runs.push({ dialogue, port, way, outcome: await running.run(dialogue, port, word) });
  };
  const all = running.dialogues.flat();
  const onPorts = (dialogues: readonly PlacedDialogue[]): Promise<void>[] =>
    dialogues.flatMap((dialogue) => WEB_PORTS.map(async (port) => await one(dialogue, port)));
  const long = onPorts(all.filter(({ isLong = false }) => isLong));
  const lanes = running.dialogues.map(async (lane) => {
    for (const dialogue of lane.filter(({ isLong = false, mayMeet = false }) => !isLong && !mayMeet))
      for (const port of WEB_PORTS) await one(dialogue, port);
  });
  await Promise.all([...lanes, ...onPorts(all.filter(({ mayMeet = false }) => mayMeet))]);
  return long;
}

/** Medians in milliseconds, of both ports. */
function table(runs: readonly Run[]): string {
  const names = [...new Set(runs.map(({ dialogue }) => dialogue.name))].toSorted();
  const rows = names.map((name) => {
    const times = WAYS.map((way) => median(runs.filter((run) => run.dialogue.name === name && run.way === way)));
    return `${name.padEnd(24)}${times.map((ms) => String(Math.round(ms)).padStart(8)).join('')}`;
  });
  const flows = runs.filter(({ way }) => way === 'filter').length;
  return [`${'protocol'.padEnd(24)}  direct  filter   (median, ms; ${flows} dialogues each)`, ...rows].join('\n');
}

function median(runs: readonly Run[]): number {
  return runs.map(({ outcome }) => outcome.ms).toSorted((one, other) => one - other)[Math.floor(runs.length / 2)] ?? 0;
}
