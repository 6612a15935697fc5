/** A repository on a server: how little is asked where nothing has changed, and what has no end or takes too long. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { ListError } from '../../../../src/list/list-error.ts';
import { HttpClient } from '../../../../src/list/source/http-client.ts';
import { HttpsRepository } from '../../../../src/list/source/tuf/https-repository.ts';
import type { HttpsRepositoryOptions } from '../../../../src/list/source/tuf/https-repository.ts';
import { NO_TERMS } from '../../../support/http-terms.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../../../support/localhost-certificate.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;
let server: Server;
let client: HttpClient;
let asked: string[];
/** In place of the file, by a part of its path. */
let answers: Record<string, Answer>;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(['http://listed.example/a', 'other.example']);
  writeFileSync(directory.file('ca.pem'), CERTIFICATE);
  [asked, answers] = [[], {}];
  server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = new HttpClient({ ...NO_TERMS, ca: directory.file('ca.pem') });
  mirror();
});
afterEach(async () => {
  node.close();
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  directory[Symbol.dispose]();
});

function mirror(options: Partial<HttpsRepositoryOptions> = {}): void {
  const bound = server.address();
  const port = typeof bound === 'object' ? bound?.port : 0;
  node.mirrors = [new HttpsRepository({ url: `https://localhost:${port}/lists/isp-a/`, client, ...options })];
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.slice('/lists/isp-a/'.length) ?? '';
  asked.push(path);
  const other = Object.entries(answers).find(([part]) => path.includes(part))?.[1];
  const file = repository.read(path);
  if (other !== undefined) return other(request, response);
  if (file === undefined) return void response.writeHead(404).end('no');
  const etag = `"${file.length}-${repository.versions.timestamp}"`;
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
  response.writeHead(200, { etag, 'content-length': file.length }).end(file);
}

async function outcome(): Promise<string> {
  try {
    const given = await node.update();
    return given === 'unchanged' ? given : `version ${given.version}`;
  } catch (error) {
    return error instanceof ListError ? error.code : String(error);
  }
}

test('where nothing has changed one small question is asked, and of what has changed what is new', async () => {
  expect(await outcome()).toBe('version 1');
  expect(asked.map((path) => path.replace(/[0-9a-f]{64}\./, '').replace('targets/match/1/1/', ''))).toEqual([
    'metadata/timestamp.json',
    'metadata/2.root.json',
    'metadata/1.snapshot.json',
    'metadata/1.targets.json',
    'metadata/1.withdrawn.json',
    'metadata/1.log.json',
    '1.full',
  ]);
  asked = [];
  expect([await outcome(), await outcome(), asked]).toEqual([
    'unchanged',
    'unchanged',
    ['metadata/timestamp.json', 'metadata/timestamp.json'],
  ]);
  asked = [];
  await repository.withdraw(['other.example']);
  expect(await outcome()).toBe('version 1');
  expect(asked.filter((path) => path.startsWith('targets/'))).toEqual([expect.stringMatching(/\.set$/)]);
  expect(asked).not.toContain('metadata/1.targets.json');
});

test('a server without validators is asked for the timestamp alone, too', async () => {
  answers = {
    timestamp: (_, response) => void response.writeHead(200).end(repository.read('metadata/timestamp.json')),
  };
  await outcome();
  asked = [];
  expect([await outcome(), asked]).toEqual(['unchanged', ['metadata/timestamp.json']]);
});

describe('what has no end', () => {
  /** It goes on until the node has had enough. */
  const endless: Answer = (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, ' ')));
      if (!response.destroyed) response.once('drain', more);
    };
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    more();
  };

  test.each([
    { part: 'timestamp', code: 'too_large' },
    { part: '2.root', code: 'too_large' },
    { part: 'snapshot', code: 'inconsistent' },
    { part: 'targets.json', code: 'inconsistent' },
    { part: 'withdrawn.json', code: 'inconsistent' },
    { part: '.full', code: 'inconsistent' },
  ])('$part', async ({ part, code }) => {
    answers = { [part]: endless };
    expect(await outcome()).toBe(code);
    answers = {};
    expect(await outcome()).toBe('version 1');
  });
});

describe('what takes too long', () => {
  const silent: Answer = () => {};
  const dripping: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    const timer = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(timer));
  };

  test.each([
    { name: 'a timestamp that does not come', part: 'timestamp', given: silent },
    { name: 'a payload that does not come', part: '.full', given: silent },
  ])('$name', async ({ part, given }) => {
    mirror({ timeoutMs: 200 });
    answers = { [part]: given };
    expect(await outcome()).toBe('timeout');
    mirror();
    answers = {};
    node.restart();
    expect(await outcome()).toBe('version 1');
  });

  test('a payload that comes a byte at a time', async () => {
    mirror({ totalTimeoutMs: 2000 });
    const length = repository.files.get(
      [...repository.files.keys()].find((path) => path.endsWith('.full')) ?? '',
    )?.length;
    answers = {
      '.full': (request, response) => {
        dripping(request, Object.assign(response, { strictContentLength: false }));
        expect(length).toBeGreaterThan(0);
      },
    };
    expect(await outcome()).toMatch(/^(?:timeout|inconsistent)$/);
  });
});

test.each([
  { name: 'a redirect', given: (response: ServerResponse) => response.writeHead(302, { location: '/gone' }).end() },
  { name: 'a page', given: (response: ServerResponse) => response.writeHead(200).end('<html>not here</html>') },
  { name: 'a status of 403', given: (response: ServerResponse) => response.writeHead(403).end('denied') },
])('$name in place of a root that is not there ends the chain of roots', async ({ given }) => {
  answers = { '2.root': (_, response) => void given(response) };
  expect(await outcome()).toBe('version 1');
});
