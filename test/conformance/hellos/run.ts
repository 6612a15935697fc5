/**
 * `npm run conformance:hellos`: ends with 0 where no server shows the certificate of a listed name to who asks through the filter, with 1 otherwise.
 */
import {
  namedOne,
  numberFrom,
  readCommandLine,
  runBench,
  TEXT,
  UsageError,
  wholeNumber,
  FLAG,
} from '../../../bench/command-line.ts';
import { TLS_SERVERS } from '../../support/tls-servers.ts';
import { missingFor, searchHellos, tableOf, type HelloSearch } from './hellos.ts';

const HELP = `npm run conformance:hellos -- [options]

Sends real TLS servers ClientHellos that are odd in every way that we know, and those that they answer with the certificate of a listed name
through the filter: by CONNECT, and as root on a transparent listener, IPv4 and IPv6. Ends with 0 where none brings that certificate.

  --seed N       of what looks random (1)
  --count N      hellos for each server (10000)
  --minutes N    at most so long (60)
  --stack NAME   one of ${TLS_SERVERS.join(', ')}; may be repeated (all that are installed)
  --passing      only what the filter's own parts would let pass is sent: the search is many times as fast
  --help
`;

const MINUTE_MS = 60_000;

await runBench({ help: HELP, parse, run });

function parse(args: readonly string[]): HelloSearch | null {
  const options = {
    seed: TEXT,
    count: TEXT,
    minutes: TEXT,
    stack: { ...TEXT, multiple: true },
    passing: FLAG,
    help: FLAG,
  } as const;
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  const all = TLS_SERVERS.map((name) => ({ name }));
  const kinds = values.stack?.map((name) => namedOne('stack', all, name).name);
  for (const kind of kinds ?? [])
    if (missingFor(kind).length > 0) throw new UsageError(`not installed: ${missingFor(kind).join(', ')}`);
  const end = Date.now() + numberFrom('minutes', values.minutes ?? '60') * MINUTE_MS;
  return {
    kinds: kinds ?? TLS_SERVERS.filter((kind) => missingFor(kind).length === 0),
    seed: wholeNumber('seed', values.seed ?? '1', 0),
    count: wholeNumber('count', values.count ?? '10000', 1),
    onlyPassing: values.passing === true,
    isOver: () => Date.now() > end,
  };
}

async function run(search: HelloSearch): Promise<number> {
  const left = TLS_SERVERS.filter((kind) => !search.kinds.includes(kind));
  if (left.length > 0) process.stderr.write(`without ${left.join(', ')}\n`);
  const report = await searchHellos(search);
  if (report.missing !== null) process.stderr.write(`without a transparent listener: ${report.missing}\n`);
  const failures = report.campaigns.flatMap((campaign) => campaign.failures);
  process.stdout.write(`seed ${search.seed}\n${tableOf(report)}`);
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  return failures.length === 0 ? 0 : 1;
}
