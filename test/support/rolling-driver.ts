/**
 * Run inside a network namespace of its own: load on one port while one instance after the other is started beside the
 * running one and takes over from it (`reusePort`). Arguments: a folder with `a.yaml` and `b.yaml`, how many restarts.
 * Prints what the load met.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { logOf } from './log-of.ts';
import { startEchoOrigin, SteadyLoad } from './steady-load.ts';

const PORT = 3128;
const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const [folder = '', restarts = '1'] = process.argv.slice(2);

const start = async (number: number) => {
  const child = spawn(process.execPath, [CLI, 'serve', '-c', join(folder, `${number % 2 === 0 ? 'a' : 'b'}.yaml`)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log = logOf(child);
  await log.event('listener.opened');
  return { child, log };
};

const origin = await startEchoOrigin();
let running = await start(0);
const load = new SteadyLoad({ port: PORT, originPort: origin.port, keeping: 4, fresh: 8 });
let done = 0;
for (; done < Number(restarts); done++) {
  await load.more(200);
  const next = await start(done + 1);
  running.child.kill('SIGTERM');
  await running.log.ended;
  running = next;
}
await load.more(200);
const result = await load.stop();
running.child.kill('SIGTERM');
await running.log.ended;
process.stdout.write(JSON.stringify({ ...result, restarts: done }));
await origin[Symbol.asyncDispose]();
