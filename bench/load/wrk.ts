/**
 * wrk as load generator for a forward proxy: a Lua script gives it requests in absolute-form, and prints what it counted
 * as one line of JSON, so that nothing is read out of its human report.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LOAD_CORE } from './cores.ts';
import { pinned } from './processes.ts';

export interface WrkOptions {
  readonly proxyPort: number;
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
  /** Requests that failed: connect, read, write, timeout, or a status of 400 and above. */
  readonly failures: number;
}

const MARK = 'bench-result ';
const FIELDS = '{"requests":%d,"us":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}';

export async function runWrk(options: WrkOptions): Promise<WrkResult> {
  const { proxyPort, seconds, connections, script } = options;
  const load = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s', '-s', script];
  const [program, ...args] = pinned(LOAD_CORE, ['wrk', ...load, `http://127.0.0.1:${proxyPort}/`]);
  const { stdout } = await promisify(execFile)(program!, args);
  const line = stdout.split('\n').find((text) => text.startsWith(MARK));
  if (line === undefined) throw new Error(`wrk gave no result:\n${stdout}`);
  return resultFrom(new Map(Object.entries<unknown>(Object(JSON.parse(line.slice(MARK.length))))));
}

function resultFrom(raw: ReadonlyMap<string, unknown>): WrkResult {
  const figure = (name: string): number => Number(raw.get(name));
  return {
    requests: figure('requests'),
    seconds: figure('us') / 1e6,
    p50Ms: figure('p50') / 1000,
    p99Ms: figure('p99') / 1000,
    failures: ['connect', 'read', 'write', 'timeout', 'status'].reduce((sum, kind) => sum + figure(kind), 0),
  };
}

/** A few fields every client sends; the same for every request of every peer. */
const COMMON_FIELDS = { 'User-Agent': 'bench/1.0', Accept: '*/*' } as const;

/** The same GET again and again. */
export function fixedRequestScript(host: string, path: string, fields: Readonly<Record<string, string>> = {}): string {
  return `wrk.method = "GET"
wrk.path = "http://${host}${path}"
${headerLines({ Host: host, ...COMMON_FIELDS, ...fields })}
${doneFunction()}`;
}

/** One GET for each host in turn; every `perConnection`-th asks to close the connection. */
export function manyHostsScript(hosts: readonly string[], path: string, perConnection: number): string {
  return `local hosts = { ${hosts.map((host) => `"${host}"`).join(', ')} }
local requests = {}
local next = 0
function init(args)
  for i, host in ipairs(hosts) do
    local headers = { Host = host, ["User-Agent"] = "${COMMON_FIELDS['User-Agent']}", Accept = "${COMMON_FIELDS.Accept}" }
    if i % ${perConnection} == 0 then headers["Connection"] = "close" end
    requests[i] = wrk.format("GET", "http://" .. host .. "${path}", headers)
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
${doneFunction()}`;
}

function headerLines(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
    .join('\n');
}

function doneFunction(): string {
  return `function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('${MARK}${FIELDS}\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
`;
}
