/** Tunnels and WebSockets: what goes in comes back, byte for byte; what is listed is refused. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { rawClient } from '../../support/raw-client.ts';
import { within } from '../../support/within.ts';
import { bodyOf } from '../bodies.ts';
import { LISTED_HOST } from '../listed.ts';
import { between, expectStatus, oneOf, pause } from './mix.ts';
import type { Mix, MixContext } from './mix.ts';

/** What no HTTP server takes for the start of a request: a text that does not end is held back (docs/known-limits.md). */
const NO_TEXT = Buffer.from([0]);

/** A tunnel with some round trips, ended by this side, by leaving, or by a reset. */
export const tunnel: Mix = async ({ field, random, tag, name }) => {
  await using client = await rawClient(field.proxy.port);
  const authority = `${oneOf(random, ['site.localhost', 'localhost', '127.0.0.1'])}:${field.ports.echo}`;
  client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  expectStatus(await client.response({ bodiless: true }), 200);
  for (let left = between(random, 1, 8); left > 0; left--) {
    const bytes = Buffer.concat([NO_TEXT, bodyOf(tag(), between(random, 1, oneOf(random, [200, 100_000])))]);
    client.send(bytes);
    if (!(await client.reader.exactly(bytes.length)).equals(bytes))
      throw new Error('the tunnel changed what went through it');
    field.ledger.right(name);
    await pause(between(random, 0, 20));
  }
  const leaving = oneOf(random, ['end', 'destroy', 'reset']);
  if (leaving === 'reset') client.socket.resetAndDestroy();
  if (leaving !== 'end') return;
  client.socket.end();
  if ((await client.reader.rest()).length > 0) throw new Error('more came than was sent');
};

export const refusedTunnel: Mix = async ({ field, random, name }) => {
  await using client = await rawClient(field.proxy.port);
  const authority = oneOf(random, [
    `${LISTED_HOST}:${field.ports.echo}`,
    `x.below.localhost:${field.ports.echo}`,
    `site.localhost:${field.ports.broken}`,
    '10.0.0.1:443',
  ]);
  client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  expectStatus(await client.response(), 403);
  field.ledger.right(name);
};

/** By Upgrade, in absolute-form. */
export const webSocket: Mix = async (context) => {
  const { field } = context;
  const url = `site.localhost:${field.ports.pages}/chat`;
  const socket = new WebSocket(`ws://${url}`, {
    createConnection: () => connect(field.proxy.port, '127.0.0.1'),
    finishRequest: (upgrade) => {
      upgrade.path = `http://${url}`;
      upgrade.end();
    },
  });
  // `once` hears of it too; what comes later has nobody to tell.
  socket.on('error', () => {});
  try {
    await chat(socket, context);
  } finally {
    socket.terminate();
  }
};

async function chat(socket: WebSocket, { field, random, tag, name }: MixContext): Promise<void> {
  await within('an open WebSocket', once(socket, 'open'));
  for (let left = between(random, 1, 8); left > 0; left--) {
    const message = bodyOf(tag(), between(random, 1, oneOf(random, [200, 70_000])));
    socket.send(message);
    const [echo]: Buffer[] = (await within('an echo', once(socket, 'message'))) as Buffer[];
    if (!echo!.equals(message)) throw new Error('the WebSocket changed a message');
    field.ledger.right(name);
    await pause(between(random, 0, 20));
  }
  const closed = within('a closed WebSocket', once(socket, 'close'));
  if (random() < 0.5) socket.close();
  else socket.terminate();
  await closed;
}
