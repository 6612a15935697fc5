/** Probes of a DNS listener against real sockets: the answer of the front, and everything that is not it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as Stream } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { probeDns } from '../../src/guard/dns-probe.ts';
import { MAX_OWN_ANSWER, RCODE, REASON, writeAnswer, type OwnAnswer } from '../../src/wire/dns-answer.ts';
import { Question, readQuestion } from '../../src/wire/dns-question.ts';
import { systemTime, type Time } from '../../src/lib/time.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** Where an answer comes; where none does, it is virtual. */
const TIMEOUT_MS = 60_000;
/** Of one question, within its time. */
const SENDS = 4;
const NO_DATA: OwnAnswer = { rcode: RCODE.ok, addresses: [], ttl: 0, reason: REASON.none };

type Answer = (question: Buffer) => Buffer | null;
const open: (Socket | Server | Stream)[] = [];

afterEach(() => {
  for (const each of open.splice(0))
    if ('destroy' in each) each.destroy();
    else each.close();
});

function says(answer: OwnAnswer): Answer {
  return (bytes) => {
    const question = new Question();
    readQuestion(bytes, 0, bytes.length, question);
    const into = Buffer.alloc(MAX_OWN_ANSWER);
    return into.subarray(0, writeAnswer(bytes, question, answer, into, into.length));
  };
}

const front = says(NO_DATA);
const silent: Answer = () => null;

interface Peer {
  /** Messages that came. */
  asked: number;
  /** Connections that are over. */
  closed: number;
}

async function udpPeer(port: number, answer: Answer): Promise<Peer> {
  const peer = { asked: 0, closed: 0 };
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (bytes, { port: to, address }) => {
    peer.asked += 1;
    const message = answer(bytes);
    if (message !== null) socket.send(message, to, address);
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return peer;
}

async function tcpPeer(port: number, answer: Answer | 'end' | 'reset'): Promise<Peer> {
  const peer = { asked: 0, closed: 0 };
  const server = createServer((stream) => {
    open.push(stream);
    stream.on('error', () => {});
    stream.on('close', () => {
      peer.closed += 1;
    });
    if (answer === 'end') stream.end();
    stream.on('data', (bytes: Buffer) => {
      peer.asked += 1;
      if (answer === 'reset') stream.resetAndDestroy();
      if (typeof answer === 'string') return;
      const message = answer(bytes.subarray(2));
      if (message !== null)
        stream.write(Buffer.concat([Buffer.from([message.length >>> 8, message.length & 0xff]), message]));
    });
  });
  open.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return peer;
}

async function probed(port: number, time: Time = systemTime): Promise<string[]> {
  const to = { address: '127.0.0.1', port };
  const settings = { listener: 'a', form: 'dns', to, from: '127.0.0.1', before: '', host: '' } as const;
  const all = await probeDns(settings, TIMEOUT_MS, time);
  return all.map(({ result }) => result);
}

describe('over UDP and TCP', () => {
  test('the front answers', async () => {
    const port = await freePort();
    await Promise.all([udpPeer(port, front), tcpPeer(port, front)]);
    expect(await probed(port)).toEqual(['ok', 'ok']);
  });

  test('nobody is there: both are refused at once', async () => {
    expect(await probed(await freePort())).toEqual(['refused', 'refused']);
  });

  test('a process that hangs: the kernel takes both, and nothing comes', async () => {
    const port = await freePort();
    const [udp, tcp] = await Promise.all([udpPeer(port, silent), tcpPeer(port, silent)]);
    const time = new VirtualTime();
    const results = probed(port, time);
    await eventually('both have been asked', () => udp.asked === 1 && tcp.asked === 1);
    await time.advance(TIMEOUT_MS);
    expect(await results).toEqual(['timeout', 'timeout']);
  });

  test.each([
    { what: 'no such name, as a resolver answers', answer: { ...NO_DATA, rcode: RCODE.noName } },
    { what: 'a failure', answer: { ...NO_DATA, rcode: RCODE.servFail } },
    { what: 'an address', answer: { ...NO_DATA, addresses: [Buffer.from([192, 0, 2, 1])] } },
  ])('somebody else in its place: $what', async ({ answer }) => {
    const port = await freePort();
    await Promise.all([udpPeer(port, says(answer)), tcpPeer(port, says(answer))]);
    expect(await probed(port)).toEqual(['answer', 'answer']);
  });

  test('a question that is lost is sent again', async () => {
    const port = await freePort();
    let lost = 0;
    const losing: Answer = (question) => {
      if (lost === 2) return front(question);
      lost += 1;
      return null;
    };
    const [udp] = await Promise.all([udpPeer(port, losing), tcpPeer(port, front)]);
    const time = new VirtualTime();
    const results = probed(port, time);
    for (const asked of [1, 2]) {
      await eventually(`question ${asked}`, () => udp.asked === asked);
      await time.advance(TIMEOUT_MS / SENDS);
    }
    expect(await results).toEqual(['ok', 'ok']);
    expect(udp.asked).toBe(3);
  });

  test('an answer to another question is none', async () => {
    const port = await freePort();
    const forged: Answer = (question) => {
      const message = front(question);
      message?.writeUInt16BE((question.readUInt16BE() + 1) & 0xffff);
      return message;
    };
    const [udp, tcp] = await Promise.all([udpPeer(port, forged), tcpPeer(port, forged)]);
    const time = new VirtualTime();
    const results = probed(port, time);
    await eventually('UDP has been asked, the connection is over', () => udp.asked === 1 && tcp.closed === 1);
    await time.advance(TIMEOUT_MS);
    expect(await results).toEqual(['timeout', 'answer']);
  });

  // Else whoever opens as many connections as the front takes would have it taken out.
  test.each(['end', 'reset'] as const)(
    'one that has all its connections (%s) and answers over UDP lives',
    async (how) => {
      const port = await freePort();
      await Promise.all([udpPeer(port, front), tcpPeer(port, how)]);
      expect(await probed(port)).toEqual(['ok', 'denied']);
    },
  );

  test('ended connections without an answer over UDP are none', async () => {
    const port = await freePort();
    const [udp, tcp] = await Promise.all([udpPeer(port, silent), tcpPeer(port, 'end')]);
    const time = new VirtualTime();
    const results = probed(port, time);
    await eventually('UDP has been asked, the connection is over', () => udp.asked === 1 && tcp.closed === 1);
    await time.advance(TIMEOUT_MS);
    expect(await results).toEqual(['timeout', 'closed']);
  });
});
