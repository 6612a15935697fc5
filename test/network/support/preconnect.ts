/**
 * A client that connects first and speaks a while later, as a browser's preconnect does, and what becomes of it. It reads its answer, and
 * closes the connection then.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';
import { connectFrom, type Endpoint } from './sockets.ts';

export interface Preconnection {
  readonly machine: Namespace;
  readonly to: Endpoint;
  /** Milliseconds before it connects. */
  readonly startsMs: number;
  /** Milliseconds between its connection and its first byte. */
  readonly waitMs: number;
  readonly says: Buffer;
  /** What its answer ends with. */
  readonly hears: string;
  /** Milliseconds that it waits for its answer. */
  readonly patienceMs: number;
}

/** `refused`: no connection; `ended`: without an answer; `silent`: nothing in time. */
export type Outcome = 'answered' | 'refused' | 'reset' | 'ended' | 'silent';

export async function preconnect(client: Preconnection): Promise<Outcome> {
  await pause(client.startsMs);
  const socket = await connectFrom(client.machine, client.to).catch(() => null);
  return socket === null ? 'refused' : await outcomeOf(socket, client);
}

/** How many had which outcome; who had none of it is not named. */
export function counted(outcomes: readonly Outcome[]): Readonly<Partial<Record<Outcome, number>>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

async function outcomeOf(socket: Socket, { waitMs, says, hears, patienceMs }: Preconnection): Promise<Outcome> {
  const timers: NodeJS.Timeout[] = [];
  const outcome = await new Promise<Outcome>((resolve) => {
    let received = '';
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      if (received.endsWith(hears)) resolve('answered');
    });
    socket.on('end', () => resolve('ended')).on('error', () => resolve('reset'));
    timers.push(
      setTimeout(() => socket.write(says), waitMs),
      setTimeout(() => resolve('silent'), waitMs + patienceMs),
    );
  });
  for (const timer of timers) clearTimeout(timer);
  socket.destroy();
  return outcome;
}
