import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cleanfeed, endAll, folderWith, ROOT, start } from './cli-process.ts';

afterEach(endAll);

const run = promisify(execFile);
const list = join(ROOT, 'config', 'demo-list.txt');
/** The demo's own configuration, on free ports. */
const config = readFileSync(join(ROOT, 'config', 'demo.yaml'), 'utf8')
  .replaceAll(/port: \d+/g, 'port: 0')
  .replace('./demo-list.txt', list);

describe('demo', () => {
  test('prints three commands that do what they say, and nothing else', async () => {
    const cwd = await folderWith({ 'f.yaml': config });
    const running = start(['demo', '-c', 'f.yaml'], { cwd });
    await running.line((line) => line.endsWith('/metrics'));
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/^(curl (?:-x http:\/\/127\.0\.0\.1:\d+ )?http:\S+\n){3}$/);
    expect(code).toBe(0);
  });

  test('its commands, pasted into curl', async () => {
    const cwd = await folderWith({ 'f.yaml': config });
    const running = start(['demo', '-c', 'f.yaml'], { cwd });
    await running.line((line) => line.endsWith('/metrics'));
    const curl = async (ending: string): Promise<string> => {
      const [, ...args] = (await running.line((line) => line.endsWith(ending))).split(' ');
      // No proxy of the environment may get in between.
      return (await run('curl', ['-s', '-i', '--max-time', '100', ...args], { env: { PATH: process.env['PATH'] } }))
        .stdout;
    };
    expect(await curl('/hello.html')).toMatch(/^HTTP\/1\.1 200 [^]*Hello from the origin/);
    expect(await curl('/listed.html')).toMatch(/^HTTP\/1\.1 403 [^]*https:\/\/isp\.example\/appeal/);
    const metrics = await curl('/metrics');
    expect(metrics).toMatch(/^cleanfeed_requests_total\{listener="explicit",verdict="pass"\} 1$/m);
    expect(metrics).toMatch(/^cleanfeed_requests_total\{listener="explicit",verdict="block"\} 1$/m);
  });

  test("the origin's port is taken", async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const cwd = await folderWith({
      'f.yaml': config.replace(
        'demo: { origin: { address: 127.0.0.1, port: 0 } }',
        `demo: { origin: { port: ${port} } }`,
      ),
    });
    expect(await cleanfeed(['demo', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 69,
      stdout: '',
      stderr: `cleanfeed: 127.0.0.1:${port} is in use (demo.origin.port)\n`,
    });
    await new Promise((resolve) => server.close(resolve));
  });

  test('a configuration without a demo', async () => {
    const cwd = await folderWith({ 'f.yaml': 'workers: 1\n' });
    expect(await cleanfeed(['demo', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("no key 'demo'"),
    });
  });
});
