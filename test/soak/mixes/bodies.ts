/** Bodies both ways: posted and echoed, long ones, and those of slow senders and slow readers that must arrive all the same. */
import { once } from 'node:events';
import { rawClient } from '../../support/raw-client.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { within } from '../../support/within.ts';
import { BodyCheck, bodyOf } from '../bodies.ts';
import { KeptClient, between, expectBody, expectStatus, oneOf, pause } from './mix.ts';
import type { Mix, MixContext } from './mix.ts';

const KIB = 1024;

/** A few on one connection, by length and chunked, small and large. */
export const posts: Mix = async ({ field, random, tag, name }) => {
  await using client = new KeptClient(field);
  for (let left = between(random, 1, 6); left > 0; left--) {
    const own = tag();
    const body = bodyOf(own, between(random, 1, oneOf(random, [100, 10 * KIB, 256 * KIB])));
    const [chunked, chunkSize] = [random() < 0.5, between(random, 50, 20 * KIB)];
    const response = await client.ask((raw) => {
      raw.send(postHead(field.ports.pages, '/echo', chunked ? null : body.length, 'localhost'));
      raw.send(chunked ? inChunks(body, chunkSize) : body);
    });
    expectStatus(response, 200);
    expectBody(response, own, body.length);
    field.ledger.right(name);
  }
};

/** Sends head and body a little at a time; the origin echoes as it comes. */
export const slowWriter: Mix = async ({ field, random, tag, name }) => {
  await using client = await rawClient(field.proxy.port);
  const own = tag();
  const body = bodyOf(own, between(random, 200, 4000));
  const bytes = Buffer.concat([
    Buffer.from(postHead(field.ports.pages, oneOf(random, ['/echo', '/stream']), body.length, 'site.localhost')),
    body,
  ]);
  const step = Math.ceil(bytes.length / between(random, 5, 40));
  for (let at = 0; at < bytes.length; at += step) {
    client.send(bytes.subarray(at, at + step));
    await pause(between(random, 1, 60));
  }
  const response = await client.response();
  expectStatus(response, 200);
  expectBody(response, own, body.length);
  field.ledger.right(name);
};

/** Some megabytes as fast as they come. */
export const download: Mix = async (context) =>
  await readLong(context, between(context.random, 1024 * KIB, 8 * 1024 * KIB), 0);

/** Reads with pauses: the origin is held back meanwhile, nothing is lost. */
export const slowReader: Mix = async (context) =>
  await readLong(context, between(context.random, 2048 * KIB, 6 * 1024 * KIB), 0.25);

/** @param pauses share of the pieces after which nothing is read for a while */
async function readLong({ field, random, tag, name }: MixContext, length: number, pauses: number): Promise<void> {
  await using client = await rawClient(field.proxy.port);
  const { socket } = client;
  const own = tag();
  const check = new BodyCheck(own);
  let head = '';
  let fault: unknown = null;
  // The reader of `rawClient` keeps all that comes; this one must not.
  socket.removeAllListeners('data');
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    try {
      if (head.endsWith('\r\n\r\n')) check.take(chunk);
      else head = splitHead(head, chunk, check);
    } catch (error) {
      fault = error;
      socket.destroy();
    }
    if (random() < pauses) rest(socket, between(random, 1, 40));
  });
  client.request(`http://site.localhost:${field.ports.pages}/length/${own}/${length}`, {
    fields: 'Connection: close\r\n',
  });
  await within(
    'the end of a download',
    once(socket, 'close').catch((error: unknown) => (fault ??= error)),
  );
  if (fault !== null) throw fault;
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`answered with ${head.slice(0, 60)}`);
  if (check.length !== length) throw new Error(`${check.length} of ${length} bytes came`);
  field.ledger.right(name);
}

function splitHead(before: string, chunk: Buffer, check: BodyCheck): string {
  const text = before + chunk.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return text;
  check.take(chunk.subarray(end + 4 - before.length));
  return text.slice(0, end + 4);
}

function rest(socket: RawClient['socket'], milliseconds: number): void {
  socket.pause();
  setTimeout(() => socket.resume(), milliseconds);
}

/** @param length null: chunked */
function postHead(port: number, path: string, length: number | null, host: string): string {
  return `POST http://${host}:${port}${path} HTTP/1.1\r\nHost: x\r\n${length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n\r\n`;
}

function inChunks(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
