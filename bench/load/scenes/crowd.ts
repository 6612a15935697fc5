/** Very many clients that never pause: does everybody get a turn, those that connect while it is busy too. */
import { fixedRequestScript } from '../wrk-scripts.ts';
import { mainHost } from './checks.ts';
import { small } from './keep-alive.ts';
import type { Scene } from './scene.ts';
import { loadScene } from './window.ts';

const CONNECTIONS = 1000;

export const crowd: Scene = {
  name: 'crowd',
  title: `100-byte responses, ${CONNECTIONS.toLocaleString('en')} connections that never pause`,
  primary: 'p99Ms',
  note: 'The core is full all the time, and all connect at once.',
  peers: ['cleanfeed', 'haproxy', 'nginx'],
  check: small.check,
  ...loadScene({ connections: CONNECTIONS, script: (target) => fixedRequestScript(mainHost(target), '/small') }),
};
