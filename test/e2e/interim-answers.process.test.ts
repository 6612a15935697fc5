/** 1xx answers, and the order of answers when an origin takes its time. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const resources = new Resources();
let origin: Origin;
let proxy: ProxyProcess;
let url: string;

beforeAll(async () => {
  origin = resources.use(await startOrigin());
  proxy = resources.use(
    await startProxy({
      config: {
        limits: { informationalResponses: 3 },
        upstream: { allow: ['127.0.0.0/8'], pool: { maxIdlePerOrigin: 0 } },
      },
      lists: { own: 'localhost/listed\n' },
    }),
  );
  url = `http://localhost:${origin.port}`;
});
afterAll(async () => await resources.end());

describe('interim answers', () => {
  test('all of them are forwarded, in order, with their fields', async () => {
    await using client = await rawClient(proxy.port);
    client.request(`${url}/`);
    const server = await origin.connection();
    await server.head();
    server.send('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n');
    expect((await client.response()).status).toBe(102);
    const hints = await client.response();
    expect([hints.status, hints.fields.get('link')]).toEqual([103, '</a.css>; rel=preload']);
    server.send(OK);
    expect((await client.response()).body.toString()).toBe('ok');
  });

  // Was a bug: what HAProxy, nginx and Squid let pass was a bad answer here.
  test.each([['\r\n'], ['\n\r\n']])('an empty line behind one is no fault: %j', async (lines) => {
    await using client = await rawClient(proxy.port);
    client.request(`${url}/`);
    const server = await origin.connection();
    await server.head();
    server.send(`HTTP/1.1 100 Continue\r\n\r\n${lines}`);
    expect((await client.response()).status).toBe(100);
    server.send(OK);
    expect((await client.response()).body.toString()).toBe('ok');
  });

  test('none goes to an HTTP/1.0 client', async () => {
    await using client = await rawClient(proxy.port);
    client.request(`${url}/`, { version: 'HTTP/1.0' });
    const server = await origin.connection();
    await server.head();
    server.send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`);
    expect((await client.response()).status).toBe(200);
  });

  test('more than the bound are a bad answer', async () => {
    await using client = await rawClient(proxy.port);
    client.request(`${url}/`);
    const server = await origin.connection();
    await server.head();
    server.send(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(4)}${OK}`);
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await client.response()).status);
    expect(statuses).toEqual([102, 102, 102, 502]);
    expect(await server.reader.ended()).toBe('fin');
  });

  test('the body is sent when the origin has asked for it, not before', async () => {
    await using client = await rawClient(proxy.port);
    client.send(`POST ${url}/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
    const server = await origin.connection();
    expect(await server.head()).toMatch(/^Expect: 100-continue$/im);
    server.send('HTTP/1.1 100 Continue\r\n\r\n');
    expect((await client.response()).status).toBe(100);
    client.send('body');
    expect((await server.reader.exactly(4)).toString()).toBe('body');
    server.send(OK);
    expect((await client.response()).status).toBe(200);
  });

  test('an origin that says no instead ends the exchange', async () => {
    await using client = await rawClient(proxy.port);
    client.send(`POST ${url}/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
    const server = await origin.connection();
    await server.head();
    server.send('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    const { status, fields } = await client.response();
    expect([status, fields.get('connection')]).toEqual([417, 'close']);
    expect((await client.reader.rest()).length).toBe(0);
    expect(await server.reader.ended()).toBe('fin');
  });
});

describe('answers wait for their turn', () => {
  test('a refusal waits until the answer before it is complete', async () => {
    await using client = await rawClient(proxy.port);
    client.request(`${url}/slow`);
    client.request(`${url}/listed`);
    client.request(`${url}/last`);
    const server = await origin.connection();
    await server.head();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    expect((await client.reader.until('abc')).toString('latin1')).toMatch(/^HTTP\/1\.1 200 /);
    server.send('def');
    expect((await client.reader.exactly(3)).toString()).toBe('def');
    expect((await client.response()).status).toBe(403);
    const next = await origin.connection();
    expect(await next.head()).toMatch(/^GET \/last HTTP\/1\.1\r\n/);
    next.send(OK);
    expect((await client.response()).status).toBe(200);
  });

  test('what follows a body is the next request', async () => {
    await using client = await rawClient(proxy.port);
    client.send(
      `POST ${url}/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET ${url}/b HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    );
    const server = await origin.connection();
    expect(await server.head()).toMatch(/^POST \/a /);
    expect((await server.reader.until('0\r\n\r\n')).toString()).toBe('3\r\nabc\r\n0\r\n\r\n');
    server.send(OK);
    expect((await client.response()).status).toBe(200);
    const next = await origin.connection();
    expect(await next.head()).toMatch(/^GET \/b /);
    next.send(OK);
    expect((await client.response()).status).toBe(200);
  });
});
