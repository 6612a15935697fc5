/** Heads as Chromium sends them: fourteen fields, a long cookie, 1.4 KB. The answers are those of the small scene. */
import { browserHead } from '../../data/browser-head.ts';
import { rawRequestScript } from '../wrk-scripts.ts';
import { mainHost } from './checks.ts';
import { SMALL_CONNECTIONS, small } from './keep-alive.ts';
import type { Scene } from './scene.ts';
import { loadScene } from './window.ts';

export const browser: Scene = {
  name: 'browser',
  title: 'heads of a browser (1.4 KB), 100-byte responses, keep-alive',
  primary: 'cpuUs',
  note: 'Each request has the fourteen fields of Chromium, recorded, with 700 bytes of cookies.',
  check: small.check,
  ...loadScene({
    connections: SMALL_CONNECTIONS,
    script: (target) => rawRequestScript(browserHead(mainHost(target), '/small')),
  }),
};
