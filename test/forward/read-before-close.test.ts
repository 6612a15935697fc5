/** A socket of which a write has failed goes on being read, and is closed once nothing comes any more; any other end closes it at once. */
import { expect, test } from '@jest/globals';
import { Socket } from 'node:net';
import { readBeforeClose } from '../../src/forward/read-before-close.ts';
import type { Timer } from '../../src/lib/time.ts';

const TIMER: Timer = { cancel: () => {}, unref: () => TIMER };
const failed = (syscall: string): Error => Object.assign(new Error('EPIPE'), { code: 'EPIPE', syscall });

function watched(): { socket: Socket; read: (bytes: number) => void; turn: () => void; waits: () => number } {
  let read = 0;
  const turns: (() => void)[] = [];
  const socket = new Socket();
  socket.on('error', () => {});
  Object.defineProperty(socket, 'bytesRead', { get: () => read });
  const nextTurn = (action: () => void): Timer => {
    turns.push(action);
    return TIMER;
  };
  readBeforeClose(socket, { nextTurn });
  return { socket, read: (bytes) => (read += bytes), turn: () => turns.shift()?.(), waits: () => turns.length };
}

test('while something comes', () => {
  const { socket, read, turn } = watched();
  socket.destroy(failed('write'));
  for (let i = 0; i < 5; i += 1) {
    read(1);
    turn();
    turn();
    expect(socket.destroyed).toBe(false);
  }
  turn();
  expect([socket.destroyed, socket.errored]).toMatchObject([true, { syscall: 'write' }]);
});

test('further writes that fail change nothing', () => {
  const { socket, turn, waits } = watched();
  for (let i = 0; i < 3; i += 1) socket.destroy(failed('write'));
  expect([socket.destroyed, waits()]).toEqual([false, 1]);
  turn();
  turn();
  expect(socket.destroyed).toBe(true);
});

test.each([['read'], ['connect']])('a fault of %s ends it at once, also while it waits', (syscall) => {
  const { socket, turn } = watched();
  socket.destroy(failed('write'));
  socket.destroy(failed(syscall));
  expect(socket.destroyed).toBe(true);
  turn();
  expect(socket.errored).toMatchObject({ syscall });
});

test('whoever has done with it ends it at once', () => {
  const { socket } = watched();
  socket.destroy();
  expect(socket.destroyed).toBe(true);
});
