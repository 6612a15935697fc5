/** What a server of lists says before its answer is skipped, wherever it is cut, and nothing of an answer is. */
import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { HttpClient } from '../../../src/list/source/http-client.ts';
import { NO_TERMS } from '../../support/http-terms.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../../support/localhost-certificate.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const QUESTION = { headers: {}, mayBeAbsent: false, maxBytes: 100_000, timeoutMs: 15_000, totalTimeoutMs: 60_000 };
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const answer = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const ends: (() => void)[] = [];

afterEach(() => ends.splice(0).forEach((end) => end()));

/** @param pieces of each answer, one after the other, each told apart by a turn of the loop at least. */
async function served(
  pieces: (nth: number) => readonly string[],
): Promise<{ server: Server; connections: () => number }> {
  let nth = 0;
  let connections = 0;
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (socket: TLSSocket) => {
    connections += 1;
    ends.push(() => socket.destroy());
    socket.setNoDelay().on('error', () => {});
    socket.on('data', () => {
      const [first = '', ...others] = pieces((nth += 1));
      const write = (piece: string, rest: readonly string[]): void => {
        socket.write(piece, 'latin1', () => {
          const [next, ...further] = rest;
          if (next !== undefined) setImmediate(() => write(next, further));
        });
      };
      write(first, others);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  return { server, connections: () => connections };
}

async function bodies(server: Server, count: number): Promise<readonly string[]> {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('ca.pem'), CERTIFICATE);
  const client = new HttpClient({ ...NO_TERMS, ca: directory.file('ca.pem') });
  ends.push(() => client.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const texts: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { pieces } = await client.ask(`https://localhost:${port}/list`, QUESTION);
    let text = '';
    for await (const piece of pieces) text += Buffer.from(piece).toString('latin1');
    texts.push(text);
  }
  return texts;
}

// Was a fault (L9): such a list could not be had.
test('an unasked 100 Continue, one or several, on each answer of a connection', async () => {
  const { server, connections } = await served((nth) => [CONTINUE.repeat(nth) + answer(`list ${nth}\n`)]);
  expect(await bodies(server, 3)).toEqual(['list 1\n', 'list 2\n', 'list 3\n']);
  // Undici may open another before it has done with the first.
  expect(connections()).toBeLessThan(3);
});

test.each([1, 11, 12, 13, CONTINUE.length - 1, CONTINUE.length, CONTINUE.length + 5])(
  'that is cut after %i bytes',
  async (at) => {
    const all = `${CONTINUE}HTTP/1.1 100 Again\r\nX: y\r\n\r\n${answer('a list\n')}`;
    const { server } = await served(() => [all.slice(0, at), all.slice(at)]);
    expect(await bodies(server, 2)).toEqual(['a list\n', 'a list\n']);
  },
);

test('an answer of which the body looks like one is as it came', async () => {
  const body = `${CONTINUE}# a list\n`;
  const { server } = await served(() => [answer('').replace('Length: 0', `Length: ${body.length}`), body]);
  expect(await bodies(server, 1)).toEqual([body]);
});

test('a head without end is given up', async () => {
  const { server } = await served(() => [`HTTP/1.1 100 Continue\r\nX: ${'y'.repeat(40_000)}`]);
  await expect(bodies(server, 1)).rejects.toMatchObject({ code: 'connect' });
});
