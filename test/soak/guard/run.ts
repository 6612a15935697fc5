/** `npm run soak:guard -- --minutes 60 --load 10`: ends with 0 where the guard moved nothing and every customer met the filter. */
import { FLAG, numberFrom, readCommandLine, TEXT, UsageError, wholeNumber } from '../../../bench/command-line.ts';
import { soakGuard } from './soak.ts';
import type { GuardSoakResult } from './soak.ts';

const HELP = `npm run soak:guard -- [options]

A filter that is well on a machine that is too busy: the guard must leave it in the path. In network namespaces (root, nft, curl).

  --minutes N   how long (60)
  --load N      load average that programs of its own bring the machine to (10); 0: as it is
  --rate N      connections of customers a second (20)
  --help
`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = { minutes: TEXT, load: TEXT, rate: TEXT, help: FLAG };
    const { values } = readCommandLine({ args: process.argv.slice(2), options, strict: true });
    if (values.help === true) return say(HELP.trimEnd(), 0);
    const result = await soakGuard({
      seconds: numberFrom('minutes', values.minutes ?? '60') * 60,
      load: wholeNumber('load', values.load ?? '10', 0),
      rate: wholeNumber('rate', values.rate ?? '20', 1),
      onProgress: (line) => say(`${new Date().toISOString()} ${line}`, 0),
    });
    return say(summary(result), result.faults.length === 0 ? 0 : 1);
  } catch (error) {
    if (error instanceof UsageError) return say(`${error.message}\n\n${HELP}`, 64);
    throw error;
  }
}

function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`);
  return code;
}

function summary({ seconds, flaps, suspected, probes, fates, loads, faults }: GuardSoakResult): string {
  const sorted = loads.toSorted((a, b) => a - b);
  const load = (share: number): string => sorted[Math.floor((sorted.length - 1) * share)]!.toFixed(1);
  const counts = (all: Readonly<Record<string, number>>): string =>
    Object.entries(all)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  return [
    `${seconds} s, load ${load(0.5)} (${load(0)}-${load(1)}): ${flaps.length} flaps`,
    `probes: ${counts(probes)}; ${suspected} times a listener was suspected`,
    `customers: ${counts(fates)}`,
    ...faults.map((fault) => `FAULT ${fault}`),
  ].join('\n');
}
