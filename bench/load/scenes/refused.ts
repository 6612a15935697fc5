/**
 * A listed URL asked for again and again, as a browser asks: what refusing costs, beside what passing costs on the same
 * process a moment before.
 */
import { fixedRequestScript } from '../wrk-scripts.ts';
import { checkList, mainHost } from './checks.ts';
import type { Scene, Target } from './scene.ts';
import { runLoad, type Load } from './window.ts';

const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const CONNECTIONS = 32;
const passed: Load = {
  connections: CONNECTIONS,
  script: (target) => fixedRequestScript(mainHost(target), '/small', BROWSER),
};
const refused: Load = { connections: CONNECTIONS, isRefused: true, script: listedUrl };

export const refusedRequests: Scene = {
  name: 'refused',
  title: 'listed URL: refused requests beside passed ones, keep-alive',
  primary: 'cpuUs',
  note: 'Ours sends a whole page in the language of the client, HAProxy its short 403.',
  peers: ['cleanfeed', 'haproxy'],
  check: checkList,
  warmUp: async (target, seconds) => {
    await runLoad(passed, target, seconds);
    await runLoad(refused, target, seconds);
  },
  measure: async (target, seconds) => {
    const passing = await runLoad(passed, target, seconds);
    const refusing = await runLoad(refused, target, seconds);
    return { ...refusing, passedUs: passing.cpuUs, refusedOverPassed: refusing.cpuUs / passing.cpuUs };
  },
};

function listedUrl({ list, origin }: Target): string {
  const { host, path } = list[0]!;
  return fixedRequestScript(`${host}:${origin.port}`, path, BROWSER);
}
