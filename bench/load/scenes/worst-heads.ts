/**
 * 900 connections from one address, each with one of the heads that the search for slow ones has found
 * (bench/heads/slowest.json), all sent at once, again and again: how long does somebody else wait meanwhile (requirement 60)?
 * Somebody else: a client that keeps its connection, and one that opens a new one for each request.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bytesOf, slowestHeads } from '../../heads/pieces.ts';
import { ask, oneConnection } from '../ask.ts';
import { SMALL_BODY } from '../origin.ts';
import { pause } from '../processes.ts';
import { demand, demandBody, mainHost, SMALL_SHA256 } from './checks.ts';
import { small } from './keep-alive.ts';
import type { Scene, Target } from './scene.ts';

const CLIENTS = join(import.meta.dirname, '..', 'worst-heads-process.ts');
/** Between two requests of somebody else. */
const PAUSE_MS = 5;
/** A wave that takes longer is given up. */
const MAX_WAVE_MS = 60_000;

export const worstHeads: Scene = {
  name: 'worst-heads',
  title: '900 connections that send the worst heads there are, all at once',
  primary: 'longestMs',
  note: 'Milliseconds that two other clients waited for 100 bytes meanwhile. No worker may be replaced.',
  peers: ['cleanfeed'],
  check: small.check,
  warmUp: small.warmUp,
  measure: async (target, seconds) => {
    const before = await restarts(target);
    const state = { isOver: false };
    const waits = [bystander(target, state, true), bystander(target, state, false)];
    const clients = fork(CLIENTS, { stdio: 'inherit' });
    let waves = 0;
    try {
      waves = await wavesFor(target, clients, seconds);
    } finally {
      state.isOver = true;
      clients.disconnect();
    }
    const sorted = (await Promise.all(waits)).flat().toSorted((a, b) => a - b);
    demand((await restarts(target)) === before, 'a worker was replaced');
    return {
      longestMs: sorted.at(-1)!,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)]!,
      p50Ms: sorted[sorted.length >> 1]!,
      waves,
    };
  },
};

/** One wave of one head, so that the worst of them is not among better ones. */
async function wavesFor(target: Target, clients: ChildProcess, seconds: number): Promise<number> {
  const heads = headsFor(target);
  const until = performance.now() + seconds * 1000;
  let waves = 0;
  for (; performance.now() < until || waves < heads.length; waves += 1) {
    clients.send({ port: target.proxyPort, head: heads[waves % heads.length]!.toString('base64') });
    await once(clients, 'message', { signal: AbortSignal.timeout(MAX_WAVE_MS) });
  }
  return waves;
}

/** Their hosts become such as are there: one with listed pages, and the origin's. */
function headsFor(target: Target): readonly Buffer[] {
  const listed = `${target.list[0]!.host}:${target.origin.port}`;
  return slowestHeads()
    .filter(({ side }) => side === 'request')
    .map((head) =>
      Buffer.from(
        bytesOf(head)
          .toString('latin1')
          .replaceAll('listed.example', listed)
          .replaceAll('other.example', mainHost(target)),
        'latin1',
      ),
    );
}

/** Milliseconds of each request. */
async function bystander(
  target: Target,
  state: { readonly isOver: boolean },
  keepsConnection: boolean,
): Promise<number[]> {
  const waits: number[] = [];
  const agent = keepsConnection ? { agent: oneConnection() } : {};
  while (!state.isOver) {
    const start = performance.now();
    demandBody(
      await ask({ proxyPort: target.proxyPort, host: mainHost(target), path: '/small', ...agent }),
      SMALL_BODY.length,
      SMALL_SHA256,
    );
    waits.push(performance.now() - start);
    await pause(PAUSE_MS);
  }
  agent.agent?.destroy();
  return waits;
}

async function restarts({ adminPort }: Target): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return Number(/^cleanfeed_worker_restarts_total (\d+)/m.exec(metrics)?.[1]);
}
