/** Requirement 14: an answer before the body has come: what is unread is thrown away or cut off, never read as a request. */
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const DRAIN = 64 * 1024;
const suite = hostileSuite({ list: '127.0.0.1/listed\n', limits: { drainBytes: DRAIN }, connect: { ports: [443] } });
const smuggled = (): string => `GET ${suite.upstream.url}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requirement 14: early answers and unread bodies', () => {
  test('a block page: the body is never a request', async () => {
    const { url } = suite.upstream;
    const requests = [
      `POST ${url}/listed HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled().length}\r\n\r\n${smuggled()}`,
      `POST ${url}/listed HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n${smuggled()}`,
      `POST ${url}/listed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled()}`,
      `GET ${url}/listed HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n${smuggled()}`,
    ];
    for (const request of requests) {
      const received = await suite.ask(request);
      expect(statuses(received)).toEqual([403]);
      expect(received).toContain('\r\nConnection: close\r\n');
      await suite.nothingForwarded();
    }
  });

  test.each(['loop', 'trace', 'options'])('an answer of the proxy (%s): the body is never a request', async (kind) => {
    const lines: Record<string, string> = {
      loop: `POST ${suite.upstream.url}/ HTTP/1.1\r\nVia: 1.1 hop-0123456789abcdef`,
      trace: `TRACE ${suite.upstream.url}/ HTTP/1.1`,
      options: 'OPTIONS * HTTP/1.1',
    };
    const received = await suite.ask(`${lines[kind]}\r\nHost: x\r\nContent-Length: ${smuggled().length}\r\n\r\n${smuggled()}`);
    expect(statuses(received)).toHaveLength(1);
    expect(received).toContain('\r\nConnection: close\r\n');
    await suite.nothingForwarded();
  });

  test('no connection to the origin: the body is never a request', async () => {
    const received = await suite.ask(`POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled().length}\r\n\r\n${smuggled()}`);
    expect(statuses(received)).toEqual([502]);
    await suite.nothingForwarded();
  });

  test('without a body the connection goes on after a block page', async () => {
    const { url } = suite.upstream;
    const received = await suite.ask(`GET ${url}/listed HTTP/1.1\r\nHost: x\r\n\r\nGET ${url}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(statuses(received)).toEqual([403, 200]);
  });

  test('the origin answers early: what the client still sends is no request', async () => {
    const { upstream } = suite;
    upstream.onHead = (connection) => void connection.has('partial').then(() => connection.send('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno'));
    const client = await suite.client();
    client.send(`POST ${upstream.url}/early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\npartial`);
    await client.over();
    expect(client.received).toMatch(/^HTTP\/1\.1 417 [^]*\r\nConnection: close\r\n[^]*\r\n\r\nno$/);
    client.send(smuggled());
    client.end();
    await client.until(({ closed }) => closed);
    await upstream.last.until(({ closed }) => closed);
    expect(upstream.take()).not.toContain('smuggled');
  });

  test('a client that sends its body first sees the answer all the same', async () => {
    const client = await suite.client();
    client.send(`POST ${suite.upstream.url}/listed HTTP/1.1\r\nHost: x\r\nContent-Length: ${DRAIN - 1000}\r\n\r\n`);
    client.send('b'.repeat(DRAIN - 1000));
    await client.over();
    expect(client.ending).toBe('end');
    expect(statuses(client.received)).toEqual([403]);
    client.end();
    await client.until(({ closed }) => closed);
  });

  test('what is thrown away is bounded', async () => {
    const client = await suite.client();
    client.send(`POST ${suite.upstream.url}/listed HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`);
    await client.has('Connection: close');
    while (!client.closed) {
      client.send('b'.repeat(16 * 1024));
      await new Promise(setImmediate);
    }
    expect(client.socket.bytesWritten).toBeLessThan(64 * 1024 * 1024);
    await suite.nothingForwarded();
  });

  test('a client that keeps its side open after the last answer is let go', async () => {
    const client = await suite.client();
    client.send(`GET ${suite.upstream.url}/listed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await client.over();
    const before = suite.proxy.connections();
    const after = await eventually('the client is let go', () => suite.proxy.connections(), (count) => count < before);
    expect(after).toBe(before - 1);
  });
});
