/**
 * `cleanfeed explain`: what the filter does with a URL, or a name (explain-dns.ts), and how that comes about, step by step.
 *
 *   configuration + lists ─▶ one snapshot, as a worker would have it ─▶ the same question ─▶ verdict, look-ups, entry
 *
 * It reads the files as they are now; `generation` tells what a running instance serves. It must not decide anything
 * itself: a verdict that differs from the data plane's would be worse than none. No origin is asked, no name resolved.
 */
import { formatDiagnostic } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import { nearest } from '../lib/nearest.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';
import { splitUrl } from '../url/split.ts';
import { explain, type Explanation } from '../verdict/explain.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { judgeName } from './explain-dns.ts';
import { printExplained, printNameExplained } from './explain-print.ts';
import type { Explained, NameExplained } from './explained.ts';
import { entryName, explainedLookUps } from './explained-entries.ts';
import { askingClient, type Asking } from './asking-client.ts';
import { buildVerdicts, listMask } from './local-judge.ts';
import { areLinesToBlame, readLists } from './read-lists.ts';
import type { ListReading } from './read-lists.ts';
import { runningGeneration } from './control-client.ts';
import { printError, printErrors, counted, printJson } from './terminal.ts';

type Judged = Omit<Explained, 'generation'>;

export interface ExplainOptions {
  readonly json: boolean;
  /** It is a name that a DNS listener is asked for, and no URL. */
  readonly dns: boolean;
  /** It is null for the first listener, of mode dns for names if there is one. */
  readonly listener: string | null;
  /** The address of a client; it is null for anybody who has no policy and is not exempt. */
  readonly client: string | null;
}

export async function explainUrl(file: string, url: string, options: ExplainOptions): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    printErrors(loaded.faults.map(formatDiagnostic));
    return EXIT.noVerdict;
  }
  const { config } = loaded;
  const listener = listenerFor(config, options);
  if (listener === undefined) return noSuchListener(options.listener ?? '', config);
  const client = askingClient(config, listener, options.client);
  if (client === null) {
    printError(`'${options.client}' is not an IP address`);
    return EXIT.noVerdict;
  }
  const [lists, generation] = await Promise.all([readLists(config), runningGeneration(config)]);
  const faults = lists.flatMap(unusable);
  if (faults.length > 0) {
    for (const fault of faults) printError(fault);
    return EXIT.noVerdict;
  }
  const asking = { listener, client };
  if (options.dns) {
    const explained: NameExplained = { ...judgeName(url, asking, config, lists), generation };
    if (options.json) printJson(explained);
    else printNameExplained(explained);
    return exitOf(explained);
  }
  const explained: Explained = { ...judgeUrl(url, asking, config, lists), generation };
  if (options.json) printJson(explained);
  else printExplained(explained);
  return exitOf(explained);
}

function exitOf({ verdict }: Pick<Explained, 'verdict'>): ExitCode {
  return verdict === 'block' || verdict === 'refuse' ? EXIT.refused : EXIT.ok;
}

function listenerFor({ listeners }: Config, { listener, dns }: ExplainOptions): ListenerConfig | undefined {
  if (listener !== null) return listeners.find(({ name }) => name === listener);
  return (dns ? listeners.find(({ mode }) => mode === 'dns') : undefined) ?? listeners[0];
}

const REFUSED = {
  verdict: 'refuse',
  list: null,
  entry: null,
  action: null,
  enforceable: null,
  decidedBy: null,
} as const;

function judgeUrl(url: string, { listener, client }: Asking, config: Config, lists: readonly ListReading[]): Judged {
  const bytes = Buffer.from(url, 'utf8').toString('latin1');
  const requester = { client, listener: { listMask: listMask(listener.lists) } };
  const { verdicts, segmentOwners: owners } = buildVerdicts(config, lists);
  const found = explain(verdicts, bytes, requester);
  const lookUps = explainedLookUps(found.lookUps, config.lists, owners);
  const { address, policy } = client;
  const base = {
    url,
    canonical: found.canonical,
    lookUps,
    listener: listener.name,
    client: address,
    policy: policy?.name ?? null,
  };
  const refusal = refusalOf(bytes, found, { listener, ports: config.connect.ports }) ?? client.refusal;
  const { verdict, urlVerdict } = found;
  if (refusal !== null || verdict === null || urlVerdict === null) return { ...base, ...REFUSED, reason: refusal };
  // Over https the host alone is judged; what the whole URL would have hit is shown all the same.
  const isLost = verdict.list === -1 && urlVerdict.list !== -1;
  const decided = isLost ? urlVerdict : verdict;
  const list = config.lists[decided.list]?.name ?? null;
  const decidedBy = found.lookUps.findIndex(({ entries }) =>
    entries.some((entry) => entry.list === decided.list && entry.id === decided.entry),
  );
  return {
    ...base,
    verdict: verdict.action === 'allow' ? 'pass' : verdict.action,
    list,
    entry: list === null ? null : entryName(config.lists[decided.list], decided.entry),
    action: decided.action === 'pass' || decided.action === 'refuse' ? null : decided.action,
    enforceable: list === null ? null : !isLost,
    reason: client.exempt ? 'exempt.clients contains the client: it is never judged' : reasonOf(verdict, isLost),
    decidedBy: decidedBy === -1 ? null : decidedBy,
  };
}

function reasonOf(verdict: Verdict, isLost: boolean): string | null {
  if (isLost) return 'over https only the host is visible: this entry names a path and cannot be enforced';
  if (verdict.action === 'refuse')
    return 'servers may read this path in more ways than are looked up, and its host has entries with paths';
  return verdict.action === 'allow' ? 'an allow list has priority over every other' : null;
}

/** @returns in words why the request is refused whatever the lists say; null if it is not. */
function refusalOf(
  url: ByteString,
  found: Explanation,
  { listener, ports }: { readonly listener: ListenerConfig; readonly ports: Config['connect']['ports'] },
): string | null {
  const split = splitUrl(url);
  if (split === null) return 'not an http or https URL with a host and a valid port';
  if (found.verdict === null) return 'not a valid host';
  // Where nobody sends CONNECT, TLS goes to the port that it came for.
  if (split.scheme === 'http' || listener.mode !== 'explicit') return null;
  const port = split.port ?? 443;
  return ports.some(({ from, to }) => port >= from && port <= to)
    ? null
    : `CONNECT to port ${port} is not allowed (connect.ports)`;
}

function unusable(list: ListReading): string[] {
  const { name } = list.config;
  if (!list.ok) return [`list ${name}: ${list.message}`];
  const { verdict, judged } = list;
  if (verdict.stage === 'passed') return [];
  const why = areLinesToBlame(verdict.error)
    ? `it has ${counted(judged.stats.badLines, 'bad line')}`
    : verdict.error.message;
  return [`list ${name} is refused: ${why} (cleanfeed check names each)`];
}

function noSuchListener(name: string, config: Config): ExitCode {
  const names = config.listeners.map((listener) => listener.name);
  const near = nearest(name, names);
  printError(
    `there is no listener '${name}'; ${near === null ? `there are: ${names.join(', ')}` : `did you mean '${near}'?`}`,
  );
  return EXIT.noVerdict;
}
