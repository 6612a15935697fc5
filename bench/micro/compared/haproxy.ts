/**
 * HAProxy with a file of exact `host/path` strings, on a loopback port: how long until it answers rightly, and what is
 * resident then. It is given enough of everything, answers by itself and is stopped by its process id.
 */
import { request } from 'node:http';
import { freePort } from '../../load/ports.ts';
import { PROXY_CORE } from '../../load/cores.ts';
import { pause, startPinned, untilListening } from '../../load/processes.ts';
import { readMemory } from '../../load/process-tree.ts';
import { findProgram, versionOf } from '../../load/programs.ts';
import type { Workspace } from '../../load/workspace.ts';
import type { ListedUrl } from '../../data/url-list.ts';

export interface Held {
  readonly milliseconds: number;
  readonly residentBytes: number;
}

const BLOCKED = 403;
const PASSED = 200;
const SETTLE_MS = 200;

/** Null: not installed, or nothing to pin it with. */
export function haproxyVersion(): string | null {
  const program = findProgram('haproxy');
  const canStart = findProgram('taskset') !== null && findProgram('setpriv') !== null;
  return program === null || !canStart ? null : versionOf(program, ['-v'], /version (\S+)/);
}

/** @param listFile null: without a list, for comparison. */
export async function holdInHaproxy(workspace: Workspace, listFile: string | null, listed: ListedUrl): Promise<Held> {
  const port = await freePort();
  const file = workspace.write('haproxy.cfg', configuration(port, listFile));
  const started = performance.now();
  const running = startPinned({
    name: 'haproxy',
    cores: [PROXY_CORE],
    command: [findProgram('haproxy')!, '-db', '-f', file],
    logFile: workspace.path('haproxy.log'),
  });
  try {
    await untilListening(running, port);
    const milliseconds = performance.now() - started;
    const wanted = listFile === null ? PASSED : BLOCKED;
    if ((await statusOf(port, listed.host, listed.path)) !== wanted)
      throw new Error('haproxy: wrong answer for a listed URL');
    if ((await statusOf(port, listed.host, `${listed.path}-sibling`)) !== PASSED)
      throw new Error('haproxy: wrong answer for its sibling');
    await pause(SETTLE_MS);
    return { milliseconds, residentBytes: readMemory(running.pid) };
  } finally {
    await running.stop();
  }
}

function configuration(port: number, listFile: string | null): string {
  return `
global
  nbthread 1
  maxconn 64
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend clients
  bind 127.0.0.1:${port}
${listFile === null ? '' : `  acl listed base -m str -f ${listFile}\n  http-request return status ${BLOCKED} if listed\n`}
  http-request return status ${PASSED}
`;
}

function statusOf(port: number, host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, headers: { host, connection: 'close' }, timeout: 5000 },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}
