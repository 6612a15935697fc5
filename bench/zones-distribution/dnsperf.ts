/** dnsperf against one resolver while a zone changes: how many answers never came, and how long the slowest took. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { programPath } from '../../test/support/program-path.ts';

export interface Load {
  readonly sent: number;
  readonly lost: number;
  /** Answers that are a SERVFAIL or REFUSED. */
  readonly failed: number;
  /** Seconds. */
  readonly slowest: number;
}

/** Seconds after which a client has given up. */
const PATIENCE = 5;
/** KiB: what waits at the generator is not to be lost there. */
const BUFFER = 4096;

/**
 * `file`: questions, one a line. Runs until `stop`. A resolver that stands still does not slow it down: whatever comes within the patience of a
 * client may wait at once. (With dnsperf's own bound of a hundred, one that stood still for ten seconds was asked a hundred questions, not thousands.)
 */
export function startLoad(port: number, file: string, rate: number): { stop(): Promise<Load> } {
  const args = [
    '-s',
    '127.0.0.1',
    '-p',
    String(port),
    '-d',
    file,
    '-Q',
    String(rate),
    '-l',
    '600',
    '-t',
    String(PATIENCE),
    '-q',
    String(2 * PATIENCE * rate),
    '-b',
    String(BUFFER),
    '-c',
    '4',
  ];
  const child = spawn(programPath('dnsperf') ?? 'dnsperf', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
  const exited = once(child, 'close');
  return {
    stop: async () => {
      child.kill('SIGINT');
      await exited;
      return read(said);
    },
  };
}

/** @throws where it has said no figures. */
function read(said: string): Load {
  const number = (pattern: RegExp): number => {
    const [, value] = pattern.exec(said) ?? [];
    if (value === undefined) throw new Error(`dnsperf has not said ${pattern.source}: ${said}`);
    return Number(value);
  };
  const failed = [...said.matchAll(/(?:SERVFAIL|REFUSED) (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  return {
    sent: number(/Queries sent:\s+(\d+)/),
    lost: number(/Queries lost:\s+(\d+)/),
    failed,
    slowest: number(/Average Latency.*max ([\d.]+)/),
  };
}
