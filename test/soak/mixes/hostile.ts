/** Clients that mean harm or just leave: nothing they send may pass or stay. What is sent whole must be refused. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { BAD_FIELD_LINES } from '../../hostile/cases/field-syntax.ts';
import { BAD_HOSTS } from '../../hostile/cases/host-field.ts';
import { BAD_CODINGS, BAD_LENGTHS, BROKEN_CHUNKS } from '../../hostile/cases/request-framing.ts';
import { BAD_TARGETS } from '../../hostile/cases/request-target.ts';
import { open, statuses } from '../../hostile/support/connection.ts';
import { within } from '../../support/within.ts';
import type { Field } from '../field.ts';
import { between, oneOf, pause } from './mix.ts';
import type { Mix } from './mix.ts';

/** Heads that break the grammar, noise, endless heads: refused or cut off, never answered with 200. */
export const hostileHead: Mix = async ({ field, random, name }) => {
  const connection = await open(field.proxy.port);
  try {
    connection.send(Buffer.from(badHead(field, random), 'latin1'));
    await within('the end of a hostile connection', connection.over());
    if (statuses(connection.received).some((status) => status < 400))
      throw new Error(`served: ${connection.received.slice(0, 80)}`);
    field.ledger.right(name);
  } finally {
    connection.destroy();
  }
};

function badHead({ ports }: Field, random: () => number): string {
  const url = `http://localhost:${ports.pages}/length/hostile/10`;
  const get = (target: string, fields: string): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;
  switch (between(random, 0, 7)) {
    case 0:
      return get(url, oneOf(random, BAD_HOSTS));
    case 1:
      return get(url, `Host: x\r\n${oneOf(random, BAD_LENGTHS)}`);
    case 2:
      return get(url, `Host: x\r\n${oneOf(random, BAD_CODINGS)[0]}`);
    case 3:
      return get(url, `Host: x\r\n${oneOf(random, BAD_FIELD_LINES)}`);
    case 4:
      return get(oneOf(random, BAD_TARGETS).replaceAll('AUTHORITY', `localhost:${ports.pages}`), 'Host: x\r\n');
    case 5:
      return get(url, `Host: x\r\n${'X: y\r\n'.repeat(between(random, 129, 3000))}`);
    case 6:
      return get(`${url}${'a'.repeat(between(random, 17_000, 100_000))}`, 'Host: x\r\n');
    default:
      return `${Array.from({ length: between(random, 1, 2000) }, () => String.fromCharCode(between(random, 0, 255))).join('')}\r\n\r\n`;
  }
}

/** Leaves at any moment: before, inside and behind a head, inside a body, while connecting, inside an answer, inside a tunnel. */
export const abort: Mix = async ({ field, random }) => {
  const socket = await connected(field);
  socket.resume();
  socket.write(Buffer.from(oneOf(random, openings(field, random)), 'latin1'));
  await pause(between(random, 0, oneOf(random, [0, 2, 30, 200])));
  if (random() < 0.3) socket.end();
  else if (random() < 0.5) socket.destroy();
  else socket.resetAndDestroy();
  await pause(between(random, 0, 30));
  socket.destroy();
};

function openings({ ports }: Field, random: () => number): readonly string[] {
  const get = (path: string, port = ports.pages): string =>
    `GET http://localhost:${port}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const post = (fields: string, body: string): string =>
    `POST http://localhost:${ports.pages}/stream HTTP/1.1\r\nHost: x\r\n${fields}\r\n${body}`;
  const tunnel = `CONNECT localhost:${ports.echo} HTTP/1.1\r\nHost: x\r\n\r\n`;
  return [
    '',
    'GET http://',
    get('/length/abort/100').slice(0, between(random, 1, 60)),
    get('/length/abort/5000000'),
    get('/chunked/abort/5000000'),
    get('/close/abort/5000000'),
    get('/length/abort/1000').repeat(20),
    get('/silent', ports.broken),
    get('/stalled', ports.broken),
    get('/drip', ports.broken),
    get('/', ports.nobody),
    'GET http://silent.example/ HTTP/1.1\r\nHost: x\r\n\r\n',
    post('Content-Length: 99999\r\n', 'x'.repeat(between(random, 0, 50_000))),
    post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n5\r\nhe'),
    post('Transfer-Encoding: chunked\r\n', oneOf(random, BROKEN_CHUNKS)),
    tunnel,
    `${tunnel}${'x'.repeat(between(random, 0, 200_000))}`,
    `GET http://localhost:${ports.pages}/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c29ha3NvYWtzb2Frc29hawo=\r\n\r\n`,
    'GET http://listed.localhost/ HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
}

/** Asks for megabytes and does not read, drips a head, stops inside a body, says nothing: the proxy's deadline ends it. */
export const stalling: Mix = async ({ field, random }) => {
  const socket = await connected(field);
  const kind = between(random, 0, 4);
  if (kind === 0)
    socket.write(`GET http://localhost:${field.ports.pages}/length/stalled/8000000 HTTP/1.1\r\nHost: x\r\n\r\n`);
  if (kind === 1)
    socket.write(
      `POST http://localhost:${field.ports.pages}/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc`,
    );
  if (kind === 2)
    socket.write(`CONNECT localhost:${field.ports.echo} HTTP/1.1\r\nHost: x\r\n\r\n${'x'.repeat(100_000)}`);
  // Reads nothing: what the proxy does with it shows in the end.
  if (kind !== 0 && kind !== 2) socket.resume();
  const drip = kind === 3 ? setInterval(() => socket.write('x'), 100) : undefined;
  // Not `once` of events: a reset is one of the ends that are right.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  if (kind === 0 || kind === 2) setTimeout(() => socket.destroy(), between(random, 500, 8000));
  await within('the deadline for a client that stalls', closed).finally(() => {
    clearInterval(drip);
    socket.destroy();
  });
};

async function connected(field: Field): Promise<Socket> {
  const socket = connect({ port: field.proxy.port, host: '127.0.0.1', allowHalfOpen: false });
  socket.on('error', () => {});
  await within('a connection to the proxy', once(socket, 'connect'));
  return socket;
}
