/** Requests with a body of 16 KB, answered with 100 bytes. */
import { MEDIUM_BYTES, SMALL_BODY } from '../origin.ts';
import { ask } from '../ask.ts';
import { uploadScript } from '../wrk-scripts.ts';
import { demand, demandBody, mainHost, SMALL_SHA256 } from './checks.ts';
import type { Scene } from './scene.ts';
import { loadScene } from './window.ts';

export const upload: Scene = {
  name: 'upload',
  title: 'requests with a body of 16 KB, keep-alive',
  primary: 'cpuUs',
  check: async (target) => {
    const body = target.origin.mediumBody;
    const answer = await ask({
      proxyPort: target.proxyPort,
      host: mainHost(target),
      path: '/upload',
      method: 'POST',
      body,
    });
    demandBody(answer, SMALL_BODY.length, SMALL_SHA256);
    const received = Number(answer.headers['x-request-bytes']);
    // The whole request: head and framing come on top.
    demand(received >= body.length && received < body.length + 2000, `the origin received ${received} bytes`);
  },
  ...loadScene({ connections: 32, script: (target) => uploadScript(mainHost(target), '/upload', MEDIUM_BYTES) }),
};
