/** The real command line as a child process. Whatever is started here is ended by `endAll`, by its own handle. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { program } from '../support/program.ts';

export const ROOT = dirname(dirname(import.meta.dirname));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** The first line (of either stream, past or to come) that the function takes; fails when the process ends before. */
  line(matches: (line: string) => boolean): Promise<string>;
  /** The first log line of that event. */
  event(name: string): Promise<Record<string, unknown>>;
}

export interface Where {
  readonly cwd?: string;
  readonly nodeOptions?: string;
  /** For its standard input. */
  readonly input?: string;
  /** Its standard input. */
  readonly inputSocket?: Socket;
  /** Its modules, where a test looks at their loading: a build is one file. */
  readonly isSources?: boolean;
  /** As systemd's RuntimeDirectory= tells it. */
  readonly runtimeDirectory?: string;
  /** Proxies that the shell names. */
  readonly proxies?: Readonly<Record<string, string>>;
}

const children = new Set<Running>();
const folders = new Set<string>();

const WITHOUT_PROXIES = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'].map((name) => [name, '']),
);

/** Variables of those that run in this folder. */
export function environmentIn(
  cwd: string,
  { nodeOptions = '', runtimeDirectory = '', proxies = {} }: Where = {},
): Readonly<Record<string, string>> {
  return {
    // Those of the test runner are not for what it starts.
    NODE_OPTIONS: nodeOptions,
    // Nor are proxies of the machine's.
    ...WITHOUT_PROXIES,
    ...proxies,
    RUNTIME_DIRECTORY: runtimeDirectory,
    XDG_STATE_HOME: cwd === ROOT ? join(tmpdir(), 'cleanfeed-test-state') : join(cwd, 'state'),
  };
}

/** Runs to the end. */
export async function cleanfeed(args: readonly string[], options: Where = {}): Promise<Outcome> {
  return await start(args, options).ended;
}

export function start(
  args: readonly string[],
  options: Where & { readonly ipc?: boolean; readonly keepsInput?: boolean } = {},
): Running {
  const { cwd = ROOT, ipc = false, input, inputSocket, keepsInput = false, isSources = false } = options;
  const script = isSources ? join(ROOT, 'src', 'cli.ts') : program();
  const stdio: StdioOptions = [inputSocket ?? (input === undefined ? 'ignore' : 'pipe'), 'pipe', 'pipe'];
  const env = { ...process.env, ...environmentIn(cwd, options) };
  const child = spawn(process.execPath, [script, ...args], { cwd, env, stdio: ipc ? [...stdio, 'ipc'] : stdio });
  // One that ends before it has read all is no fault of the test.
  child.stdin?.on('error', () => {})[keepsInput ? 'write' : 'end'](input ?? '');
  const streams = { stdout: '', stderr: '' };
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let hasEnded = false;
  const wake = (): void => {
    for (const check of waiting) check();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      streams[name] += text;
    });
    createInterface({ input: child[name]! }).on('line', (line) => {
      lines.push(line);
      wake();
    });
  }
  const ended = (async (): Promise<Outcome> => {
    // Not 'close': after disconnect() it never comes.
    const [[code, signal]] = await Promise.all([
      once(child, 'exit'),
      once(child.stdout!, 'close'),
      once(child.stderr!, 'close'),
    ]);
    hasEnded = true;
    wake();
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...streams };
  })();
  const line = async (matches: (text: string) => boolean): Promise<string> =>
    await new Promise((resolve, reject) => {
      const check = (): void => {
        const found = lines.find(matches);
        if (found === undefined && !hasEnded) return;
        waiting.delete(check);
        if (found === undefined) reject(new Error(`ended before the line came: ${streams.stderr}`));
        else resolve(found);
      };
      waiting.add(check);
      check();
    });
  const running: Running = {
    child,
    ended,
    line,
    event: async (name) =>
      JSON.parse(await line((text) => text.includes(`"event":"${name}"`))) as Record<string, unknown>,
  };
  children.add(running);
  return running;
}

/** A folder of its own with these files. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cleanfeed-cli-'));
  folders.add(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** For `afterEach`. */
export async function endAll(): Promise<void> {
  for (const { child, ended } of children) {
    child.kill('SIGKILL');
    await ended;
  }
  children.clear();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  folders.clear();
}
