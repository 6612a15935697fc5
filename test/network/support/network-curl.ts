/** The real curl on a machine of a test's network: what it received, and how it went. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { HANG_BOUND_MS } from '../../support/hang-bound.ts';
import type { Namespace } from './namespace.ts';

export interface Curled {
  /** curl's own exit status: 0 fine, 7 not connected, 35 no TLS, 52 nothing, 56 reset … */
  readonly exit: number;
  readonly status: number;
  /** `1.1`, `2`. */
  readonly version: string;
  /** By lower-case name, without Date. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function curlOn(machine: Pick<Namespace, 'under'>, ...args: readonly string[]): Promise<Curled> {
  const own = ['-q', '-s', '--max-time', String(HANG_BOUND_MS / 1000), '-w', '%{stderr}%{json}\n%{header_json}'];
  const [program = '', ...words] = [...machine.under, 'curl', ...own, ...args];
  const child = spawn(program, words, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [body, told, [exit]] = await Promise.all([buffer(child.stdout), text(child.stderr), once(child, 'close')]);
  const split = told.indexOf('\n');
  const { http_code: status, http_version: version } = JSON.parse(told.slice(0, split)) as {
    http_code: number;
    http_version: string;
  };
  const fields = Object.entries(JSON.parse(told.slice(split) || '{}') as Record<string, string[]>);
  return {
    exit: exit as number,
    status,
    version,
    fields: Object.fromEntries(
      fields.filter(([name]) => name !== 'date').map(([name, values]) => [name, values.join(', ')]),
    ),
    body: body.toString('latin1'),
  };
}
