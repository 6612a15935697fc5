/**
 * `npm run bench:fleet`: what customers of a fleet notice when a node is drained, killed, silent, or comes back, and how long a published list
 * takes to its last node: three nodes behind real BIRDs in namespaces, with the files that are shipped, and customers outside at a steady rate
 * (root, bird, nft). Nothing is asserted about time; it ends with 1 where a planned drain on a resilient group has lost anything.
 */
import { FLAG, readCommandLine, runBench, TEXT, UsageError, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';
import { FAULTS, oneRound, type Outcome } from './rounds.ts';
import { POLL_SECONDS, publishRound } from './publish-round.ts';
import type { NextHops } from '../../test/network/support/fleet-network.ts';

interface Case {
  readonly fault: (typeof FAULTS)[number];
  readonly nextHops: NextHops;
}

const CASES: readonly Case[] = FAULTS.flatMap((fault) => [
  { fault, nextHops: 'resilient' },
  { fault, nextHops: 'plain' },
]);

const PARTS: readonly string[] = [...FAULTS, 'publish'];
const HELP = `npm run bench:fleet -- [--rounds N (3)] [--rate new connections a second (50)] [--only ${PARTS.join('|')}]\n`;

await runBench({ help: HELP, parse: parseOptions, run: measure });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { rounds: TEXT, rate: TEXT, only: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  const { only = null } = values;
  if (only !== null && !PARTS.includes(only)) throw new UsageError(`no part '${only}'; there are: ${PARTS.join(', ')}`);
  return {
    rounds: wholeNumber('rounds', values.rounds ?? '3', 1),
    rate: wholeNumber('rate', values.rate ?? '50', 1),
    only,
  };
}

async function measure({ rounds, rate, only }: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  console.log(machineLine());
  let isKept = true;
  for (const each of CASES.filter(({ fault }) => only === null || fault === only)) {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const outcome = await oneRound(each.fault, each.nextHops, rate);
      outcomes.push(outcome);
      console.log(`${each.fault}, ${each.nextHops}: ${lineOf(outcome)}`);
    }
    if (each.fault === 'drained' && each.nextHops === 'resilient')
      isKept &&= outcomes.every(({ lost, broken }) => lost === 0 && broken === 0);
    console.log(`${each.fault}, ${each.nextHops}, ${rounds} rounds: ${summaryOf(outcomes)}; load ${loadText()}\n`);
  }
  if (only === null || only === 'publish') {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(...(await publishRound()));
    console.log(
      `published to the last of three nodes, poll ${POLL_SECONDS} s: ${spread(times)} ms; load ${loadText()}`,
    );
  }
  // Connections to machines that are gone would keep it for their time-outs.
  return process.exit(isKept ? 0 : 1);
}

function lineOf({ lost, visits, broken, kept, lastLostMs, settledMs, slowestMs }: Outcome): string {
  return `${lost} of ${visits} new connections lost, the last begun ${lastLostMs} ms after; ${broken} of ${kept} kept ones broken; the router had it after ${settledMs} ms; slowest answer ${slowestMs} ms`;
}

function summaryOf(all: readonly Outcome[]): string {
  const of = (key: keyof Outcome): string => spread(all.map((outcome) => outcome[key]));
  return `lost ${of('lost')}, the last begun ${of('lastLostMs')} ms after, broken ${of('broken')} of ${all[0]?.kept ?? 0}, router ${of('settledMs')} ms, slowest ${of('slowestMs')} ms`;
}

/** Median, least and most. */
function spread(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)] ?? 0} (${sorted[0] ?? 0} to ${sorted.at(-1) ?? 0})`;
}
