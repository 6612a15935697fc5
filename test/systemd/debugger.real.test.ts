/**
 * Node opens its debugger on SIGUSR1, to every user of the machine: who may speak to it runs code in the process. The unit's
 * flags keep it shut (requirement 55).
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { unitSettings } from '../support/unit-file.ts';

const NODE = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'node');
/** Any free port, where it does open. Looks until it is open, or so many times: half a second is ten times what it takes. */
const script = (looks: number): string => `
  process.debugPort = 0;
  process.kill(process.pid, 'SIGUSR1');
  let left = ${looks};
  const timer = setInterval(() => {
    const isOpen = require('node:inspector').url() !== undefined;
    if (!isOpen && (left -= 1) > 0) return;
    clearInterval(timer);
    console.log('alive, debugger ' + (isOpen ? 'open' : 'shut'));
  }, 10);
`;

/** The options of Node's between the program and the script. */
function nodeFlags(unit: string): string[] {
  const [start = ''] = unitSettings(unit).get('[Service] ExecStart') ?? [];
  return /\/node (.*) \/opt\/cleanfeed\/dist\/cleanfeed\.mjs /.exec(start)![1]!.split(' ');
}

async function afterSignal(
  flags: readonly string[],
  looks: number,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(NODE, [...flags, '-e', script(looks)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => (texts[name] += chunk.toString()));
  return { code: await new Promise((resolve) => child.on('close', resolve)), ...texts };
}

test.each(['cleanfeed.service', 'cleanfeed@.service', 'cleanfeed-guard.service', 'cleanfeed-relay.service'])(
  '%s: SIGUSR1 opens no debugger, and the process lives on',
  async (unit) => {
    expect(await afterSignal(nodeFlags(unit), 50)).toEqual({ code: 0, stdout: 'alive, debugger shut\n', stderr: '' });
  },
);

test('without the flag it does open', async () => {
  const flags = nodeFlags('cleanfeed.service').filter((flag) => flag !== '--disable-sigusr1');
  expect(await afterSignal(flags, 5000)).toMatchObject({
    code: 0,
    stdout: 'alive, debugger open\n',
    stderr: expect.stringContaining('Debugger listening on ws://127.0.0.1:'),
  });
});
