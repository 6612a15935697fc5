/** Regular requests: what a browser asks for all day, each answer checked for its status and every byte of its body. */
import { rawClient } from '../../support/raw-client.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { LISTED_HOST } from '../listed.ts';
import { KeptClient, between, expectBody, expectStatus, oneOf, pause } from './mix.ts';
import type { Mix, MixContext } from './mix.ts';

const HOSTS = ['site.localhost', 'counted.localhost', 'localhost', '127.0.0.1', 'good.example'];
const LISTED_URLS = [
  `${LISTED_HOST}:PORT/any`,
  'site.localhost:PORT/listed',
  'SITE.localhost:PORT/x/../%6cisted',
  'a.below.localhost:PORT/',
];
const SMALL_BYTES = 20_000;

/** One kept connection, up to forty requests of all kinds. */
export const keptConnection: Mix = async (context) => {
  await using client = new KeptClient(context.field);
  for (let left = between(context.random, 1, 40); left > 0; left--) {
    await oneOf(context.random, [page, page, page, listed, flipped, head, pipelined])(client, context);
    await pause(between(context.random, 0, 15));
  }
};

/** A new connection for each request; now and then in HTTP/1.0 or with an answer that ends with the connection. */
export const newConnection: Mix = async ({ field, random, tag, name }) => {
  await using client = await rawClient(field.proxy.port);
  const [own, bytes] = [tag(), between(random, 1, SMALL_BYTES)];
  const kind = oneOf(random, ['length', 'chunked', 'close']);
  client.request(
    `http://${oneOf(random, HOSTS)}:${field.ports.pages}/${kind}/${own}/${bytes}`,
    oneOf(random, [{ fields: 'Connection: close\r\n' }, {}, { version: 'HTTP/1.0' }]),
  );
  const response = await client.response();
  expectStatus(response, 200);
  expectBody(response, own, bytes);
  field.ledger.right(name);
};

async function page(client: KeptClient, { field, random, tag, name }: MixContext): Promise<void> {
  const [own, bytes] = [tag(), between(random, 0, SMALL_BYTES)];
  const url = `http://${oneOf(random, HOSTS)}:${field.ports.pages}/${oneOf(random, ['length', 'chunked'])}/${own}/${bytes}`;
  const response = await client.ask((raw) => raw.request(url));
  expectStatus(response, 200);
  expectBody(response, own, bytes);
  field.ledger.right(name);
}

async function listed(client: KeptClient, { field, random, name }: MixContext): Promise<void> {
  const url = `http://${oneOf(random, LISTED_URLS).replace('PORT', String(field.ports.pages))}`;
  const response = await client.ask((raw) => raw.send(`GET ${url} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n`));
  expectStatus(response, 403);
  if (!response.body.includes('<html')) throw new Error('the block page is not one');
  field.ledger.right(name);
}

/** Whatever the lists in force since it was asked say. */
async function flipped(client: KeptClient, { field, name }: MixContext): Promise<void> {
  const sentAt = field.flip.now;
  const response = await client.ask((raw) => raw.request(`http://site.localhost:${field.ports.pages}/flip`));
  expectStatus(response, ...field.flip.since(sentAt));
  field.ledger.right(name);
}

async function head(client: KeptClient, { field, random, tag, name }: MixContext): Promise<void> {
  const bytes = between(random, 1, SMALL_BYTES);
  const response = await client.ask(
    (raw) => raw.request(`http://localhost:${field.ports.pages}/length/${tag()}/${bytes}`, { method: 'HEAD' }),
    { bodiless: true },
  );
  expectStatus(response, 200);
  if (response.fields.get('content-length') !== String(bytes)) throw new Error('HEAD tells another length');
  field.ledger.right(name);
}

/** Four requests in one write, one of them listed; the answers come in order. */
async function pipelined(_client: KeptClient, { field, random, tag, name }: MixContext): Promise<void> {
  await using client: RawClient = await rawClient(field.proxy.port);
  const asked = Array.from({ length: 4 }, (_, i) =>
    i === 2 ? null : { own: tag(), bytes: between(random, 0, SMALL_BYTES) },
  );
  const urls = asked.map((one) =>
    one === null
      ? `http://${LISTED_HOST}/`
      : `http://site.localhost:${field.ports.pages}/length/${one.own}/${one.bytes}`,
  );
  client.send(urls.map((url) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  for (const one of asked) {
    const response = await client.response();
    expectStatus(response, one === null ? 403 : 200);
    if (one !== null) expectBody(response, one.own, one.bytes);
    field.ledger.right(name);
  }
}
