/**
 * 1 GB through a reader that stalls: nothing for a while, then in bursts with pauses, to the end. Measured is how much
 * the proxy's memory grows over what it held before: what the reader does not take must stay with the origin.
 */
import { connect, type Socket } from 'node:net';
import { ask } from '../ask.ts';
import { HUGE_BYTES, SMALL_BODY } from '../origin.ts';
import { pause } from '../processes.ts';
import { readMemory } from '../process-tree.ts';
import { demand, demandBody, mainHost, SMALL_SHA256 } from './checks.ts';
import { small } from './keep-alive.ts';
import type { Scene, Target } from './scene.ts';

const BURST_BYTES = 50_000_000;
const PAUSE_MS = 200;

export const stalled: Scene = {
  name: 'stalled',
  title: '1 GB through a stalled reader',
  primary: 'growthMB',
  peers: ['cleanfeed'],
  check: async (target) => {
    const answer = await ask({ proxyPort: target.proxyPort, host: mainHost(target), path: '/small' });
    demandBody(answer, SMALL_BODY.length, SMALL_SHA256);
  },
  // A process that has served for a while, so that its heap has settled; but no large body before the one measured.
  warmUp: small.warmUp,
  measure: async (target, seconds) => {
    const before = readMemory(target.pid);
    let peak = before;
    const sampler = setInterval(() => (peak = Math.max(peak, readMemory(target.pid))), 100);
    try {
      const received = await readStalling(target, seconds);
      demand(received >= HUGE_BYTES, `${received} bytes of ${HUGE_BYTES} arrived`);
    } finally {
      clearInterval(sampler);
    }
    return { growthMB: (peak - before) / 1e6, memoryMB: readMemory(target.pid) / 1e6 };
  },
};

/** Bytes of head and body that arrived until the proxy closed the connection. */
async function readStalling(target: Target, seconds: number): Promise<number> {
  const socket = connect(target.proxyPort, '127.0.0.1');
  const host = mainHost(target);
  socket.pause();
  socket.write(`GET http://${host}/huge HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await pause(seconds * 1000);
  try {
    return await readInBursts(socket);
  } finally {
    socket.destroy();
  }
}

function readInBursts(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let nextPause = BURST_BYTES;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received < nextPause) return;
      nextPause += BURST_BYTES;
      socket.pause();
      setTimeout(() => socket.resume(), PAUSE_MS);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.resume();
  });
}
