/**
 * What a source loads when it is first needed: the HTTPS client, its parser with its first connection, and what opens protected lists. A bundle has them in
 * it. A process that runs the sources of a checkout loads them at its start: later its files may be those of another version, or gone (ADR 0028).
 * It must not connect to anything.
 */
import { Socket } from 'node:net';
import { toldElsewhere } from '../../lib/errors.ts';
import { RUNS_SOURCES } from '../../lib/threads.ts';
import { loadUndici } from './http-client.ts';
import { loadTuf } from './open-source.ts';

/** For a process that may be asked for any list. */
export async function loadLateModules(): Promise<void> {
  if (RUNS_SOURCES) await Promise.all([loadHttpClient(), loadTuf()]);
}

/** For a process that asks for a file over HTTPS. */
export async function loadLateHttp(): Promise<void> {
  if (RUNS_SOURCES) await loadHttpClient();
}

async function loadHttpClient(): Promise<void> {
  const { Client } = await loadUndici();
  const client = new Client('http://unconnected.invalid', { connect: (_, made) => made(null, new Socket()) });
  const connected = new Promise((resolve) => client.once('connect', resolve).once('connectionError', resolve));
  void toldElsewhere(client.request({ path: '/', method: 'GET' }));
  await connected;
  await client.destroy();
}
