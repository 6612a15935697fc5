/** Large bodies: what 100 MB cost. curl is the client: wrk reads 8 KB at a time and would be the brake. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ask, sha256 } from '../ask.ts';
import { LOAD_CORE } from '../cores.ts';
import { BULK_BYTES } from '../origin.ts';
import { pinned } from '../processes.ts';
import { readMemory } from '../process-tree.ts';
import { spentOn } from '../spent.ts';
import { demand, demandBody, mainHost } from './checks.ts';
import type { Scene, Target } from './scene.ts';

/** 100 MB take a tenth of a second of CPU and more: this many give a window as long as that of the other scenes. */
const TRANSFERS_PER_SECOND = 2;

export const bulk: Scene = {
  name: 'bulk',
  title: 'bodies of 100 MB, one after the other',
  primary: 'cpuMsPer100MB',
  check: async (target) => {
    const answer = await ask({ proxyPort: target.proxyPort, host: mainHost(target), path: '/bulk' });
    const { bulkBlock } = target.origin;
    demandBody(answer, BULK_BYTES, sha256(...Array.from({ length: BULK_BYTES / bulkBlock.length }, () => bulkBlock)));
  },
  warmUp: (target) => transfer(target, 1),
  measure: async (target, seconds) => {
    const transfers = Math.max(2, Math.round(seconds * TRANSFERS_PER_SECOND));
    const { cpuNs, wallMs, othersPercent } = await spentOn(target, () => transfer(target, transfers));
    return {
      cpuMsPer100MB: cpuNs / 1e6 / transfers,
      mbPerSecond: (transfers * BULK_BYTES) / 1e6 / (wallMs / 1000),
      memoryMB: readMemory(target.pid) / 1e6,
      othersPercent,
    };
  },
};

async function transfer(target: Target, count: number): Promise<void> {
  const url = `http://${mainHost(target)}/bulk?[1-${count}]`;
  const format = '%{http_code} %{size_download}\\n';
  const proxy = `http://127.0.0.1:${target.proxyPort}`;
  const command = ['curl', '-s', '-x', proxy, '--noproxy', '', '-o', '/dev/null', '-w', format, url];
  const [program, ...args] = pinned([LOAD_CORE], command);
  const { stdout } = await promisify(execFile)(program!, args);
  const lines = stdout.trim().split('\n');
  demand(
    lines.length === count && lines.every((line) => line === `200 ${BULK_BYTES}`),
    `a transfer broke: ${lines.join(', ')}`,
  );
}
