import { existsSync, linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startControlSocket } from '../../src/admin/control-socket.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const COMMANDS = new Map([['who', () => ({ ok: true as const, result: 'first' })]]);

async function ask(path: string): Promise<string> {
  return await new Promise((resolve) => {
    let text = '';
    const socket = connect(path, () => socket.write('{"command":"who"}\n'));
    socket.on('data', (chunk) => void (text += chunk.toString()));
    socket.on('error', () => resolve('nobody'));
    socket.on('end', () => resolve(text.includes('first') ? 'first' : text));
  });
}

describe('an instance that goes on takes the name back', () => {
  test('when the newer one has ended and removed it', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const control = await startControlSocket(path, COMMANDS);
    expect([control.warning, control.isTaken, await ask(path)]).toEqual([null, false, 'first']);
    rmSync(path);
    await eventually('it answers again', async () => (await ask(path)) === 'first');
    await control.close();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test('when the newer one was killed and its name leads nowhere', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const control = await startControlSocket(path, COMMANDS);
    const newer = createServer();
    await new Promise<void>((resolve) => newer.listen(`${path}.newer`, resolve));
    linkSync(`${path}.newer`, `${path}.link`);
    renameSync(`${path}.link`, path);
    await new Promise((resolve) => newer.close(resolve));
    expect(existsSync(path)).toBe(true);
    await eventually('it answers again', async () => (await ask(path)) === 'first');
    await control.close();
  });

  test('while the newer one answers it keeps the name, and the old one leaves it alone at its end', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    const control = await startControlSocket(path, COMMANDS);
    const newer = createServer((socket) => socket.resume().end('newer\n'));
    await new Promise<void>((resolve) => newer.listen(`${path}.newer`, resolve));
    renameSync(`${path}.newer`, path);
    await control.close();
    expect(await ask(path)).toBe('newer\n');
    await new Promise((resolve) => newer.close(resolve));
  });

  test('names that a killed process left are removed', async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'control.sock');
    writeFileSync(`${path}.999999999`, '');
    writeFileSync(`${path}.note`, '');
    const control = await startControlSocket(path, COMMANDS);
    expect(readdirSync(directory.path).sort()).toEqual(['control.sock', `control.sock.${process.pid}`, 'control.sock.note']);
    await control.close();
  });
});
