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

/** `file`: questions, one a line. Runs until `stop`. */
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
    '5',
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
