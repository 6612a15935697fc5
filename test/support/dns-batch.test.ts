/** What tests of the DNS side claim of some hundred thousand names rests on this: each question has its own answer, also one that was lost. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { askAll } from './dns-batch.ts';

/** More than there are ids, so that they go round while the lost ones wait. */
const QUESTIONS = 70_000;
const LOST = new Set([3, 4, 66_000]);

test('a question that is lost again and again keeps its id while all others go round', async () => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  const others = new Set<number>();
  socket.on('message', (query, peer) => {
    const index = query.readUInt32BE(12);
    if (!LOST.has(index)) others.add(index);
    else if (others.size < QUESTIONS - LOST.size) return;
    socket.send(query, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const queries = Array.from({ length: QUESTIONS }, (_, index) => {
    const query = Buffer.alloc(16);
    query.writeUInt32BE(index, 12);
    return query;
  });
  const answered = new Uint8Array(QUESTIONS);
  const wrong: number[] = [];
  await askAll(socket.address().port, queries, (index, answer) => {
    answered[index]! += 1;
    if (answer.readUInt32BE(12) !== index) wrong.push(index);
  });
  socket.close();
  expect(wrong).toEqual([]);
  expect(answered.every((count) => count === 1)).toBe(true);
});
