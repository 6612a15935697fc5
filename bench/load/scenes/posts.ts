/**
 * Many clients, each with one request that has a body, to one host: what a connection to the origin costs that serves one
 * client only. HAProxy and nginx share theirs, so that an origin that reads no body may answer the next client with it.
 */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { ask } from '../ask.ts';
import { SMALL_BODY } from '../origin.ts';
import { uploadScript } from '../wrk-scripts.ts';
import { demandBody, mainHost, SMALL_SHA256 } from './checks.ts';
import type { Scene, Target } from './scene.ts';
import { runCounted, runLoad } from './window.ts';

const CONNECTIONS = 1000;
const BODY_BYTES = 1024;
const LOAD = {
  connections: CONNECTIONS,
  script: (target: Target) => uploadScript(mainHost(target), '/small', BODY_BYTES, { Connection: 'close' }),
};

export const posts: Scene = {
  name: 'posts',
  title: `POST of 1 KB, a new client for each, ${CONNECTIONS.toLocaleString('en')} at a time`,
  primary: 'cpuUs',
  note: 'A connection to the origin that has carried a body serves its client only, by intent; the peers share it.',
  peers: ['cleanfeed', 'haproxy', 'nginx'],
  check: async (target) => {
    const answer = await ask({
      proxyPort: target.proxyPort,
      host: mainHost(target),
      path: '/small',
      method: 'POST',
      body: Buffer.alloc(BODY_BYTES, 'x'),
    });
    demandBody(answer, SMALL_BODY.length, SMALL_SHA256);
  },
  warmUp: async (target, seconds) => {
    await runLoad(LOAD, target, seconds);
  },
  measure: async (target, seconds) => {
    const before = await acceptedByOrigin(target);
    const { figures, requests } = await runCounted(LOAD, target, seconds);
    // The look itself is one.
    const connections = (await acceptedByOrigin(target)) - before - 1;
    return { ...figures, originConnections: connections / requests };
  },
};

/** Connections it has accepted so far (nginx, stub_status). */
async function acceptedByOrigin(target: Target): Promise<number> {
  const status = await new Promise<string>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: target.origin.port, path: '/status', agent: false }, (answer) => {
      text(answer).then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end();
  });
  const [, accepted] = /^\s*(\d+) \d+ \d+\s*$/m.exec(status) ?? [];
  if (accepted === undefined) throw new Error(`no status of the origin: ${status}`);
  return Number(accepted);
}
