/**
 * The control thread with two real data threads and one compiled list, which is replaced again and again:
 * `swap-process.ts CONFIG LIST A B SWAPS`, A and B being lists with keys of their own that become LIST in turn.
 * Prints resident bytes before the first swap and after each, as JSON.
 */
import { copyFileSync, renameSync } from 'node:fs';
import { loadConfig } from '../../../src/config/load.ts';
import { createLog } from '../../../src/observe/log.ts';
import { startControl } from '../../../src/workers/control-thread.ts';

const [configFile, list, a, b, swaps] = process.argv.slice(2);
const loaded = await loadConfig(configFile!);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const control = await startControl(loaded.config, {
  log: createLog({ level: 'error', format: 'json' }),
  version: 'bench',
});
await control.ready;
const resident = [process.memoryUsage().rss];
const milliseconds: number[] = [];
for (let swap = 1; swap <= Number(swaps); swap += 1) {
  const next = `${list}.next`;
  copyFileSync(swap % 2 === 1 ? b! : a!, next);
  renameSync(next, list!);
  const started = performance.now();
  await control.reload();
  milliseconds.push(performance.now() - started);
  resident.push(process.memoryUsage().rss);
}
const generation = control.view.generation();
if (generation < Number(swaps)) throw new Error(`only ${generation} generations after ${swaps} swaps`);
console.log(JSON.stringify({ resident, milliseconds }));
await control.drain(0);
