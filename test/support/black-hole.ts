/**
 * An address that swallows connection attempts: a listener that never accepts, behind a backlog that is full, so that the
 * kernel drops every further SYN. Needs no network and no privilege.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export interface BlackHole {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens, says where, and blocks its thread for good: nothing is ever accepted. */
const LISTENER = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer().listen({ host: workerData.address, port: workerData.port, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** Linux completes one connection more than the backlog says. */
const BACKLOG_CONNECTIONS = 2;

export async function startBlackHole(address: string, port = 0): Promise<BlackHole> {
  const worker = new Worker(LISTENER, { eval: true, workerData: { address, port } });
  const [listening]: number[] = await once(worker, 'message');
  if (listening === undefined) throw new Error('the listener did not start');
  const fillers: Socket[] = [];
  for (let i = 0; i < BACKLOG_CONNECTIONS; i++) {
    const filler = connect({ host: address, port: listening }).on('error', () => {});
    await once(filler, 'connect');
    fillers.push(filler);
  }
  return {
    address,
    port: listening,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
