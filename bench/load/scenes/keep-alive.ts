/** Responses over connections that stay: small ones (100 bytes), where the cost is all per request, and 16 KB. */
import { ask, oneConnection, sha256 } from '../ask.ts';
import { MEDIUM_BYTES, SMALL_BODY } from '../origin.ts';
import { fixedRequestScript } from '../wrk-scripts.ts';
import { checkList, demand, demandBody, mainHost, SMALL_SHA256 } from './checks.ts';
import type { Scene, Target } from './scene.ts';
import { loadScene } from './window.ts';

export const SMALL_CONNECTIONS = 32;

export const small: Scene = {
  name: 'small',
  title: '100-byte responses, keep-alive',
  primary: 'cpuUs',
  check: async (target) => {
    await checkTwice(target, '/small', SMALL_BODY.length, SMALL_SHA256);
    await checkList(target);
  },
  ...keptConnections(SMALL_CONNECTIONS),
};

export const medium: Scene = {
  name: 'medium',
  title: '16 KB responses, keep-alive',
  primary: 'cpuUs',
  check: (target) => checkTwice(target, '/medium', MEDIUM_BYTES, sha256(target.origin.mediumBody)),
  ...loadScene({ connections: SMALL_CONNECTIONS, script: (target) => fixedRequestScript(mainHost(target), '/medium') }),
};

/** The load of the small scene over so many connections. */
export function keptConnections(connections: number): ReturnType<typeof loadScene> {
  return loadScene({ connections, script: (target) => fixedRequestScript(mainHost(target), '/small') });
}

/** Two requests: both right, and over one connection. */
async function checkTwice(target: Target, path: string, bytes: number, digest: string): Promise<void> {
  const agent = oneConnection();
  const question = { proxyPort: target.proxyPort, host: mainHost(target), path, agent };
  try {
    const [first, second] = [await ask(question), await ask(question)];
    demandBody(first, bytes, digest);
    demandBody(second, bytes, digest);
    demand(first.connection === second.connection, 'the client connection is not kept');
  } finally {
    agent.destroy();
  }
}
