/** The real curl, without the user's configuration and environment: what it received, and how it went. */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { HANG_BOUND_MS } from './hang-bound.ts';
import { programPath } from './program-path.ts';

export interface CurlResult {
  /** curl's own exit status: 0 fine, 18 partial file, 52 empty reply, 56 receive error … */
  readonly exit: number;
  /** Status of the last answer; 0: none. */
  readonly status: number;
  /** Status of the answer to CONNECT; 0: none. */
  readonly connectStatus: number;
  /** Fields of the last answer by lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** New connections that the transfer needed. */
  readonly connects: number;
}

interface WriteOut {
  readonly http_code: number;
  readonly http_connect: number;
  readonly num_connects: number;
}

/** Through the proxy at 127.0.0.1:`port`. `input` goes to standard input (`--data-binary @-`, `-T -`). */
export async function curl(
  port: number,
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
): Promise<CurlResult> {
  const { exit, stdout, stderr } = await run(port, ['-w', '%{stderr}%{json}\n%{header_json}', ...args], input);
  const split = stderr.indexOf('\n');
  const summary = JSON.parse(stderr.slice(0, split)) as WriteOut;
  const fields = JSON.parse(stderr.slice(split) || '{}') as Record<string, string[]>;
  return {
    exit,
    status: summary.http_code,
    connectStatus: summary.http_connect,
    fields: new Map(Object.entries(fields).map(([name, values]) => [name.toLowerCase(), values.join(', ')])),
    body: stdout,
    connects: summary.num_connects,
  };
}

/** Several URLs in one run, one after the other: `connections it opened, status` for each. */
export async function curlEach(port: number, urls: readonly string[]): Promise<string[]> {
  const outputs = urls.flatMap((url) => ['-o', '/dev/null', url]);
  const { stdout } = await run(
    port,
    ['-w', '%{stdout}%{num_connects} new, %{http_code}\n', ...outputs],
    Buffer.alloc(0),
  );
  return stdout.toString().trimEnd().split('\n');
}

async function run(
  port: number,
  args: readonly string[],
  input: Buffer,
): Promise<{ readonly exit: number; readonly stdout: Buffer; readonly stderr: string }> {
  const own = [
    '-q',
    '-s',
    '--noproxy',
    '',
    '-x',
    `http://127.0.0.1:${port}`,
    '--max-time',
    String(HANG_BOUND_MS / 1000),
  ];
  const child = spawn(programPath('curl') ?? 'curl', [...own, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: 'pipe',
  });
  // curl does not read on when it has its answer.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  const [stdout, stderr, exit] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  return { exit, stdout, stderr };
}
