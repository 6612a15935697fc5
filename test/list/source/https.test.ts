/** Lists over HTTPS, from a real server with a self-signed certificate: every way it can go wrong has its own reason. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { compileToFile } from '../../../src/list/format/compile-file.ts';
import { HttpsSource } from '../../../src/list/source/https.ts';
import type { HttpsSourceOptions } from '../../../src/list/source/https.ts';
import { openSource } from '../../../src/list/source/open-source.ts';
import { copyPaths } from '../../../src/list/source/cached-copy.ts';
import type { CopyPaths } from '../../../src/list/source/cached-copy.ts';
import { ALONE } from '../../../src/list/source/source.ts';
import type { SourceRead } from '../../../src/list/source/source.ts';
import { countedMemory } from '../../support/counted-memory.ts';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { listConfig } from '../../support/list-config.ts';
import { NO_TERMS } from '../../support/http-terms.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../../support/localhost-certificate.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let directory: TemporaryDirectory;
let server: Server;
let answer: Answer;
let seen: IncomingMessage['headers'][];
const sources: HttpsSource[] = [];

const LIST = 'a.example\nb.example\n';
const NOW = Date.UTC(2026, 10, 24);
const withEtag: Answer = (request, response) => {
  const isSame = request.headers['if-none-match'] === '"v1"';
  response
    .writeHead(isSame ? 304 : 200, { etag: '"v1"', 'last-modified': 'Tue, 24 Nov 2026 00:00:00 GMT' })
    .end(isSame ? undefined : LIST);
};

function listUrl(): string {
  const bound = server.address();
  return `https://localhost:${typeof bound === 'object' ? bound?.port : 0}/list.txt`;
}

const paths = (url = listUrl()): CopyPaths =>
  copyPaths({ stateDirectory: directory.path, owner: 'test' }, 'the list', url);
const keptFile = (): string => paths().copy;

function open(options: Partial<HttpsSourceOptions> = {}): HttpsSource {
  const source = new HttpsSource({
    url: listUrl(),
    intervalMs: 60_000,
    paths: paths(options.url),
    owner: 'test',
    terms: { ...NO_TERMS, ca: directory.file('ca.pem') },
    now: () => NOW,
    ...options,
  });
  sources.push(source);
  return source;
}

const textOf = (read: SourceRead): string => ('bytes' in read ? Buffer.from(read.bytes).toString() : '');

beforeEach(async () => {
  directory = temporaryDirectory();
  writeFileSync(directory.file('ca.pem'), CERTIFICATE);
  seen = [];
  answer = withEtag;
  server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (request, response) => {
    seen.push(request.headers);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const source of sources.splice(0)) source.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  directory[Symbol.dispose]();
});

describe('asking', () => {
  test('the list, then only whether it changed', async () => {
    const source = open();
    const first = await source.read();
    expect([first.kind, textOf(first)]).toEqual(['list', LIST]);
    expect(await source.read()).toEqual({ kind: 'unchanged' });
    expect(seen[0]).toMatchObject({ 'accept-encoding': 'identity' });
    expect(seen[0]).not.toHaveProperty('if-none-match');
    expect(seen[1]).toMatchObject({ 'if-none-match': '"v1"', 'if-modified-since': 'Tue, 24 Nov 2026 00:00:00 GMT' });
  });

  // Was a fault: such a server was asked for the whole list at each look.
  test('whether it changed, also of a server that dates each response as new, once its ETag has outlasted a date', async () => {
    let second = 0;
    let isKept = true;
    answer = (request, response) => {
      const isSame = isKept && request.headers['if-none-match'] === '"v1"';
      const now = new Date(NOW + (second += 1) * 1000).toUTCString();
      const etag = isKept ? '"v1"' : `"${second}"`;
      response.writeHead(isSame ? 304 : 200, { etag, date: now, 'last-modified': now }).end(isSame ? undefined : LIST);
    };
    const source = open();
    const read = async (): Promise<string> => (await source.read({ ...ALONE, inForce: Buffer.from(LIST) })).kind;
    expect([await read(), await read(), await read()]).toEqual(['same', 'same', 'unchanged']);
    expect(seen.at(-1)).toMatchObject({ 'if-none-match': '"v1"' });
    expect(seen.at(-1)).not.toHaveProperty('if-modified-since');
    isKept = false;
    expect([await read(), await read(), await read()]).toEqual(['same', 'same', 'same']);
    expect(seen.slice(-2).map((headers) => headers['if-none-match'])).toEqual([undefined, undefined]);
  });

  test('the list once more, where it came to nothing', async () => {
    const source = open();
    await source.read();
    source.forget();
    expect(textOf(await source.read())).toBe(LIST);
    expect(seen[1]).not.toHaveProperty('if-none-match');
    expect(await source.read()).toEqual({ kind: 'unchanged' });
  });

  // Was a fault: `check` by a member of the group failed for each list of a server, since the state is the service's own.
  test('the list by whoever may not read what was decided about its versions, and only looks', async () => {
    mkdirSync(paths().notes, { recursive: true });
    await expect(open().read()).rejects.toMatchObject({ code: 'state' });
    const http = { ...NO_TERMS, ca: directory.file('ca.pem') };
    const config = listConfig('the list', 'none');
    const list = { ...config, source: { kind: 'https', url: listUrl(), intervalMs: 60_000, http } } as const;
    const looking = openSource(list, { stateDirectory: directory.path, owner: 'test', instance: null });
    expect(textOf(await looking.read())).toBe(LIST);
    looking.close();
  });

  test.each<{ name: string; answer: Answer; code: string; options?: Partial<HttpsSourceOptions> }>([
    {
      name: 'a redirect',
      answer: (_, response) => response.writeHead(302, { location: 'https://other.example/' }).end(),
      code: 'redirect',
    },
    { name: 'not found', answer: (_, response) => response.writeHead(404).end('no'), code: 'http_status' },
    {
      name: 'an unasked encoding',
      answer: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      code: 'http_status',
    },
    // Was a fault: what was coded was taken for the list.
    {
      name: 'a transfer coding that is not read',
      answer: (_, response) => response.writeHead(200, { 'transfer-encoding': 'gzip, chunked' }).end('x'),
      code: 'http_status',
    },
    {
      name: 'announced too large',
      answer: (_, response) => response.writeHead(200, { 'content-length': 1001 }).write('x'),
      code: 'too_large',
      options: { maxBytes: 1000 },
    },
    {
      name: 'too large without having said so',
      answer: (_, response) => void response.writeHead(200).end('x'.repeat(1001)),
      code: 'too_large',
      options: { maxBytes: 1000 },
    },
    {
      name: 'broken off',
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('a.example\n', () => response.destroy());
      },
      code: 'truncated',
    },
    {
      name: 'broken off between chunks',
      answer: (_, response) => {
        response.writeHead(200);
        response.write('a.example\n', () => response.destroy());
      },
      code: 'truncated',
    },
    { name: 'no answer', answer: () => {}, code: 'timeout', options: { timeoutMs: 50 } },
    {
      name: 'a body that stops',
      answer: (_, response) => void response.writeHead(200).write('a'),
      code: 'timeout',
      options: { timeoutMs: 50 },
    },
    { name: 'a body that drips', answer: drip, code: 'timeout', options: { totalTimeoutMs: 100 } },
    { name: 'a certificate of nobody we trust', answer: withEtag, code: 'connect', options: { terms: NO_TERMS } },
    { name: 'nobody there', answer: withEtag, code: 'connect', options: { url: 'https://localhost:1/list.txt' } },
  ])('$name', async ({ answer: wanted, code, options }) => {
    answer = wanted;
    await expect(open(options).read()).rejects.toMatchObject({ name: 'ListError', code });
  });
});

describe('the last good copy', () => {
  const away: Answer = (_, response) => response.writeHead(503).end();

  // Was a fault: a start waited 15 s for a server that said nothing.
  test('serves at start before the server is asked, with its age; then that is asked, and its fault is told', async () => {
    const source = open();
    await source.read();
    expect(await source.accepted(Buffer.from(LIST))).toBeNull();
    answer = away;
    const asked = seen.length;
    const next = open({ now: () => NOW + 5000 });
    const read = await next.read();
    expect(textOf(read)).toBe(LIST);
    expect(read).toMatchObject({ kind: 'cached', currentAt: NOW, fault: null });
    expect(seen).toHaveLength(asked);
    expect(await next.accepted(Buffer.from(LIST))).toBeNull();
    await expect(next.read()).rejects.toMatchObject({ code: 'http_status' });
  });

  test('is not fetched again where the server says that it is current', async () => {
    const source = open();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    const next = open();
    expect(await next.read()).toMatchObject({ kind: 'cached' });
    expect(await next.read()).toEqual({ kind: 'unchanged' });
    expect(seen.at(-1)).toMatchObject({ 'if-none-match': '"v1"' });
  });

  // Was a fault: where the thread that compiles died at a start while the server was away, no list came into force before the server was back.
  test('serves again where it came to nothing once through no fault of its own, and the server is away', async () => {
    const source = open();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    answer = away;
    const next = open();
    expect(await next.read()).toMatchObject({ kind: 'cached' });
    next.forget();
    const again = await next.read();
    expect(again).toMatchObject({ kind: 'cached', version: { gate: 'accepted' }, fault: { code: 'http_status' } });
    expect(textOf(again)).toBe(LIST);
    // What is newer is taken as before.
    answer = (_, response) => response.writeHead(200, { etag: '"v2"' }).end('c.example\n');
    next.forget();
    expect(textOf(await next.read())).toBe('c.example\n');
  });

  test('a later failure does not bring it back: what is in force stays', async () => {
    const source = open();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    answer = away;
    await expect(source.read()).rejects.toMatchObject({ code: 'http_status' });
  });

  test('is for its owner only and leaves nothing half-written beside it', async () => {
    await open().accepted(Buffer.from(LIST));
    expect(readdirSync(directory.file('lists'))).toEqual([expect.stringMatching(/^the%20list-[0-9a-f]{16}\.cache$/)]);
    expect(statSync(keptFile()).mode & 0o777).toBe(0o600);
  });

  test.each([
    { name: 'corrupt', spoil: (path: string) => writeFileSync(path, `${readFileSync(path, 'utf8')}c.example\n`) },
    { name: 'cut off', spoil: (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 40)) },
    { name: 'something else', spoil: (path: string) => writeFileSync(path, 'a.example\n') },
    { name: 'empty', spoil: (path: string) => writeFileSync(path, '') },
  ])('is not used when it is $name, and the failure says so', async ({ spoil }) => {
    await open().accepted(Buffer.from(LIST));
    spoil(keptFile());
    answer = away;
    const says = `status 503: the fault is there; the last good copy in ${keptFile()} cannot be used: it is damaged`;
    await expect(open().read()).rejects.toMatchObject({
      code: 'http_status',
      message: expect.stringContaining(says),
    });
  });

  test('of another URL under the same name stands beside it: instances may share the directory', async () => {
    await open().accepted(Buffer.from(LIST));
    await open({ url: 'https://localhost:1/other.txt' }).accepted(Buffer.from('other.example\n'));
    answer = away;
    expect(textOf(await open().read())).toBe(LIST);
  });

  test('of another URL is not used', async () => {
    await open({ url: 'https://localhost:1/other.txt', paths: paths() }).accepted(Buffer.from(LIST));
    answer = away;
    await expect(open().read()).rejects.toMatchObject({ code: 'http_status' });
  });

  // Was a fault: the server said that nothing had changed, and a start while it was away had no list.
  test('that somebody has removed is written anew, of a list that has not changed', async () => {
    const inForce = { ...ALONE, inForce: Buffer.from(LIST) };
    const source = open();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    rmSync(directory.file('lists'), { recursive: true });
    const again = await source.read(inForce);
    expect([again, textOf(again)]).toEqual([
      expect.objectContaining({ version: { label: expect.any(String), gate: 'accepted' } }),
      LIST,
    ]);
    expect(await source.accepted(Buffer.from(LIST))).toBeNull();
    expect(await source.read(inForce)).toEqual({ kind: 'unchanged' });
    answer = away;
    expect(textOf(await open().read())).toBe(LIST);
  });

  // Was a fault: all of it came with each look for as long as it was not accepted, or not written.
  test('that somebody has removed is fetched once', async () => {
    const inForce = { ...ALONE, inForce: Buffer.from(LIST) };
    const source = open();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    rmSync(directory.file('lists'), { recursive: true });
    expect((await source.read(inForce)).kind).toBe('list');
    expect(await source.read(inForce)).toEqual({ kind: 'unchanged' });
  });

  // Was a fault: the new one was not written either, before the next look.
  test('that somebody has removed keeps no newer one from being written', async () => {
    const source = open();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    answer = (_, response) => response.writeHead(200, { etag: '"v2"' }).end('c.example\n');
    await source.read();
    rmSync(directory.file('lists'), { recursive: true });
    expect(await source.accepted(Buffer.from('c.example\n'))).toBeNull();
    expect(source.versions.previous).toBeNull();
    answer = away;
    expect(textOf(await open().read())).toBe('c.example\n');
  });

  test('that cannot be written is a warning, not a failure', async () => {
    writeFileSync(directory.file('lists'), 'in the way');
    expect(await open().accepted(Buffer.from(LIST))).toMatch(
      /cannot be kept in .*: (?:something else of that name is there|a part of its path is not a folder)$/,
    );
  });
});

describe('a compiled list', () => {
  const file = compileToFile(Buffer.from(LIST.repeat(100)), { action: 'block', today: 20_000 }).file!;
  const away: Answer = (_, response) => response.writeHead(503).end();

  test.each<{ name: string; answer: Answer }>([
    {
      name: 'of a length that is told',
      answer: (_, response) => void response.writeHead(200, { 'content-length': file.length }).end(file),
    },
    {
      name: 'in chunks',
      answer: (_, response) => {
        response.writeHead(200).write(file.subarray(0, 5));
        response.end(file.subarray(5));
      },
    },
  ])('$name goes to memory of the lists; the same once more takes none', async ({ answer: wanted }) => {
    answer = wanted;
    const memory = countedMemory();
    const source = open();
    const read = await source.read({ memory, rest: yieldToEventLoop, inForce: null });
    const bytes = 'bytes' in read ? read.bytes : new Uint8Array();
    expect(Buffer.compare(bytes, file)).toBe(0);
    expect([memory.lent, memory.seen.has(bytes.buffer)]).toEqual([1, true]);
    expect(await source.read({ memory, rest: yieldToEventLoop, inForce: bytes })).toEqual({ kind: 'same' });
    expect(memory.seen.size).toBe(1);
  });

  test('that breaks off leaves nothing lent', async () => {
    const memory = countedMemory();
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 1000), () => response.destroy());
    };
    await expect(open().read({ memory, rest: yieldToEventLoop, inForce: null })).rejects.toMatchObject({
      code: 'truncated',
    });
    expect([memory.seen.size, memory.lent]).toEqual([1, 0]);
  });

  describe('cached', () => {
    beforeEach(async () => {
      answer = (_, response) => void response.writeHead(200, { etag: '"v1"', 'content-length': file.length }).end(file);
      const source = open();
      await source.read();
      await source.accepted(file);
    });

    test('lies in memory of the lists, from the start of a buffer', async () => {
      answer = away;
      const memory = countedMemory();
      const read = await open().read({ memory, rest: yieldToEventLoop, inForce: null });
      const bytes = 'bytes' in read ? read.bytes : new Uint8Array();
      expect([read.kind, bytes.byteOffset, memory.seen.has(bytes.buffer)]).toEqual(['cached', 0, true]);
      expect(Buffer.compare(bytes, file)).toBe(0);
    });

    test('comes before what is newer, and what is damaged is given back', async () => {
      const memory = countedMemory();
      const first = await open().read({ memory, rest: yieldToEventLoop, inForce: null });
      expect(first).toMatchObject({ kind: 'cached', fault: null, currentAt: NOW });
      expect([memory.seen.size, memory.lent]).toEqual([1, 1]);
      const path = keptFile();
      writeFileSync(path, readFileSync(path).subarray(0, -8));
      answer = away;
      await expect(open().read({ memory, rest: yieldToEventLoop, inForce: null })).rejects.toMatchObject({
        code: 'http_status',
      });
      expect(memory.lent).toBe(1);
    });
  });
});

describe('versions', () => {
  const NEW = `${LIST}c.example\n`;
  const labelOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
  /** The server has this from now on, under a validator of its own. */
  const publish = (text: string): void => {
    answer = (request, response) => {
      const etag = `"${labelOf(text)}"`;
      const isSame = request.headers['if-none-match'] === etag;
      response.writeHead(isSame ? 304 : 200, { etag }).end(isSame ? undefined : text);
    };
  };
  /** What the next read gives. */
  const next = async (source: HttpsSource): Promise<unknown> => {
    const read = await source.read();
    return 'bytes' in read ? { kind: read.kind, text: textOf(read), version: read.version } : read;
  };
  const given = (text: string, gate: string, kind = 'list'): unknown => ({
    kind,
    text,
    version: { label: labelOf(text), gate },
  });
  /** It is read and comes into force. */
  const take = async (source: HttpsSource, text: string): Promise<void> => {
    publish(text);
    expect(await next(source)).toEqual(given(text, 'ask'));
    expect(await source.accepted(Buffer.from(text))).toBeNull();
  };

  test('what was accepted by hand is given once, past the gate', async () => {
    const source = open();
    await take(source, LIST);
    publish(NEW);
    await source.read();
    source.refused({ label: labelOf(NEW), gate: 'ask' });
    expect(await next(source)).toEqual({ kind: 'unchanged' });
    await expect(source.accept(labelOf(LIST))).rejects.toThrow(`${labelOf(NEW)} is`);
    await source.accept(labelOf(NEW));
    expect(await next(source)).toEqual(given(NEW, 'accepted'));
    await source.accepted(Buffer.from(NEW));
    await take(source, LIST);
    publish(NEW);
    expect(await next(source)).toEqual(given(NEW, 'ask'));
  });

  test('nothing is accepted that is not held', async () => {
    const source = open();
    await take(source, LIST);
    await expect(source.accept(labelOf(LIST))).rejects.toMatchObject({ code: 'version_refused' });
  });

  test('what is held and was given by a server without validators is no news', async () => {
    answer = (_, response) => void response.writeHead(200).end(LIST);
    const source = open();
    await source.read();
    source.refused({ label: labelOf(LIST), gate: 'ask' });
    expect(await next(source)).toEqual({ kind: 'unchanged' });
    source.forget();
    expect(await next(source)).toEqual(given(LIST, 'ask'));
  });

  test('after a start the copy comes first, so that what is newer is compared with it', async () => {
    await take(open(), LIST);
    publish(NEW);
    const source = open();
    const told: string[] = [];
    source.watch({ changed: () => told.push('changed'), current: () => {}, named: () => {}, withdrawn: () => {} });
    expect(await next(source)).toEqual(given(LIST, 'accepted', 'cached'));
    expect(told).toEqual(['changed']);
    await source.accepted(Buffer.from(LIST));
    expect(await next(source)).toEqual(given(NEW, 'ask'));
  });

  test('rolled back: the one before, whatever the server has, also after a start; released: the newest', async () => {
    const source = open();
    await take(source, LIST);
    expect(source.versions.previous).toBeNull();
    await expect(source.rollback()).rejects.toThrow('no version before');
    await take(source, NEW);
    expect(source.versions).toMatchObject({ pinned: null, previous: labelOf(LIST), withdrawn: null });
    expect(await source.rollback()).toBe(labelOf(LIST));
    await expect(source.rollback()).rejects.toThrow('pinned already');
    expect(await next(source)).toEqual(given(LIST, 'pinned', 'cached'));
    await source.accepted(Buffer.from(LIST));
    expect(source.versions).toMatchObject({ pinned: labelOf(LIST), previous: null });
    publish(`${NEW}d.example\n`);
    expect(await next(source)).toEqual({ kind: 'unchanged' });

    const later = open();
    expect(await next(later)).toEqual(given(LIST, 'pinned', 'cached'));
    await later.accepted(Buffer.from(LIST));
    await later.release();
    await expect(later.release()).rejects.toThrow('pinned');
    await take(later, `${NEW}d.example\n`);
    // What it was gone back from does not come back by another rollback.
    expect(later.versions.previous).toBe(labelOf(LIST));
  });

  test('released, and the server has what it was gone back from: it has been in force before', async () => {
    const source = open();
    await take(source, LIST);
    await take(source, NEW);
    await source.rollback();
    await source.read();
    await source.accepted(Buffer.from(LIST));
    await source.release();
    expect(await next(source)).toEqual(given(NEW, 'accepted'));
  });

  test('a pinned version whose copy is gone is told with the way out', async () => {
    const source = open();
    await take(source, LIST);
    await take(source, NEW);
    await source.rollback();
    rmSync(paths().previous);
    await expect(source.read()).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining("'ctl release'"),
    });
  });

  test('a decision that cannot be written down is none', async () => {
    const source = open();
    await take(source, LIST);
    await take(source, NEW);
    rmSync(directory.file('lists'), { recursive: true });
    writeFileSync(directory.file('lists'), 'in the way');
    await expect(source.rollback()).rejects.toMatchObject({ code: 'version_refused' });
    expect(source.versions.pinned).toBeNull();
  });
});

/** A byte whenever the last one is out, for ever. */
function drip(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('#'), 10);
  response.on('close', () => clearInterval(timer));
}

test('an empty body is named as one', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-length': 0 }).end();
  await expect(open().read()).rejects.toMatchObject({ code: 'truncated', message: 'the server sent an empty body' });
});
