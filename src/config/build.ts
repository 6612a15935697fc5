/** `ConfigFile` → `Config`: names become indexes, paths absolute, each list's page complete. Nothing fails here. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { automaticWorkers } from './available-cores.ts';
import { conversionOf, placeOf } from './foreign-source.ts';
import { buildGuard } from './guard.ts';
import { buildResolver, namedLists } from './resolver.ts';
import { isTufSource, TUF_PREFIX } from './list-source.ts';
import { textsIn } from './page-texts.ts';
import { statePlaces } from './state-places.ts';
import type { Environment } from './state-places.ts';
import { MAX_WORKERS } from './schema.ts';
import type { ConfigFile } from './schema.ts';
import type {
  GateConfig,
  HttpTerms,
  ListConfig,
  ListSourceConfig,
  ProtectedTerms,
  SecretPlace,
  TufMirror,
} from './list-types.ts';
import type { PageConfig } from './page-types.ts';
import type { Config, ListenerConfig, PolicyConfig } from './types.ts';

const HTTPS_INTERVAL_MS = 15 * 60_000;
/** One small question; what is withdrawn must be free again within minutes. */
const TUF_INTERVAL_MS = 60_000;
const GONE = { afterMs: 30 * 86_400_000, action: 'serve' } as const;

/** `file` is the absolute path of the configuration; paths in it are relative to its folder. `languages`: those in force. It is as long as the list of keys. */
export function buildConfig(
  settings: ConfigFile,
  { file, languages, variables, renamedKeys }: Pick<Config, 'file' | 'languages' | 'variables' | 'renamedKeys'>,
  environment: Environment,
): Config {
  const folder = dirname(file);
  const { pac, contentKey, ...admin } = settings.admin;
  const tags = languages.map(({ tag }) => tag);
  const { timeout, minTtl, maxTtl, negativeTtl, ...dns } = settings.upstream.dns;
  const { idleTimeout, idleTimeoutAfterBody, ...pool } = settings.upstream.pool;
  const given = { directory: settings.state.directory, socket: settings.control.socket };
  const { directory, socket } = statePlaces(given, file, environment);
  const resolver = buildResolver(settings.resolver, settings.lists, folder);
  const named = namedLists(resolver);
  return {
    file,
    variables,
    renamedKeys,
    listeners: settings.listeners.map((listener) => buildListener(listener, settings)),
    admin: { ...admin, contentKey: secretIn(folder, contentKey) },
    pac,
    lists: settings.lists.map((list) => buildList(list, settings.page, { folder, tags, named })),
    exempt: settings.exempt,
    policies: settings.policies.map((policy) => buildPolicy(policy, settings)),
    clients: { allow: settings.clients.allow, abortOnFin: settings.clients.abortOnFin },
    upstream: {
      ...settings.upstream,
      dns: { ...dns, timeoutMs: timeout, minTtlMs: minTtl, maxTtlMs: maxTtl, negativeTtlMs: negativeTtl },
      pool: { ...pool, idleTimeoutMs: idleTimeout, idleTimeoutAfterBodyMs: idleTimeoutAfterBody },
      sockets: Infinity,
    },
    connect: settings.connect,
    tls: settings.tls,
    upgrade: settings.upgrade,
    forwarded: settings.forwarded,
    limits: settings.limits,
    timeouts: settings.timeouts,
    brake: {
      differentHits: settings.brake.differentHits,
      windowMs: settings.brake.window,
      pauseMs: settings.brake.pause,
    },
    hostCache: settings.hostCache,
    page: pageIn(settings.page, tags),
    languages,
    log: settings.log,
    state: { directory },
    report: { keepMs: settings.report.keep, entries: settings.report.entries },
    trace: { clients: settings.trace.clients, longestMs: settings.trace.longest },
    shutdown: { lameDuckMs: settings.shutdown.lameDuck, drainMs: settings.shutdown.drain },
    supervision: { hangTimeoutMs: settings.supervision.hangTimeout },
    control: { socket },
    workers: settings.workers === 'auto' ? automaticWorkers(MAX_WORKERS) : settings.workers,
    workersAuto: settings.workers === 'auto',
    resolver,
    guard: settings.guard === null ? null : buildGuard(settings.guard),
    demo: settings.demo,
  };
}

function buildListener(listener: ConfigFile['listeners'][number], settings: ConfigFile): ListenerConfig {
  const { lists: named, addresses, ports, others, resolver, upstream, sendProxyProtocol, ...rest } = listener;
  const applies = ({ name, optIn }: ListFile): boolean => (named === null ? !optIn : named.includes(name));
  return {
    ...rest,
    notTls: listener.notTls ?? listener.notHttp,
    tlsPorts: settings.tls.ports,
    lists: indexesOf(settings.lists, applies),
    steered: listener.mode === 'steered' ? { addresses, ports, others, resolver } : null,
    dns: listener.mode === 'dns' ? { upstream, sendProxyProtocol } : null,
  };
}

function buildPolicy({ name, clients, lists }: ConfigFile['policies'][number], settings: ConfigFile): PolicyConfig {
  return { name, clients, lists: indexesOf(settings.lists, (list) => lists.includes(list.name)) };
}

function indexesOf(lists: readonly ListFile[], applies: (list: ListFile) => boolean): readonly number[] {
  return lists.flatMap((list, index) => (applies(list) ? [index] : []));
}

type ListFile = ConfigFile['lists'][number];

function buildList(
  list: ListFile,
  page: PageFile,
  {
    folder,
    tags,
    named,
  }: { readonly folder: string; readonly tags: readonly string[]; readonly named: ReadonlySet<string> },
): ListConfig {
  const { name, action, optIn, maxBadLineRatio, suffixes, gate, status, blockedBy } = list;
  return {
    name,
    source: buildSource(list, { folder, isNamed: named.has(name) }),
    conversion: conversionOf(list.source),
    action,
    optIn,
    maxBadLineRatio,
    suffixes,
    gate: gateTerms(gate, folder),
    named: named.has(name),
    status,
    blockedBy,
    selfTest: { intervalMs: list.selfTest.interval, address: list.selfTest.address },
    page: pageIn(mergedPage(page, list.page), tags),
  };
}

export function gateTerms(
  gate: Pick<ListFile['gate'], 'growth' | 'shrink' | 'canaries' | 'protected'> & Partial<ListFile['gate']>,
  folder: string,
): GateConfig {
  const path = (given: string | null): string | null => (given === null ? null : resolve(folder, given));
  return { protectedEntries: 'refuse', ...gate, canaries: path(gate.canaries), protected: path(gate.protected) };
}

interface SourceFrame {
  readonly folder: string;
  /** Something is made of the list's host names. */
  readonly isNamed: boolean;
}

function buildSource(list: ListFile, frame: SourceFrame): ListSourceConfig {
  const { interval } = list;
  const source = placeOf(list.source);
  const { folder } = frame;
  const http = httpTerms(list, folder);
  if (isTufSource(source)) return { kind: 'tuf', ...protectedTerms(list, frame, http) };
  if (/^https:/i.test(source))
    return { kind: 'https', url: new URL(source).href, intervalMs: interval ?? HTTPS_INTERVAL_MS, http };
  return { kind: 'file', path: /^file:/i.test(source) ? fileURLToPath(source) : resolve(folder, source) };
}

/** That root and identity are there is asked by the rules between keys (cross-checks.ts). */
function protectedTerms(list: ListFile, { folder, isNamed }: SourceFrame, http: HttpTerms): ProtectedTerms {
  const { source, mirrors, root, identity, namesIdentity, interval, delay, ifPublisherGone: gone } = list;
  return {
    mirrors: [placeOf(source), ...mirrors].map(tufMirror),
    root: resolve(folder, root ?? ''),
    identity: secretIn(folder, identity) ?? { kind: 'credential', name: '' },
    // What nobody here makes anything of is not fetched.
    namesIdentity: isNamed ? secretIn(folder, namesIdentity) : null,
    intervalMs: interval ?? TUF_INTERVAL_MS,
    delayMs: delay,
    witnesses: list.witnesses,
    ifPublisherGone: gone === null ? GONE : { afterMs: gone.after, action: gone.then },
    http,
  };
}

function tufMirror(source: string): TufMirror {
  const url = new URL(source.slice(TUF_PREFIX.length));
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.protocol === 'file:'
    ? { kind: 'folder', path: resolve(fileURLToPath(url)) }
    : { kind: 'https', url: url.href };
}

export function httpTerms({ ca, proxy, auth }: Pick<ListFile, 'ca' | 'proxy' | 'auth'>, folder: string): HttpTerms {
  const { bearer, basic, clientCertificate, clientKey } = auth;
  return {
    ca: ca === null ? null : resolve(folder, ca),
    proxy,
    bearer: secretIn(folder, bearer),
    basic: secretIn(folder, basic),
    client: clientTerms(clientCertificate, secretIn(folder, clientKey), folder),
  };
}

/** They come together (cross-checks.ts). */
function clientTerms(certificate: string | null, key: SecretPlace | null, folder: string): HttpTerms['client'] {
  return certificate === null || key === null ? null : { certificate: resolve(folder, certificate), key };
}

function secretIn(folder: string, secret: SecretPlace | null): SecretPlace | null {
  return secret?.kind === 'file' ? { ...secret, path: resolve(folder, secret.path) } : secret;
}

type PageFile = ConfigFile['page'];

function pageIn(page: PageFile, tags: readonly string[]): PageConfig {
  return {
    ...page,
    operator: textsIn(page.operator, tags),
    help: page.help.map(({ name, url }) => ({ name: textsIn(name, tags), url })),
    reason: textsIn(page.reason, tags),
  };
}

/** Key by key; a list's own `reason` replaces the common one in all languages: it speaks of another law. */
function mergedPage(page: PageFile, own: ListFile['page']): PageFile {
  return {
    operator: own.operator ?? page.operator,
    contact: own.contact === undefined ? page.contact : own.contact,
    appeal: own.appeal === undefined ? page.appeal : own.appeal,
    tipLine: own.tipLine === undefined ? page.tipLine : own.tipLine,
    help: own.help ?? page.help,
    reason: own.reason ?? page.reason,
  };
}
