/**
 * Requirement 65: a command that names a configuration reaches the instance that runs it, or none. Two instances of one user
 * as whole processes, and every command of `ctl` against each, against the one that is gone, and at the other's socket.
 */
import { readdirSync, symlinkSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { endAll, folderWith, start } from '../commands/cli-process.ts';
import type { Outcome, Running } from '../commands/cli-process.ts';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { stopProcess } from '../support/stopped-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const CONFIG = `listeners: [{ name: main, port: 0 }]
admin: { port: 0 }
shutdown: { lameDuck: 0s }
workers: 1
`;

const COMMANDS = [
  { name: 'status', words: ['status'] },
  { name: 'status --watch', words: ['status', '--watch'] },
  { name: 'workers', words: ['workers'] },
  { name: 'limits', words: ['limits'] },
  { name: 'reload', words: ['reload'] },
  { name: 'bypass on', words: ['bypass', 'on', '--for', '5m'] },
  { name: 'bypass off', words: ['bypass', 'off'] },
  { name: 'drain', words: ['drain'] },
];

interface Instance {
  readonly running: Running;
  /** Its configuration. */
  readonly file: string;
  readonly port: number;
}

async function serve(cwd: string, file: string): Promise<Instance> {
  const running = start(['serve', '-c', file], { cwd });
  const { port } = await running.event('process.started');
  await running.event('listener.opened');
  return { running, file: join(cwd, file), port: Number(port) };
}

interface Status {
  readonly bypass: boolean;
  readonly ready: boolean;
  readonly configuration: { readonly errors: readonly string[] };
}

async function statusOf({ port }: Instance): Promise<Status> {
  const status: unknown = await (await fetch(`http://127.0.0.1:${port}/status`)).json();
  return status as Status;
}

/** What a command could have changed. */
async function state(instance: Instance): Promise<unknown> {
  const { bypass, ready, configuration } = await statusOf(instance);
  return { bypass, ready, errors: configuration.errors, hasEnded: instance.running.child.exitCode !== null };
}

async function pidOf(cwd: string, ...named: readonly string[]): Promise<number | null> {
  const { code, stdout } = await cleanfeed(['ctl', 'status', '--json', ...named], { cwd });
  return code === 0 ? (JSON.parse(stdout) as { readonly result: { readonly pid: number } }).result.pid : null;
}

/** The instance is as it was, whatever was asked: a reload would have read a file that it has to refuse, and a signal for one does. */
async function expectNothingDone(
  instance: Instance,
  ask: (words: readonly string[]) => Promise<Outcome>,
  says: RegExp,
): Promise<void> {
  const before = await state(instance);
  expect(before).toMatchObject({ errors: [] });
  const text = await readFile(instance.file, 'utf8');
  await writeFile(instance.file, `${text}no such key: 1\n`);
  for (const { name, words } of COMMANDS) {
    const { code, stdout, stderr } = await ask(words);
    expect({ name, code, stdout }).toEqual({ name, code: 69, stdout: '' });
    expect(stderr).toMatch(says);
  }
  expect(await state(instance)).toEqual(before);
  instance.running.child.kill('SIGHUP');
  await instance.running.event('config.rejected');
  expect(await state(instance)).toMatchObject({ errors: [expect.stringContaining('no such key')] });
  await writeFile(instance.file, text);
}

test('two instances of one user that name no state directory: each command reaches its own, and after its end nobody', async () => {
  const cwd = await folderWith({ 'a.yaml': CONFIG, 'b.yaml': CONFIG });
  const a = await serve(cwd, 'a.yaml');
  const b = await serve(cwd, 'b.yaml');
  expect(readdirSync(join(cwd, 'state', 'cleanfeed')).filter((name) => name.endsWith('.sock'))).toHaveLength(2);
  expect([await pidOf(cwd, '-c', 'a.yaml'), await pidOf(cwd, '-c', 'b.yaml')]).toEqual([
    a.running.child.pid,
    b.running.child.pid,
  ]);
  expect((await cleanfeed(['ctl', 'bypass', 'on', '--for', '5m', '-c', 'a.yaml'], { cwd })).code).toBe(0);
  expect([(await statusOf(a)).bypass, (await statusOf(b)).bypass]).toEqual([true, false]);
  expect((await cleanfeed(['ctl', 'drain', '-c', 'a.yaml'], { cwd })).code).toBe(0);
  expect(await a.running.ended).toMatchObject({ code: 0 });
  await expectNothingDone(
    b,
    async (words) => await cleanfeed(['ctl', ...words, '-c', 'a.yaml'], { cwd }),
    // Before it stands that it is still waiting, where the machine is busy.
    /^cleanfeed: no running instance of \/.*\/a\.yaml: this instance runs \/.*\/b\.yaml, not \/.*\/a\.yaml\n$/m,
  );
});

test('two configurations that name one state directory: the second says that it cannot be reached, and the first is not taken for it', async () => {
  const shared = `${CONFIG}state: { directory: ./shared }\n`;
  const cwd = await folderWith({ 'a.yaml': shared, 'b.yaml': shared });
  const a = await serve(cwd, 'a.yaml');
  const b = await serve(cwd, 'b.yaml');
  expect(await b.running.event('control_socket.in_use')).toMatchObject({
    level: 'error',
    socket: join(cwd, 'shared', 'control.sock'),
  });
  await expectNothingDone(
    a,
    async (words) => await cleanfeed(['ctl', ...words, '-c', 'b.yaml'], { cwd }),
    /this instance runs \/.*\/a\.yaml, not \/.*\/b\.yaml/,
  );
  expect(await pidOf(cwd, '-c', 'a.yaml')).toBe(a.running.child.pid);
});

test('a socket and a configuration named together have to agree', async () => {
  const named = `${CONFIG}control: { socket: ./a.sock }\n`;
  const cwd = await folderWith({ 'a.yaml': named, 'b.yaml': CONFIG });
  const a = await serve(cwd, 'a.yaml');
  await expectNothingDone(
    a,
    async (words) => await cleanfeed(['ctl', ...words, '-s', 'a.sock', '-c', 'b.yaml'], { cwd }),
    /this instance runs \/.*\/a\.yaml, not \/.*\/b\.yaml/,
  );
  expect([await pidOf(cwd, '-s', 'a.sock'), await pidOf(cwd, '-s', 'a.sock', '-c', 'a.yaml')]).toEqual([
    a.running.child.pid,
    a.running.child.pid,
  ]);
});

test('another name of the same file: a symbolic link, a folder that is one, another working directory', async () => {
  const cwd = await folderWith({ 'a.yaml': CONFIG });
  symlinkSync('a.yaml', join(cwd, 'link.yaml'));
  symlinkSync(cwd, join(cwd, 'folder'));
  await mkdir(join(cwd, 'below'));
  const byFile = await serve(cwd, 'a.yaml');
  for (const name of ['link.yaml', 'folder/a.yaml', './below/../a.yaml', join(cwd, 'folder', 'link.yaml')]) {
    expect({ name, pid: await pidOf(cwd, '-c', name) }).toEqual({ name, pid: byFile.running.child.pid });
  }
  const { stdout } = await cleanfeed(['explain', '-c', 'link.yaml', '--json', 'http://a.example/'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ generation: 1 });
});

test('a reload, which waits as long as it takes, does not wait for another instance that hangs', async () => {
  const cwd = await folderWith({ 'a.yaml': CONFIG, 'b.yaml': CONFIG });
  const b = await serve(cwd, 'b.yaml');
  await stopProcess(b.running.child.pid!);
  expect(await cleanfeed(['ctl', 'reload', '-c', 'a.yaml'], { cwd })).toMatchObject({
    code: 69,
    stderr: expect.stringContaining('no running instance of'),
  });
  b.running.child.kill('SIGCONT');
  expect(await pidOf(cwd, '-c', 'b.yaml')).toBe(b.running.child.pid);
});
