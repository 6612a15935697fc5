import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
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

/** A line of the demo, as a shell runs it. */
const curl = async (line: string, proxies: Readonly<Record<string, string>> = {}): Promise<string> => {
  const command = line.replace(/^curl /, 'curl -s -i --max-time 100 ');
  return (await run('sh', ['-c', command], { env: { PATH: process.env['PATH'], ...proxies } })).stdout;
};

/** @returns the port that it takes. */
const listening = async (server: Server, host?: string): Promise<number> => {
  await once(server.listen({ port: 0, host }), 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

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
    const pasted = async (ending: string): Promise<string> =>
      await curl(await running.line((line) => line.endsWith(ending)));
    expect(await pasted('/hello.html')).toMatch(/^HTTP\/1\.1 200 [^]*Hello from the origin/);
    expect(await pasted('/listed.html')).toMatch(/^HTTP\/1\.1 403 [^]*https:\/\/isp\.example\/appeal/);
    const metrics = await pasted('/metrics');
    expect(metrics).toMatch(/^cleanfeed_requests_total\{listener="explicit",verdict="pass"\} 1$/m);
    expect(metrics).toMatch(/^cleanfeed_requests_total\{listener="explicit",verdict="block"\} 1$/m);
  });

  test('ports that other programs have: free ones are taken, printed, and kept at a reload', async () => {
    const servers = [createServer(), createServer(), createServer()];
    // Squid and Prometheus listen at all addresses.
    const hosts = ['127.0.0.1', '0.0.0.0', undefined];
    const taken = await Promise.all(servers.map(async (server, i) => await listening(server, hosts[i])));
    const left = [...taken];
    const cwd = await folderWith({ 'f.yaml': config.replaceAll('port: 0', () => `port: ${left.shift()}`) });
    const running = start(['demo', '-c', 'f.yaml'], { cwd });
    const metrics = await running.line((line) => line.endsWith('/metrics'));
    const listed = await running.line((line) => line.endsWith('/listed.html'));
    expect(taken.filter((port) => `${metrics} ${listed}`.includes(`:${port}`))).toEqual([]);
    const reload = await cleanfeed(['ctl', 'reload', '-c', 'f.yaml'], { cwd });
    expect(reload).toMatchObject({ code: 0, stdout: 'reloaded: configuration unchanged, lists up to date\n' });
    expect(await curl(listed)).toMatch(/^HTTP\/1\.1 403 /);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, said: stderr.split('\n').slice(0, 3) }).toEqual({
      code: 0,
      said: ['listeners[0].port', 'admin.port', 'demo.origin.port'].map(
        (key, i) =>
          `cleanfeed: 127.0.0.1:${taken[i]} is in use, so that the demo takes a free port (${key} of its configuration chooses another)`,
      ),
    });
    for (const server of servers) server.close();
  });

  test('an address that cannot be had', async () => {
    const cwd = await folderWith({
      'f.yaml': config.replace('origin: { address: 127.0.0.1', 'origin: { address: 192.0.2.1'),
    });
    expect(await cleanfeed(['demo', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 69,
      stdout: '',
      stderr: 'cleanfeed: 192.0.2.1:0 is not an address of this machine (demo.origin.port)\n',
    });
  });

  // Was a fault: with no_proxy=localhost the listed page came without the demo, and a proxy was asked for this machine's metrics.
  test('a shell that names proxies: the commands do what they say all the same', async () => {
    const cwd = await folderWith({ 'f.yaml': config });
    const proxies = { http_proxy: 'http://127.0.0.1:9', no_proxy: 'localhost,.example' };
    const running = start(['demo', '-c', 'f.yaml'], { cwd, proxies });
    const metrics = await running.line((line) => line.endsWith('/metrics'));
    const listed = await running.line((line) => line.endsWith('/listed.html'));
    expect(await curl(listed, proxies)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await curl(metrics, proxies)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('a configuration without a demo', async () => {
    const cwd = await folderWith({ 'f.yaml': 'workers: 1\n' });
    expect(await cleanfeed(['demo', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("no key 'demo'"),
    });
  });
});
