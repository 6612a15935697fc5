/**
 * Latency where a proxy is not at its limit: everybody gets the same pace, half of what the slowest reached at saturation.
 * wrk knows no rate: 256 connections think between their requests (wrk-scripts.ts), and the rate reached is in the table.
 */
import { fixedRequestScript } from '../wrk-scripts.ts';
import { mainHost } from './checks.ts';
import { small } from './keep-alive.ts';
import type { Scene, Target } from './scene.ts';
import { runLoad, type Load } from './window.ts';

const THINKING_CONNECTIONS = 256;
const saturating: Load = { connections: 32, script };

export const halfLoad: Scene = {
  name: 'half',
  title: '100-byte responses at half of the load that saturates the slowest',
  primary: 'p99Ms',
  note: 'wrk has no rate: 256 connections think between two requests, exponentially distributed. Saturation is that of proxy, origin and wrk together. Every peer is warmed by several loads, because each opens its 256 connections at once: the first time that takes ours 50 ms, later 10.',
  peers: ['cleanfeed', 'haproxy', 'nginx'],
  check: small.check,
  saturate: async (target, seconds) => {
    await runLoad(saturating, target, 1);
    return (await runLoad(saturating, target, seconds)).rps;
  },
  warmUp: async (target, seconds) => {
    for (let i = 0; i <= seconds; i++) await runLoad(atPace(target), target, 1);
  },
  measure: (target, seconds) => runLoad(atPace(target), target, seconds),
};

/** The same requests at the pace of the target. */
export function atPace(target: Target): Load {
  return { connections: THINKING_CONNECTIONS, script, pace: target.pace };
}

function script(target: Target): string {
  return fixedRequestScript(mainHost(target), '/small');
}
