/**
 * What is done with each proxy, and what is read out of it: nanoseconds of its processor time for one unit of work. Whatever
 * comes back is checked before its time counts.
 *
 *   kept    a request on a connection that is there          new    a request on a connection of its own
 *   tls     a TLS connection with SNI, one request in it     bulk   100 MB through TLS
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LOAD_CORE, PROXY_CORE } from '../load/cores.ts';
import { BULK_BYTES, SMALL_BODY } from '../load/origin.ts';
import { pinned, type RunningProcess } from '../load/processes.ts';
import { spentOn } from '../load/spent.ts';
import type { Workspace } from '../load/workspace.ts';
import { runWrk } from '../load/wrk.ts';
import { fixedRequestScript, rawRequestScript } from '../load/wrk-scripts.ts';
import { FILTER, NAME, ORIGIN, type ThreeMachines } from './three-machines.ts';
import { PORT } from './peers.ts';

const CONNECTIONS = 32;
const FIELDS = `Host: ${ORIGIN}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n`;
const BULKS = 3;
const PLAIN = `http://${ORIGIN}/small`;
const SECURE = `https://${NAME}/small`;
const NOBODYS_PORT = 1;

export interface Work {
  readonly machines: ThreeMachines;
  readonly workspace: Workspace;
  readonly running: RunningProcess;
  readonly seconds: number;
}

export interface Figure {
  /** Processor time of the proxy for one unit of work, in the scene's unit. */
  readonly cost: number;
  /** Connections that the origin got, for one unit: who makes fewer does less. */
  readonly opened: number;
  /** That were done. */
  readonly units: number;
}

type Measure = (work: Work) => Promise<Figure>;

export interface Entry {
  /** Of peers.ts. */
  readonly program: string;
  readonly name: string;
  /** What the rules send clients to; null: they go to the proxy by themselves. */
  readonly port: number | null;
  readonly measure: Measure;
}

export interface Scene {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /**
   * Units before anything counts: code has to have been compiled for what it meets. On a busy machine little is done in a second: our
   * cost for a new connection falls by half over the first 20,000, and stays then.
   */
  readonly warmUp: number;
  /** What is asked for once before, through each proxy. */
  readonly url: string;
  /** Ours is the first. */
  readonly entries: readonly Entry[];
  readonly limits: Readonly<Record<string, number>>;
}

const http =
  (fields: string): Measure =>
  async (work) =>
    await load(work, { url: `http://${ORIGIN}/`, script: rawRequestScript(head(fields)) });
const explicit =
  (fields: Readonly<Record<string, string>>): Measure =>
  async (work) =>
    await load(work, {
      url: `http://${FILTER}:${PORT.explicit}/`,
      script: fixedRequestScript(ORIGIN, '/small', fields),
    });
const tls: Measure = async (work) =>
  await load(work, { url: `https://${NAME}/`, script: rawRequestScript(head('Connection: close\r\n')) });

function entry(program: string, port: number | null, measure: Measure, name = program): Entry {
  return { program, name, port, measure };
}

const CLOSE = 'Connection: close\r\n';

export const SCENES: readonly Scene[] = [
  {
    name: 'kept',
    title: 'HTTP request on a kept connection',
    unit: 'us',
    warmUp: 30_000,
    url: PLAIN,
    entries: [
      entry('cleanfeed', PORT.cleanfeed, http('')),
      entry('haproxy', PORT.haproxy, http('')),
      entry('squid', PORT.squid, http('')),
      entry('cleanfeed', null, explicit({}), 'cleanfeed, explicit'),
    ],
    limits: { haproxy: 1.3, squid: 0.5 },
  },
  {
    name: 'new',
    title: 'HTTP request on a new connection',
    unit: 'us',
    warmUp: 30_000,
    url: PLAIN,
    entries: [
      entry('cleanfeed', PORT.cleanfeed, http(CLOSE)),
      entry('haproxy', PORT.haproxy, http(CLOSE)),
      entry('node:net', PORT.bare, http(CLOSE)),
      entry('squid, own', PORT.squidOwn, http(CLOSE)),
      entry('squid', PORT.squid, http(CLOSE)),
      entry('cleanfeed', null, explicit({ Connection: 'close' }), 'cleanfeed, explicit'),
    ],
    limits: { haproxy: 1.3, 'squid, own': 0.5, squid: 0.5 },
  },
  {
    name: 'tls',
    title: 'new TLS connection with SNI',
    unit: 'us',
    warmUp: 30_000,
    url: SECURE,
    entries: [entry('cleanfeed', PORT.cleanfeed, tls), entry('haproxy', PORT.haproxyTls, tls)],
    limits: { haproxy: 1.8 },
  },
  {
    name: 'bulk',
    title: '100 MB through TLS',
    unit: 'ms',
    warmUp: BULKS,
    url: SECURE,
    entries: [
      entry('cleanfeed', PORT.cleanfeed, bulk),
      entry('haproxy', PORT.haproxyTls, bulk),
      entry('haproxy', PORT.haproxySplice, bulk, 'haproxy, splice'),
    ],
    limits: { haproxy: 1 },
  },
];

function head(fields: string): string {
  return `GET /small HTTP/1.1\r\n${FIELDS}${fields}\r\n`;
}

async function load(
  { machines, workspace, running, seconds }: Work,
  { url, script }: { readonly url: string; readonly script: string },
): Promise<Figure> {
  const options = {
    url,
    under: [...machines.client.under, ...knowing(workspace)],
    seconds,
    connections: CONNECTIONS,
    script: workspace.write('load.lua', script),
  };
  const before = await openedAt(machines);
  const { result, cpuNs } = await spentOn({ pid: running.pid, cores: [PROXY_CORE] }, () => runWrk(options));
  const opened = (await openedAt(machines)) - before;
  const { requests, lost, refused } = result;
  if (requests === 0 || refused > 0 || lost > requests / 1000)
    throw new Error(`${requests} answers, ${refused} of them refusals, ${lost} lost`);
  return { cost: cpuNs / requests / 1000, opened: opened / requests, units: requests };
}

async function bulk({ machines, workspace, running }: Work): Promise<Figure> {
  const before = await openedAt(machines);
  const { cpuNs } = await spentOn({ pid: running.pid, cores: [PROXY_CORE] }, async () => {
    for (let i = 0; i < BULKS; i += 1) {
      const [size] = (
        await curl(machines, workspace, '-o', '/dev/null', '-w', '%{size_download}', `https://${NAME}/bulk`)
      ).split(' ');
      if (Number(size) !== BULK_BYTES) throw new Error(`${size} bytes came of ${BULK_BYTES}`);
    }
  });
  return { cost: cpuNs / BULKS / 1e6, opened: ((await openedAt(machines)) - before) / BULKS, units: BULKS };
}

/** Connections that the origin's machine has got so far. */
async function openedAt({ origin }: ThreeMachines): Promise<number> {
  const [names, values] = [...(await origin.run('cat', '/proc/net/snmp')).matchAll(/^Tcp: (.*)$/gm)].map(
    ([, row = '']) => row.split(' '),
  );
  return Number(values![names!.indexOf('PassiveOpens')]);
}

/** Nothing comes while no proxy listens, and through each proxy comes what the origin has. */
export async function checkWay(
  { machines, workspace }: Pick<Work, 'machines' | 'workspace'>,
  scenes: readonly Scene[],
): Promise<void> {
  await machines.steerTo(NOBODYS_PORT);
  for (const { url } of scenes) {
    const around = await curl(machines, workspace, url).catch(() => null);
    if (around !== null) throw new Error(`with no proxy in the path ${JSON.stringify(around)} came`);
  }
  for (const { url, entries } of scenes)
    for (const { port, name } of entries) {
      if (port === null) continue;
      await machines.steerTo(port);
      const body = await curl(machines, workspace, url).catch((error: unknown) => String(error));
      if (body !== SMALL_BODY) throw new Error(`through ${name} came ${JSON.stringify(body)}`);
    }
}

/** A listed page is refused: the list is in force where a list is held. */
export async function checkList(
  machines: ThreeMachines,
  workspace: Workspace,
  listed: { readonly host: string; readonly path: string },
): Promise<void> {
  for (const port of [PORT.cleanfeed, PORT.haproxy]) {
    await machines.steerTo(port);
    const words = [
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      `Host: ${listed.host}`,
      `http://${ORIGIN}${listed.path}`,
    ];
    const status = await curl(machines, workspace, ...words);
    if (status !== '403') throw new Error(`a listed page came with ${status} at port ${port}`);
  }
}

async function curl(machines: ThreeMachines, workspace: Workspace, ...words: readonly string[]): Promise<string> {
  const command = [
    ...machines.client.under,
    ...knowing(workspace),
    'curl',
    '-q',
    '-sSk',
    '--noproxy',
    '*',
    '-m',
    '60',
    ...words,
  ];
  const [program = '', ...rest] = pinned([LOAD_CORE], command);
  return (await promisify(execFile)(program, rest)).stdout;
}

/** Words before a command that lets it find the origin by its name. */
function knowing(workspace: Workspace): string[] {
  const hosts = workspace.write('hosts', `${ORIGIN} ${NAME}\n`);
  return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
}
