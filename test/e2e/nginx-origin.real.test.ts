/** An nginx as origin, seen through the proxy and directly: what it says arrives as it said it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawResponse } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const TEXT = Array.from({ length: 5000 }, (_, i) => `line ${i}`).join('\n');
/** What a proxy adds, and what it takes away because it belongs to one connection. */
const OURS = new Set(['via', 'date', 'connection', 'keep-alive']);

describeWith(['nginx'])('nginx as origin', () => {
  const resources = new Resources();
  let nginx: Nginx;
  let proxy: ProxyProcess;
  let origin: string;

  beforeAll(async () => {
    nginx = resources.use(
      await startNginx({
        server: `
        gzip_proxied any; gzip_min_length 1; gzip_types *;
        location /zipped/ { alias root/; gzip on; }
        location /until-close/ { alias root/; gzip on; chunked_transfer_encoding off; }
        location /empty { return 204; }
        location /moved { return 302 http://elsewhere.example/; }
        location /many { add_header Set-Cookie a=1; add_header Set-Cookie b=2; return 200 ok; }
        location /hidden { return 200 "never seen"; }`,
        files: { 'text.txt': TEXT, 'page.html': '<p>é</p>' },
      }),
    );
    proxy = resources.use(await startProxy({ lists: { own: 'localhost/hidden\n' } }));
    origin = `http://localhost:${nginx.port}`;
  });
  afterAll(async () => await resources.end());

  async function through(path: string, fields = '', method = 'GET'): Promise<RawResponse> {
    await using client = await rawClient(proxy.port);
    client.request(`${origin}${path}`, { method, fields });
    return await client.response({ bodiless: method === 'HEAD' });
  }

  async function direct(path: string, fields = '', method = 'GET'): Promise<RawResponse> {
    await using client = await rawClient(nginx.port);
    client.send(`${method} ${path} HTTP/1.1\r\nHost: localhost:${nginx.port}\r\n${fields}\r\n`);
    return await client.response({ bodiless: method === 'HEAD' });
  }

  test.each([
    { name: 'a file', path: '/text.txt', status: 200 },
    { name: 'gzip, chunked', path: '/zipped/text.txt', fields: 'Accept-Encoding: gzip\r\n', status: 200 },
    { name: 'a range', path: '/text.txt', fields: 'Range: bytes=100-199\r\n', status: 206 },
    { name: 'a range from the end', path: '/text.txt', fields: 'Range: bytes=-10\r\n', status: 206 },
    { name: 'a range that is not there', path: '/text.txt', fields: 'Range: bytes=99999999-\r\n', status: 416 },
    { name: 'no content', path: '/empty', status: 204 },
    { name: 'a redirect', path: '/moved', status: 302 },
    { name: 'several fields of one name', path: '/many', status: 200 },
    { name: 'nothing there', path: '/nothing', status: 404 },
    { name: 'HEAD', path: '/text.txt', method: 'HEAD', status: 200 },
    {
      name: 'HEAD of what would be gzip',
      path: '/zipped/text.txt',
      fields: 'Accept-Encoding: gzip\r\n',
      method: 'HEAD',
      status: 200,
    },
    { name: 'OPTIONS', path: '/text.txt', method: 'OPTIONS', status: 405 },
    { name: 'a target with odd bytes', path: '/text.txt?a=%zz|"{}[]^`\xe9//../%2e', status: 200 },
  ])('$name', async ({ path, fields, method, status }) => {
    const [ours, theirs] = [await through(path, fields, method), await direct(path, fields, method)];
    expect(ours.status).toBe(status);
    expect(ours.statusLine).toBe(theirs.statusLine);
    expect(own(ours)).toEqual(own(theirs));
    expect(ours.body.equals(theirs.body)).toBe(true);
  });

  test('several ranges in one answer', async () => {
    const { status, fields, body } = await through('/text.txt', 'Range: bytes=0-9,100-109\r\n');
    expect(status).toBe(206);
    expect(fields.get('content-type')).toMatch(/^multipart\/byteranges; boundary=/);
    expect(body.length).toBe(Number(fields.get('content-length')));
  });

  test('304 for what the client has', async () => {
    const { fields } = await through('/text.txt');
    const again = await through('/text.txt', `If-None-Match: ${fields.get('etag')}\r\n`);
    expect(again.status).toBe(304);
    expect(again.fields.get('etag')).toBe(fields.get('etag'));
  });

  test('an answer until close ends with the connection', async () => {
    await using client = await rawClient(proxy.port);
    client.request(`${origin}/until-close/text.txt`, { fields: 'Accept-Encoding: gzip\r\n' });
    const { fields, body } = await client.response();
    const zipped = await direct('/zipped/text.txt', 'Accept-Encoding: gzip\r\n');
    expect(fields.has('content-length') || fields.has('transfer-encoding')).toBe(false);
    expect(fields.get('connection')).toBe('close');
    expect(body.equals(zipped.body)).toBe(true);
  });

  test('a chunked answer to an HTTP/1.0 client comes bare and ends with the connection', async () => {
    await using client = await rawClient(proxy.port);
    client.request(`${origin}/zipped/text.txt`, {
      fields: 'Accept-Encoding: gzip\r\nConnection: keep-alive\r\n',
      version: 'HTTP/1.0',
    });
    const { fields, body } = await client.response();
    expect(fields.has('transfer-encoding')).toBe(false);
    expect(fields.get('connection')).toBe('close');
    expect(body.equals((await direct('/zipped/text.txt', 'Accept-Encoding: gzip\r\n')).body)).toBe(true);
  });

  test('an HTTP/1.0 client that asks for it keeps its connection', async () => {
    await using client = await rawClient(proxy.port);
    for (let i = 0; i < 3; i++) {
      client.request(`${origin}/text.txt`, { fields: 'Connection: keep-alive\r\n', version: 'HTTP/1.0' });
      const { fields, body } = await client.response();
      expect(fields.get('connection')).toBe('keep-alive');
      expect(body.toString()).toBe(TEXT);
    }
  });

  test('pipelined requests are answered in order, a refused one and a HEAD in the middle', async () => {
    await using client = await rawClient(proxy.port);
    const requests = [
      { path: '/text.txt', status: 200, length: TEXT.length },
      { path: '/hidden', status: 403 },
      { path: '/text.txt', method: 'HEAD', status: 200, length: 0 },
      { path: '/nothing', status: 404 },
      { path: '/hidden', method: 'HEAD', status: 403, length: 0 },
      { path: '/empty', status: 204, length: 0 },
      { path: '/page.html', status: 200, length: 9 },
    ];
    client.send(
      requests
        .map(
          ({ path, method = 'GET' }) => `${method} ${origin}${path} HTTP/1.1\r\nHost: localhost:${nginx.port}\r\n\r\n`,
        )
        .join(''),
    );
    for (const { method, status, length } of requests) {
      const response = await client.response({ bodiless: method === 'HEAD' });
      expect(response.status).toBe(status);
      expect(response.body.length).toBe(length ?? Number(response.fields.get('content-length')));
    }
    client.request(`${origin}/page.html`);
    expect((await client.response()).status).toBe(200);
  });

  test('a thousand requests in one write', async () => {
    await using client = await rawClient(proxy.port);
    const paths = Array.from({ length: 1000 }, (_, i) => (i % 7 === 3 ? '/hidden' : '/page.html'));
    client.send(paths.map((path) => `GET ${origin}${path} HTTP/1.1\r\nHost: localhost:${nginx.port}\r\n\r\n`).join(''));
    for (const path of paths) expect((await client.response()).status).toBe(path === '/hidden' ? 403 : 200);
  });
});

function own({ fields }: RawResponse): Record<string, string> {
  return Object.fromEntries([...fields].filter(([name]) => !OURS.has(name)));
}
