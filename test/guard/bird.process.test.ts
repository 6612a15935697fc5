/** The commands that docs/guard.md gives for BIRD, with a real one: the route goes and comes back, and routes are counted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCommand } from '../../src/guard/commands.ts';
import { routeCount } from '../../src/guard/route-count.ts';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';

const CONFIG = `
router id 192.0.2.1;
protocol device {}
protocol static cleanfeed { ipv4; route 198.51.100.80/32 unreachable; }
protocol static other { ipv4 { preference 100; }; route 198.51.100.80/32 unreachable; }
`;
const BOUND_MS = 60_000;
const COUNT = ['show', 'route', 'table', 'master4', 'where', 'net', '=', '198.51.100.80/32', 'count'];

describeWith(['bird', 'birdc'])('BIRD', () => {
  let folder: TemporaryDirectory;
  let bird: ChildProcess;
  const birdc = async (...words: readonly string[]) =>
    await runCommand([programPath('birdc')!, '-s', folder.file('ctl'), ...words], BOUND_MS);

  beforeAll(async () => {
    folder = temporaryDirectory();
    writeFileSync(folder.file('bird.conf'), CONFIG);
    const words = ['-f', '-c', folder.file('bird.conf'), '-s', folder.file('ctl')];
    bird = spawn(programPath('bird')!, words, { stdio: 'ignore' });
    await eventually('it answers', async () => routeCount((await birdc(...COUNT)).output) === 2);
  });
  afterAll(async () => {
    bird.kill();
    await once(bird, 'exit');
    folder[Symbol.dispose]();
  });

  test('out and back, each twice: what is done already is no failure', async () => {
    for (const [command, count] of [
      ['disable', 1],
      ['disable', 1],
      ['enable', 2],
      ['enable', 2],
    ] as const) {
      expect(await birdc(command, 'cleanfeed')).toMatchObject({ exit: 0, fault: null });
      await eventually(`${command}d`, async () => routeCount((await birdc(...COUNT)).output) === count);
    }
  });

  // So `notify: [birdc, configure]` of the route feed puts a dead filter back, and the guard needs its check (docs/steering.md).
  test('`configure` enables what was disabled', async () => {
    await birdc('disable', 'cleanfeed');
    await eventually('disabled', async () => routeCount((await birdc(...COUNT)).output) === 1);
    expect(await birdc('configure')).toMatchObject({ exit: 0 });
    await eventually('enabled', async () => routeCount((await birdc(...COUNT)).output) === 2);
  });

  test('a protocol that there is not is a failure', async () => {
    expect(await birdc('disable', 'no-such')).toMatchObject({ exit: 1 });
  });

  // `show route for ADDRESS count` looks right and prints nothing.
  test('where nothing is printed nothing is known', async () => {
    expect(routeCount((await birdc('show', 'route', 'for', '198.51.100.80', 'count')).output)).toBeNull();
  });

  test('no route at all is none, which is known', async () => {
    const none = ['show', 'route', 'table', 'master4', 'where', 'net', '=', '203.0.113.1/32', 'count'];
    expect(routeCount((await birdc(...none)).output)).toBe(0);
  });
});
