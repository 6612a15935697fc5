/** A new client connection for every request: what accepting and closing costs. Upstream connections may be pooled. */
import { ask } from '../ask.ts';
import { SMALL_BODY } from '../origin.ts';
import { fixedRequestScript } from '../wrk-scripts.ts';
import { demand, demandBody, mainHost, SMALL_SHA256 } from './checks.ts';
import type { Scene } from './scene.ts';
import { loadScene } from './window.ts';

export const connection: Scene = {
  name: 'connection',
  title: 'new connection per request, 100 bytes',
  primary: 'cpuUs',
  check: async (target) => {
    // Without an agent, Node asks for `Connection: close`.
    const answer = await ask({ proxyPort: target.proxyPort, host: mainHost(target), path: '/small' });
    demandBody(answer, SMALL_BODY.length, SMALL_SHA256);
    demand(
      answer.headers.connection?.toLowerCase() === 'close',
      'the answer does not announce that the connection closes',
    );
  },
  ...loadScene({
    connections: 32,
    script: (target) => fixedRequestScript(mainHost(target), '/small', { Connection: 'close' }),
  }),
};
