/**
 * The proxies, each on loopback of the filter as the rules want it, on the core of their own, all at once; only one has traffic.
 *
 *   cleanfeed   one data thread; HTTP and TLS on one listener
 *   haproxy     one thread; `option transparent`; TLS: mode tcp, SNI read and looked up before the connection to the origin
 *   squid       one worker, tproxy, no cache; HTTP only, no list; by itself it keeps connections to origins for other customers,
 *   squid, own  as it is told not to: then it opens one for each customer's, as ours and HAProxy with `option transparent` do
 *   node:net     no proxy: what is left where nothing is read (bare-relay.ts), by the filter's own address alone
 *
 * `source`: whom origins see, the filter or (client) the customer, alike for all three.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from '../../test/network/support/namespace.ts';
import type { ListedUrl } from '../data/url-list.ts';
import { PROXY_CORE } from '../load/cores.ts';
import { compiledList } from '../load/peers/compiled-list.ts';
import { pause, startPinned, type RunningProcess } from '../load/processes.ts';
import { findProgram, installedVersion, packageVersion } from '../load/programs.ts';
import type { Workspace } from '../load/workspace.ts';
import { FILTER, type ThreeMachines } from './three-machines.ts';

export type Source = 'proxy' | 'client';

/** What runs: one process, several ports. */
export interface Site {
  readonly machines: ThreeMachines;
  readonly workspace: Workspace;
  readonly list: readonly ListedUrl[];
  readonly source: Source;
}

interface Program {
  readonly name: string;
  readonly version: () => string | null;
  /** The last of them is listened on last. */
  readonly ports: readonly number[];
  readonly command: (site: Site) => readonly string[];
  readonly sweep?: () => void;
}

export const PORT = {
  cleanfeed: 8080,
  explicit: 3128,
  haproxy: 8081,
  haproxyTls: 8082,
  haproxySplice: 8083,
  squid: 8084,
  squidOwn: 8085,
  bare: 8086,
} as const;

const ROOT = join(import.meta.dirname, '..', '..');
const START_MS = 60_000;
const SQUID_SERVICES = ['squid', 'own'].map((name) => `bench${name}${process.pid}`);

export const PROGRAMS: readonly Program[] = [
  {
    name: 'cleanfeed',
    version: () => packageVersion(join(ROOT, 'package.json')),
    ports: [PORT.cleanfeed, PORT.explicit],
    command: (site) => [
      'env',
      `NODE_COMPILE_CACHE=${site.workspace.path('cleanfeed-code')}`,
      process.execPath,
      '--max-semi-space-size=2',
      ...(process.env['CLEANFEED_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== ''),
      join(ROOT, 'src', 'cli.ts'),
      'serve',
      '-c',
      site.workspace.write('cleanfeed.yaml', JSON.stringify(ourConfiguration(site))),
    ],
  },
  {
    name: 'haproxy',
    version: () => installedVersion('haproxy', ['-v'], /version (\S+)/),
    ports: [PORT.haproxy, PORT.haproxyTls, PORT.haproxySplice],
    command: (site) => [
      findProgram('haproxy')!,
      '-db',
      '-f',
      site.workspace.write('haproxy.cfg', haproxyConfiguration(site)),
    ],
  },
  {
    name: 'node:net',
    version: () => process.versions.node,
    ports: [PORT.bare],
    command: () => [
      process.execPath,
      '--max-semi-space-size=2',
      join(import.meta.dirname, 'bare-relay.ts'),
      String(PORT.bare),
    ],
  },
  squid('squid', SQUID_SERVICES[0]!, { port: PORT.squid, plainPort: 3129, keeps: 'on' }),
  squid('squid, own', SQUID_SERVICES[1]!, { port: PORT.squidOwn, plainPort: 3130, keeps: 'off' }),
];

interface SquidSetup {
  readonly port: number;
  /** It wants one that is not intercepted. */
  readonly plainPort: number;
  /** Whether it keeps connections to origins. */
  readonly keeps: 'on' | 'off';
}

function squid(name: string, service: string, setup: SquidSetup): Program {
  return {
    name,
    version: () => installedVersion('squid', ['-v'], /Version (\S+)/),
    ports: [setup.port],
    command: (site) => [
      ...AS_PROXY,
      findProgram('squid')!,
      '-N',
      '-n',
      service,
      '-f',
      site.workspace.write(`${service}.conf`, squidConfiguration(site, service, setup)),
    ],
    sweep: () => removeSharedMemory(service),
  };
}

/** Squid that gives up root by itself does not end with the bench any more: it begins as its user, with the one capability it needs. */
const AS_PROXY =
  'setpriv --reuid proxy --regid proxy --clear-groups --inh-caps +net_admin --ambient-caps +net_admin --pdeathsig TERM --'.split(
    ' ',
  );

/** Starts one; rejects where it does not listen. */
export async function startPeer(program: Program, site: Site): Promise<RunningProcess> {
  program.sweep?.();
  const { filter } = site.machines;
  const running = startPinned({
    name: program.name,
    cores: [PROXY_CORE],
    command: [...filter.under, ...program.command(site)],
    logFile: site.workspace.path(`${program.name}.log`),
  });
  for (const port of program.ports) await untilListeningIn(filter, running, port);
  return running;
}

export async function untilListeningIn(machine: Namespace, running: RunningProcess, port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while ((await machine.run('ss', '-Hltn', 'sport', '=', `:${port}`)) === '') {
    if (running.hasEnded()) throw new Error(`${running.name} ended at start: ${running.lastWords()}`);
    if (performance.now() > deadline)
      throw new Error(`${running.name} does not listen at port ${port}: ${running.lastWords()}`);
    await pause(50);
  }
}

/** JSON is YAML. */
function ourConfiguration({ list, workspace, source }: Site): Readonly<Record<string, unknown>> {
  return {
    listeners: [
      { name: 'inline', mode: 'transparent', address: '127.0.0.1', port: PORT.cleanfeed, source },
      { name: 'explicit', mode: 'explicit', address: FILTER, port: PORT.explicit },
    ],
    admin: { address: '127.0.0.1', port: 9090 },
    clients: { allow: ['192.0.2.0/24'] },
    lists: [{ name: 'bench', source: compiledList(list, workspace), action: 'block' }],
    upstream: { allow: ['203.0.113.0/24'] },
    // All come from one address.
    limits: { connectionsPerClient: 8192 },
    state: { directory: workspace.folder('cleanfeed-state') },
    workers: 1,
  };
}

function haproxyConfiguration({ list, workspace, source }: Site): string {
  const urls = workspace.write('haproxy-list.txt', list.map(({ host, path }) => `${host}${path}\n`).join(''));
  const names = [...new Set(list.map(({ host }) => host))];
  const hosts = workspace.write('haproxy-hosts.txt', names.map((host) => `${host}\n`).join(''));
  const from = source === 'client' ? 'source 0.0.0.0 usesrc clientip' : '';
  const tls = (name: string, port: number, splice: string): string => `
frontend ${name}
  mode tcp
  bind 127.0.0.1:${port} transparent backlog 4096
  tcp-request inspect-delay 5s
  tcp-request content reject if { req.ssl_sni -m str -f ${hosts} }
  tcp-request content accept if { req.ssl_hello_type 1 }
  default_backend ${name}
backend ${name}
  mode tcp
  ${splice}
  option transparent
  ${from}
`;
  return `
global
  nbthread 1
  maxconn 4096
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend http
  mode http
  bind 127.0.0.1:${PORT.haproxy} transparent backlog 4096
  acl listed base -m str -f ${urls}
  http-request deny deny_status 403 if listed
  default_backend http
backend http
  mode http
  option transparent
  ${from}
${tls('tls', PORT.haproxyTls, '')}
${tls('splice', PORT.haproxySplice, 'option splice-auto')}`;
}

function squidConfiguration(
  { workspace, source }: Site,
  service: string,
  { port, plainPort, keeps }: SquidSetup,
): string {
  const state = workspace.folder(service);
  return `
http_port 127.0.0.1:${port} tproxy
http_port 127.0.0.1:${plainPort}
server_persistent_connections ${keeps}
spoof_client_ip ${source === 'client' ? 'allow' : 'deny'} all
workers 1
cache deny all
cache_mem 0
access_log none
cache_log ${join(state, 'cache.log')}
cache_store_log none
pid_filename ${join(state, 'squid.pid')}
coredump_dir ${state}
netdb_filename none
pinger_enable off
visible_hostname bench.invalid
shutdown_lifetime 0 seconds
http_access allow all
`;
}

/** Squid that was killed leaves its segments behind, and the next one of that name does not start. */
function removeSharedMemory(service: string): void {
  for (const name of readdirSync('/dev/shm'))
    if (name.startsWith(`${service}-`)) rmSync(join('/dev/shm', name), { force: true });
}
