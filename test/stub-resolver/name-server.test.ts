/** One name server, asked over real sockets: what a reply that does not fit into a datagram leads to, and what is not sent any more. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NameServer, type Inquiry } from '../../src/stub-resolver/name-server.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { RECORD_TYPE } from '../../src/wire/dns-message.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { holdPort } from '../support/held-port.ts';

const FLAGS_AT = 2;
const TRUNCATED = 0x8380;
const NO_RECORDS = 0x8180;

let port = 0;
let datagrams: Socket;
/** Datagrams that have come, by host. */
let received: Map<string, number>;
beforeEach(async () => {
  port = await freePort();
  received = new Map();
  datagrams = createSocket('udp4').bind(port, '127.0.0.1');
  await once(datagrams, 'listening');
  datagrams.on('message', (query, from) => {
    const host = /large|small|silent/.exec(query.toString('latin1'))![0];
    received.set(host, (received.get(host) ?? 0) + 1);
    if (host !== 'silent') datagrams.send(answer(query, host === 'large' ? TRUNCATED : NO_RECORDS), from.port);
  });
});
afterEach(() => void datagrams.close());

function answer(query: Buffer, flags: number, at = FLAGS_AT): Buffer {
  const reply = Buffer.from(query);
  reply.writeUInt16BE(flags, at);
  return reply;
}

interface Asked {
  readonly inquiry: Inquiry;
  /** What the inquiry has told, in its order. */
  readonly told: string[];
}

function ask(at: NameServer, name: 'large' | 'small' | 'silent'): Asked {
  const told: string[] = [];
  const inquiry = at.ask(canonicalHost(`${name}.example`)!, RECORD_TYPE.a, {
    onReply: (reply) => told.push(typeof reply === 'string' ? reply : 'records'),
    onUnreachable: (over) => told.push(`unreachable over ${over}`),
    onTruncated: () => told.push('truncated'),
  });
  inquiry.send();
  return { inquiry, told };
}

async function expectTold({ told }: Asked, ...expected: readonly string[]): Promise<void> {
  await eventually(`it tells ${expected.join(', ')}`, () => told.length >= expected.length);
  expect(told).toEqual(expected);
}

test('where nobody listens over TCP that is told at once', async () => {
  const held = holdPort('127.0.0.1', port);
  expect(held).not.toBeNull();
  await expectTold(ask(new NameServer({ address: '127.0.0.1', port }), 'large'), 'truncated', 'unreachable over tcp');
  held![Symbol.dispose]();
});

test('over TCP the connection ends with the reply, and meanwhile nothing is sent again', async () => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const at = new NameServer({ address: '127.0.0.1', port });
  const asked = ask(at, 'large');
  const [connection] = await accepted;
  const [question] = await once(connection, 'data');
  asked.inquiry.send();
  await expectTold(ask(at, 'small'), 'records');
  expect(received.get('large')).toBe(1);
  connection.write(answer(question, NO_RECORDS, FLAGS_AT + 2));
  await once(connection, 'end');
  await expectTold(asked, 'truncated', 'records');
  connection.destroy();
  server.close();
});

test('nothing is sent for a question that has ended', async () => {
  const at = new NameServer({ address: '127.0.0.1', port });
  const [ended, open] = [ask(at, 'silent'), ask(at, 'silent')];
  await eventually('both have come', () => received.get('silent') === 2);
  ended.inquiry.cancel();
  ended.inquiry.send();
  await expectTold(ask(at, 'small'), 'records');
  expect(received.get('silent')).toBe(2);
  open.inquiry.cancel();
});
