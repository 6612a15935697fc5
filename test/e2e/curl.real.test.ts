/** curl through the proxy: what a customer's program sees, answered by an nginx that knows nothing of us. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { curl, curlEach } from '../support/curl.ts';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const LARGE = randomBytes(64 * 1024 * 1024);
const PAGE = {
  operator: 'Réseau Example',
  contact: 'mailto:help@isp.example',
  appeal: 'https://isp.example/appeal',
  tipLine: { name: 'Tip line', url: 'https://tipline.example/' },
};

describeWith(['nginx', 'curl'])('curl through the proxy', () => {
  const resources = new Resources();
  let nginx: Nginx;
  let hasher: Server;
  let proxy: ProxyProcess;
  let origin: string;

  beforeAll(async () => {
    nginx = resources.use(
      await startNginx({
        server: 'location /listed { return 200 "never seen"; }',
        files: { 'hello.txt': 'hello\n', 'large.bin': LARGE },
      }),
    );
    hasher = await startHasher();
    resources.defer(async () => {
      hasher.close();
      await once(hasher, 'close');
    });
    proxy = resources.use(
      await startProxy({
        config: { page: PAGE },
        lists: {
          own: 'origin.localhost/listed.html\norigin.localhost/dir/*\nhost.localhost\n',
          court: { text: 'origin.localhost/court\n', status: 451, blockedBy: 'https://court.example/' },
        },
      }),
    );
    origin = `http://origin.localhost:${nginx.port}`;
  });
  afterAll(async () => await resources.end());

  test('what is not listed passes as it is', async () => {
    const { exit, status, body, fields } = await curl(proxy.port, [`${origin}/hello.txt`]);
    expect({ exit, status, body: body.toString() }).toEqual({ exit: 0, status: 200, body: 'hello\n' });
    expect(fields.get('server')).toMatch(/^nginx/);
    expect(fields.get('via')).toMatch(/^1\.1 [a-z0-9-]+$/);
  });

  test("the origin's own errors pass too", async () => {
    expect(await curl(proxy.port, [`${origin}/nothing-here`])).toMatchObject({ exit: 0, status: 404 });
  });

  test.each([
    '/listed.html',
    '/dir/',
    '/dir/deep/er?x=1',
    '/%6cisted.html',
    '//listed.html',
    '/x/../listed.html',
    '/listed.html#part',
  ])('%s is refused with a text for programs', async (path) => {
    const { exit, status, body, fields } = await curl(proxy.port, ['--path-as-is', `${origin}${path}`]);
    expect({ exit, status, type: fields.get('content-type') }).toEqual({
      exit: 0,
      status: 403,
      type: 'text/plain; charset=utf-8',
    });
    expect(body.toString()).toContain('Réseau Example: Access to this address is refused');
    expect(body.toString()).toContain('https://isp.example/appeal');
    expect(fields.get('cache-control')).toBe('no-store');
    expect(fields.get('proxy-status')).toMatch(/; error=http_request_denied$/);
    expect(fields.has('server')).toBe(false);
  });

  test.each(['/listed', '/listed.html.bak', '/listed.html/x', '/dir', '/dirx', '/LISTED.html'])(
    '%s beside it passes',
    async (path) => {
      const { status } = await curl(proxy.port, [`${origin}${path}`]);
      expect([200, 404]).toContain(status);
    },
  );

  test('a browser gets a page, in French where it asks for it', async () => {
    const browser = ['-H', 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'];
    const english = await curl(proxy.port, [...browser, `${origin}/listed.html`]);
    expect(english.fields.get('content-type')).toBe('text/html; charset=utf-8');
    expect(english.fields.get('content-language')).toBe('en');
    expect(english.body.toString()).toContain('<h1 id="en-heading">Access to this address is refused</h1>');
    const french = await curl(proxy.port, [
      ...browser,
      '-H',
      'Accept-Language: fr-CA,fr;q=0.9,en;q=0.1',
      `${origin}/listed.html`,
    ]);
    expect(french.fields.get('content-language')).toBe('fr');
    expect(french.body.toString()).toContain('<h1 id="fr-heading">L’accès à cette adresse est refusé</h1>');
  });

  test('every page of a list is the same and echoes nothing', async () => {
    const one = await curl(proxy.port, ['-i', `${origin}/listed.html`]);
    const other = await curl(proxy.port, ['-i', 'http://host.localhost/anything?secret']);
    expect(other.body.toString()).toBe(one.body.toString());
  });

  test('HEAD gets the head alone, with the length of the page', async () => {
    const page = await curl(proxy.port, [`${origin}/listed.html`]);
    const head = await curl(proxy.port, ['-I', `${origin}/listed.html`]);
    expect(head).toMatchObject({ exit: 0, status: 403 });
    expect(Number(head.fields.get('content-length'))).toBe(page.body.length);
    expect(head.body.toString()).toMatch(/\r\n\r\n$/);
  });

  test('451 names who demanded it', async () => {
    const { status, fields, body } = await curl(proxy.port, [`${origin}/court`]);
    expect(status).toBe(451);
    expect(fields.get('link')).toBe('<https://court.example/>; rel="blocked-by"');
    expect(body.toString()).toContain('refused for legal reasons');
  });

  test.each([
    { name: 'by length', fields: [] },
    { name: 'chunked', fields: ['-H', 'Transfer-Encoding: chunked'] },
  ])('a body of 8 MiB arrives whole in both directions, $name', async ({ fields }) => {
    const sent = LARGE.subarray(0, 8 * 1024 * 1024);
    const {
      exit,
      status,
      body,
      fields: answer,
    } = await curl(proxy.port, [...fields, '--data-binary', '@-', `http://localhost:${portOf(hasher)}/`], sent);
    expect({ exit, status }).toEqual({ exit: 0, status: 200 });
    expect(answer.get('x-sha256')).toBe(sha256(sent));
    expect(sha256(body)).toBe(sha256(sent));
  });

  test('an empty POST and a PUT', async () => {
    const empty = await curl(proxy.port, ['-X', 'POST', '-d', '', `http://localhost:${portOf(hasher)}/`]);
    expect(empty).toMatchObject({ exit: 0, status: 200, connects: 1 });
    const put = await curl(proxy.port, ['-T', '-', `http://localhost:${portOf(hasher)}/x`], Buffer.from('put'));
    expect(put.body.toString()).toBe('put');
  });

  test('a large download is the same byte for byte', async () => {
    const { exit, body } = await curl(proxy.port, [`${origin}/large.bin`]);
    expect(exit).toBe(0);
    expect(sha256(body)).toBe(sha256(LARGE));
  });

  test("the client's connection is kept, across origins and refusals", async () => {
    const urls = [
      `${origin}/hello.txt`,
      `${origin}/listed.html`,
      `http://localhost:${portOf(hasher)}/`,
      `${origin}/hello.txt`,
    ];
    expect(await curlEach(proxy.port, urls)).toEqual(['1 new, 200', '0 new, 403', '0 new, 200', '0 new, 200']);
  });

  test('an HTTP/1.0 client', async () => {
    const plain = await curl(proxy.port, ['-0', `${origin}/hello.txt`]);
    expect(plain).toMatchObject({ exit: 0, status: 200 });
    expect(plain.fields.get('connection')).toBe('close');
    const unchunked = await curl(proxy.port, ['-0', `http://localhost:${portOf(hasher)}/chunked`]);
    expect(unchunked.fields.has('transfer-encoding')).toBe(false);
    expect(unchunked.body.toString()).toBe('in pieces');
  });

  test('Expect: 100-continue: the origin asks for the body, a refusal does not', async () => {
    const sent = LARGE.subarray(0, 2 * 1024 * 1024);
    const expecting = ['-H', 'Expect: 100-continue', '--expect100-timeout', '20', '--data-binary', '@-'];
    const passed = await curl(proxy.port, [...expecting, `http://localhost:${portOf(hasher)}/`], sent);
    expect(passed.fields.get('x-sha256')).toBe(sha256(sent));
    const refused = await curl(proxy.port, [...expecting, `${origin}/listed.html`], sent);
    expect(refused).toMatchObject({ exit: 0, status: 403 });
  });

  test('a refusal of a large upload reaches a client that sends on', async () => {
    const { status } = await curl(
      proxy.port,
      ['-H', 'Expect:', '--data-binary', '@-', `${origin}/listed.html`],
      LARGE.subarray(0, 8 * 1024 * 1024),
    );
    expect(status).toBe(403);
  });
});

/** Sends back what it gets, with its digest. */
async function startHasher(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/chunked') {
      response.write('in ');
      response.end('pieces');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      response.setHeader('X-SHA256', sha256(body));
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
