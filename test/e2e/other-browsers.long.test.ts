/**
 * Firefox and WebKitGTK behind the proxy, as Chromium in browser.real.test.ts: their HTTP clients are others (Necko, libsoup). Pages load
 * whole, bodies go up, events and messages come as they are sent, a listed part leaves the page alone.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { endServer } from '../support/ended-server.ts';
import { eventually } from '../support/eventually.ts';
import { Firefox } from '../support/firefox.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { MINI_BROWSER, WebKit } from '../support/webkit.ts';

const IMAGES = 40;
const UPLOAD = 300_000;
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** Scripts of the page write down what they have seen; a driver that waits for a promise is not needed. */
const PAGE = `<!doctype html><title>site</title><link rel="icon" href="data:,"><body><script>
const seen = {};
const note = (name) => (value) => { seen[name] = String(value); };
fetch('/upload', { method: 'POST', body: 'x'.repeat(${UPLOAD}) }).then((answer) => answer.text()).then(note('upload'), note('upload'));
fetch('/part', { headers: { range: 'bytes=2-4' } }).then(async (answer) => answer.status + ' ' + await answer.text()).then(note('part'), note('part'));
fetch('/listed').then((answer) => answer.status).then(note('listed'), note('listed'));
const events = [];
const source = new EventSource('/events');
source.onmessage = ({ data }) => { events.push(data); if (events.length === 3) { source.close(); note('events')(events); } };
const socket = new WebSocket('ws://' + location.host + '/socket');
socket.onopen = () => socket.send('hello');
socket.onmessage = ({ data }) => { socket.close(); note('socket')(data); };
socket.onerror = () => note('socket')('error');
const images = Array.from({ length: ${IMAGES} }, (_, i) => i === 7 ? '/listed.png' : '/image.png?' + i);
let left = images.length, whole = 0;
for (const src of images) {
  const image = document.createElement('img');
  const done = () => { if (--left === 0) note('images')(whole); };
  image.onload = () => { whole += 1; done(); };
  image.onerror = done;
  image.src = src;
  document.body.append(image);
}
window.seen = seen;
</script>the page itself`;
const WANTED = {
  upload: `got ${UPLOAD}`,
  part: '206 cde',
  listed: '403',
  events: '1,2,3',
  socket: 'hello back',
  images: String(IMAGES - 1),
};

/** What a test asks of either browser. */
interface DrivenBrowser {
  open(url: string): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
}

describeWith(['firefox-esr', 'WebKitWebDriver', MINI_BROWSER, 'Xvfb'])('other browsers through the proxy', () => {
  const resources = new Resources();
  let port = 0;
  let proxy: ProxyProcess;
  const asked = new Set<string>();

  beforeAll(async () => {
    const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
      '/upload': (request, response) => void text(request).then((body) => response.end(`got ${body.length}`)),
      '/part': (_, response) =>
        response.writeHead(206, { 'content-range': 'bytes 2-4/26', 'content-length': 3 }).end('cde'),
      '/events': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const number of [1, 2, 3]) response.write(`data: ${number}\n\n`);
      },
      '/image.png': (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(PIXEL),
      '/index.html': (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
    };
    const origin = createServer((request, response) => {
      const { method = '', url = '' } = request;
      asked.add(`${method} ${url}`);
      answers[url.split('?', 1)[0]!]?.(request, response);
    }).listen(0, '127.0.0.1');
    const sockets = new WebSocketServer({ server: origin });
    sockets.on('connection', (socket) => socket.on('message', () => socket.send('hello back')));
    await once(origin, 'listening');
    resources.defer(async () => await endServer(origin, sockets));
    ({ port } = origin.address() as AddressInfo);
    proxy = resources.use(
      await startProxy({
        config: { workers: 2, connect: { ports: [port] } },
        lists: { own: 'site.localhost/listed\nsite.localhost/listed.png\n' },
      }),
    );
  });
  afterAll(async () => await resources.end());

  async function expectWholePage(browser: DrivenBrowser): Promise<void> {
    asked.clear();
    await browser.open(`http://site.localhost:${port}/index.html`);
    const seen = await eventually(
      'the page has seen all',
      async () => JSON.parse((await browser.evaluate('return JSON.stringify(window.seen)')) as string) as object,
      (found) => Object.keys(found).length === Object.keys(WANTED).length,
    );
    expect(seen).toEqual(WANTED);
    expect([asked.has('GET /events'), [...asked].some((line) => line.includes('listed'))]).toEqual([true, false]);
  }

  test('Firefox', async () => {
    const settings = {
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': proxy.port,
    };
    await using firefox = await Firefox.start(settings);
    await expectWholePage(firefox);
  });

  test('WebKitGTK', async () => {
    await using webkit = await WebKit.start({ proxy: `http://127.0.0.1:${proxy.port}` });
    await expectWholePage(webkit);
  });
});
