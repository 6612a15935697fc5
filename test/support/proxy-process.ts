/**
 * The real thing: `cleanfeed serve -c FILE` as a process of its own, in a directory of its own, on ports of its own
 * choosing. Stopping it is an assertion too: it ends with status 0, no data thread died, and nothing that could tell who
 * asked for what stands in its log.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { InstanceReport } from '../../src/observe/control-protocol.ts';
import { eventually } from './eventually.ts';
import { parseMetrics } from './metrics-text.ts';
import { program } from './program.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface ListSetup {
  /** Null: the file is not there. */
  readonly text: string | null;
  readonly action?: 'block' | 'count' | 'allow';
  readonly optIn?: boolean;
  readonly status?: 403 | 451;
  readonly blockedBy?: string;
  readonly maxBadLineRatio?: number;
  readonly suffixes?: 'refuse' | 'warn';
  readonly gate?: { readonly growth?: number; readonly shrink?: number };
}

export interface ProxySetup {
  /** Top-level keys of the configuration that differ from `BASE`; of `shutdown` each key. */
  readonly config?: Readonly<Record<string, unknown>> & { readonly shutdown?: Readonly<Record<string, unknown>> };
  readonly lists?: Readonly<Record<string, string | ListSetup>>;
  /** Added to the environment of the process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that ends by running the one behind it in its own place, like `unshare -m`. */
  readonly under?: readonly string[];
  /** The build of this checkout unless told. */
  readonly release?: { readonly folder: string; readonly program: string };
  /** A connection to a port of the process's loopback, where that is not the test's own. */
  readonly reach?: (port: number) => Promise<Socket>;
}

type HowToStart = Pick<ProxySetup, 'environment' | 'under' | 'release' | 'reach'>;

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

const BASE = {
  listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 }],
  admin: { address: '127.0.0.1', port: 0 },
  upstream: { allow: ['127.0.0.0/8', '::1/128'] },
  state: { directory: './state' },
  workers: 1,
};
/** No balancer looks: nobody has to wait for it at each stop. */
const SHUTDOWN = { lameDuck: '0s' };

/** A proxy that has opened its listeners. */
export async function startProxy(setup: ProxySetup = {}): Promise<ProxyProcess> {
  const proxy = await spawnProxy(setup);
  try {
    await proxy.ready();
    return proxy;
  } catch (error) {
    proxy.signal('SIGKILL');
    throw error;
  }
}

/** A proxy whose admin side answers; its lists may be missing. */
export async function spawnProxy(setup: ProxySetup = {}): Promise<ProxyProcess> {
  const directory = temporaryDirectory();
  const lists = Object.entries(setup.lists ?? {}).map(([name, list]) => listOf(directory, name, list));
  const config = {
    ...BASE,
    ...(lists.length > 0 ? { lists } : {}),
    ...setup.config,
    shutdown: { ...SHUTDOWN, ...setup.config?.shutdown },
  };
  writeFileSync(directory.file('cleanfeed.yaml'), JSON.stringify(config));
  return await ProxyProcess.start(directory, setup);
}

/** For starts that must fail: runs until the end. `config` is the file as it is. */
export async function serveToTheEnd(
  config: string,
): Promise<{ readonly exit: number | null; readonly stderr: string }> {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('cleanfeed.yaml'), config);
  const child = spawnServe(directory);
  const exited = exitOf(child);
  return { stderr: await text(child.stderr!), exit: (await exited).code };
}

export class ProxyProcess implements AsyncDisposable {
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #directory: TemporaryDirectory;
  readonly #setup: HowToStart;
  readonly #child: ChildProcess;
  #stderr = '';
  #adminPort = 0;
  #ports: ReadonlyMap<string, number> = new Map();

  static async start(directory: TemporaryDirectory, setup: HowToStart = {}): Promise<ProxyProcess> {
    const proxy = new ProxyProcess(directory, setup);
    const started = await eventually(
      'the admin side answers',
      () => (proxy.hasEnded ? null : proxy.logged('process.started')[0]),
      (line) => line !== undefined,
    );
    if (started === null || started === undefined) throw new Error(`the proxy ended: ${proxy.#stderr}`);
    proxy.#adminPort = Number(started['port']);
    return proxy;
  }

  constructor(directory: TemporaryDirectory, setup: HowToStart = {}) {
    this.#directory = directory;
    this.#setup = setup;
    this.#child = spawnServe(directory, setup);
    this.exited = exitOf(this.#child);
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
  }

  /** Of the first listener. */
  get port(): number {
    const [port] = this.#ports.values();
    if (port === undefined) throw new Error('the proxy does not listen yet');
    return port;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get adminPort(): number {
    return this.#adminPort;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  portOf(listener: string): number {
    return this.#ports.get(listener)!;
  }

  /** Resolves when `/readyz` says 200; learns the ports. */
  async ready(): Promise<void> {
    await eventually(
      'the proxy is ready',
      async () => await this.admin('/readyz'),
      ({ status }) => status === 200,
    );
    const { listeners } = await this.status();
    this.#ports = new Map(listeners.map(({ name, port }) => [name, port!]));
  }

  async admin(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const { reach } = this.#setup;
    const socket = reach === undefined ? null : await reach(this.#adminPort);
    const by = socket === null ? { agent: false as const } : { createConnection: () => socket };
    return await new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.#adminPort, path, ...by }, (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode!, body }), reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  async status(): Promise<InstanceReport> {
    return JSON.parse(await this.#told('/status')) as InstanceReport;
  }

  /** Samples by name with labels, as in the text format: `cleanfeed_bytes_total{direction="client_in"}`. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    return parseMetrics(await this.#told('/metrics'));
  }

  /** An admin side that has its hands full refuses (503) or closes a connection: that tells nothing, and is asked again. */
  async #told(path: string): Promise<string> {
    const answer = await eventually(
      `${path} is told`,
      async () => await this.admin(path).catch((error: unknown) => ({ status: 0, body: String(error) })),
      ({ status }) => status === 200 || this.hasEnded,
    );
    if (answer.status !== 200) throw new Error(`${path} is not told: the process has ended: ${answer.body}`);
    return answer.body;
  }

  /** What its log tells, in order, as far as it has come. */
  events(): string[] {
    return logLines(this.#stderr).map(({ event }) => event);
  }

  /** Log lines with this event, as far as they have come. */
  logged(event: string): LogLine[] {
    return logLines(this.#stderr).filter((line) => line.event === event);
  }

  /** Waits for so many lines with this event: the log comes by a way of its own, later than an answer to what it tells of. */
  async told(event: string, count = 1): Promise<LogLine[]> {
    return await eventually(
      `${event} in the log, ${count} times`,
      () => this.logged(event),
      (lines) => lines.length >= count,
    );
  }

  /** A signal of its own, after the one that this line of the log tells of: within a quarter of a second two count as one keystroke. */
  async signalAfter({ time }: LogLine, signal: NodeJS.Signals): Promise<void> {
    await eventually('another keystroke', () => Date.now() > Date.parse(String(time)) + 250);
    this.signal(signal);
  }

  /** Path of a file beside the configuration. */
  file(name: string): string {
    return this.#directory.file(name);
  }

  /** The reader of its log goes away. */
  closeStderr(): void {
    this.#child.stderr!.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it without a word and starts it again from the same files. */
  async killAndRestart(): Promise<ProxyProcess> {
    this.signal('SIGKILL');
    await this.exited;
    return await ProxyProcess.start(this.#directory, this.#setup);
  }

  async stop(): Promise<void> {
    if (!this.hasEnded) this.signal('SIGTERM');
    const { code, signal } = await this.exited;
    const { path } = this.#directory;
    this.forget();
    if (code !== 0) throw new Error(`the proxy ended with ${code ?? signal}: ${this.#stderr}`);
    for (const line of logLines(this.#stderr)) checkLine(line, path);
  }

  /** For a process that was made to end badly: removes its directory, asserts nothing. */
  forget(): void {
    this.#directory[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function listOf(directory: TemporaryDirectory, name: string, list: string | ListSetup): object {
  const { text, ...keys } = typeof list === 'string' ? { text: list } : list;
  if (text !== null) writeFileSync(directory.file(`${name}.txt`), text);
  return { name, source: `./${name}.txt`, action: 'block', ...keys };
}

/** With an IPC channel: should the tests be killed, its end stops the proxy too. */
function spawnServe(
  directory: TemporaryDirectory,
  { environment = {}, under = [], release }: HowToStart = {},
): ChildProcess {
  const env = { ...process.env, ...environment };
  const node = join(release?.folder ?? ROOT, 'node_modules', '.bin', 'node');
  const serve = [node, release?.program ?? program(), 'serve', '-c', directory.file('cleanfeed.yaml')];
  const [command = node, ...words] = [...under, ...serve];
  return spawn(command, words, { cwd: directory.path, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

function exitOf(child: ChildProcess): ProxyProcess['exited'] {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
}

/** Whole lines of the log; what is said to a person beside it (why it could not start) is none. */
function logLines(stderr: string): LogLine[] {
  return stderr
    .slice(0, stderr.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}

/** Requirement 50: no URL, host or client address, but for the addresses of our own listeners and the names of our own zones. */
function checkLine(line: LogLine, directory: string): void {
  if (line.event === 'worker.exited' || line.event === 'worker.unresponsive')
    throw new Error(`a data thread failed: ${JSON.stringify(line)}`);
  const words = JSON.stringify({ ...line, address: null, zone: null }).replaceAll(directory, '');
  if (/:\/\/|\b(?:127|192)\.\d|::1\b|localhost|\.(?:test|example|invalid)\b/i.test(words))
    throw new Error(`the log tells too much: ${words}`);
}
