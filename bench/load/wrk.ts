/**
 * wrk as load generator: a Lua script gives it its requests, and prints what it counted as one line of JSON, so that
 * nothing is read out of its human report.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LOAD_CORE } from './cores.ts';
import { pinned } from './processes.ts';
import { RESULT_MARK } from './wrk-scripts.ts';

export interface WrkOptions {
  /** Where it connects to. */
  readonly url: string;
  /** Words before the command; none: it runs here. */
  readonly under?: readonly string[];
  readonly seconds: number;
  readonly connections: number;
  /** File name of the Lua script. */
  readonly script: string;
}

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that got no answer: connect, read, write, timeout. */
  readonly lost: number;
  /** Answers with a status of 400 and above. */
  readonly refused: number;
}

export async function runWrk(options: WrkOptions): Promise<WrkResult> {
  const { url, under = [], seconds, connections, script } = options;
  const load = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s', '-s', script];
  const [program, ...args] = pinned([LOAD_CORE], [...under, 'wrk', ...load, url]);
  const { stdout } = await promisify(execFile)(program!, args);
  const line = stdout.split('\n').find((text) => text.startsWith(RESULT_MARK));
  if (line === undefined) throw new Error(`wrk gave no result:\n${stdout}`);
  return resultFrom(new Map(Object.entries<unknown>(Object(JSON.parse(line.slice(RESULT_MARK.length))))));
}

function resultFrom(raw: ReadonlyMap<string, unknown>): WrkResult {
  const figure = (name: string): number => Number(raw.get(name));
  return {
    requests: figure('requests'),
    seconds: figure('us') / 1e6,
    p50Ms: figure('p50') / 1000,
    p99Ms: figure('p99') / 1000,
    lost: ['connect', 'read', 'write', 'timeout'].reduce((sum, kind) => sum + figure(kind), 0),
    refused: figure('status'),
  };
}
