/**
 * What a second-stage filter sees: every host has listed paths, so every request is judged by its path; 2,000 origins,
 * so upstream connections are seldom reused; 4 requests a client connection.
 */
import { SUSPECT_HOSTS, suspectHost } from '../../data/url-list.ts';
import { ask } from '../ask.ts';
import { SMALL_BODY } from '../origin.ts';
import { manyHostsScript } from '../wrk-scripts.ts';
import { checkList, demand, demandBody, SMALL_SHA256 } from './checks.ts';
import type { Scene } from './scene.ts';
import { loadScene } from './window.ts';

const PATH = '/gallery/images/page.html';
const REQUESTS_PER_CONNECTION = 4;
/** No multiple of 4: wrk takes its connections in turn, and every connection must get its share of closing requests. */
const CONNECTIONS = 31;
const CHECKED_HOSTS = 20;

export const suspect: Scene = {
  name: 'suspect',
  title: 'suspect traffic: 2,000 listed origins, 4 requests a connection, 100 bytes',
  primary: 'cpuUs',
  check: async (target) => {
    for (let at = 0; at < CHECKED_HOSTS; at++) {
      const address = suspectHost(Math.floor((at * SUSPECT_HOSTS) / CHECKED_HOSTS));
      const answer = await ask({ proxyPort: target.proxyPort, host: `${address}:${target.origin.port}`, path: PATH });
      demandBody(answer, SMALL_BODY.length, SMALL_SHA256);
      const reached = answer.headers['x-origin-address'];
      demand(reached === address, `asked for ${address}, connected to ${String(reached)}`);
    }
    await checkList(target);
  },
  ...loadScene({
    connections: CONNECTIONS,
    script: ({ origin }) => {
      const hosts = Array.from({ length: SUSPECT_HOSTS }, (_, at) => `${suspectHost(at)}:${origin.port}`);
      return manyHostsScript(hosts, PATH, REQUESTS_PER_CONNECTION);
    },
  }),
};
