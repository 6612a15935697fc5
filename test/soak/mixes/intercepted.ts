/**
 * Clients that speak to an origin, on a steered listener and inside CONNECT: each answer is checked for its status and every byte, what is listed is
 * refused, and they end in every way that clients do.
 */
import { rawClient } from '../../support/raw-client.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { helloFor } from '../../support/reference/made-hello.ts';
import { bodyOf } from '../bodies.ts';
import { LISTED_HOST } from '../listed.ts';
import { between, expectBody, expectStatus, oneOf, pause } from './mix.ts';
import type { Mix, MixContext } from './mix.ts';

const SMALL_BYTES = 20_000;
/** Of a TLS record. */
const ALERT = 21;

/** Some exchanges on one connection; then it is left, ended, reset, ended in the middle of a request, or refused. */
export const intercepted: Mix = async (context) => {
  const { random, name, field } = context;
  await using client = await opened(context);
  for (let left = between(random, 0, 8); left > 0; left--) {
    await oneOf(random, [page, page, posted])(client, context);
    field.ledger.right(name);
    await pause(between(random, 0, 15));
  }
  await oneOf(random, [left, ended, reset, endedInside, refused, refused])(client, context);
};

export const interceptedTls: Mix = async (context) => {
  await using client = await opened(context);
  client.send(helloFor(LISTED_HOST));
  const [kind] = await client.reader.rest();
  if (kind !== ALERT) throw new Error('a hello to a listed host got no alert');
  context.field.ledger.right(context.name);
};

async function opened({ field, random }: MixContext): Promise<RawClient> {
  const { pages } = field.ports;
  if (random() < 0.5) return await rawClient(pages, field.steered);
  const client = await rawClient(field.proxy.port);
  client.send(`CONNECT localhost:${pages} HTTP/1.1\r\nHost: localhost:${pages}\r\n\r\n`);
  expectStatus(await client.response({ bodiless: true }), 200);
  return client;
}

const head = (line: string, fields = ''): string => `${line} HTTP/1.1\r\nHost: site.localhost\r\n${fields}\r\n`;

async function page(client: RawClient, { random, tag }: MixContext): Promise<void> {
  const [own, bytes] = [tag(), between(random, 0, SMALL_BYTES)];
  client.send(head(`GET /${oneOf(random, ['length', 'chunked'])}/${own}/${bytes}`));
  const response = await client.response();
  expectStatus(response, 200);
  expectBody(response, own, bytes);
}

async function posted(client: RawClient, { random, tag }: MixContext): Promise<void> {
  const own = tag();
  const body = bodyOf(own, between(random, 1, SMALL_BYTES));
  client.send(head('POST /echo', `Content-Length: ${body.length}\r\n`));
  client.send(body);
  const response = await client.response();
  expectStatus(response, 200);
  expectBody(response, own, body.length);
}

async function left(): Promise<void> {
  await Promise.resolve();
}

/** An answer that is owed still comes. */
async function ended(client: RawClient, { tag }: MixContext): Promise<void> {
  const own = tag();
  client.send(head(`GET /length/${own}/10`));
  client.socket.end();
  expectBody(await client.response(), own, 10);
}

async function reset(client: RawClient): Promise<void> {
  client.socket.resetAndDestroy();
  await Promise.resolve();
}

async function endedInside(client: RawClient, { random }: MixContext): Promise<void> {
  client.send(oneOf(random, [head('POST /stream', 'Content-Length: 10\r\n') + 'half', 'GET /half HT', '']));
  await pause(between(random, 0, 20));
  client.socket.end();
}

/** The page is the last thing on its connection. */
async function refused(client: RawClient, { field, random, name }: MixContext): Promise<void> {
  client.send(
    oneOf(random, [head('GET /listed'), head('GET /x/../%6cisted'), head('GET /').replace('site', 'listed')]),
  );
  expectStatus(await client.response(), 403);
  if ((await client.reader.rest()).length > 0) throw new Error('something came behind the page');
  field.ledger.right(name);
}
