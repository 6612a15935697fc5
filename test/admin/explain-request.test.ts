/** `POST /explain` over the socket: what is answered, and who may not ask. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ExplainAskers } from '../../src/admin/explain-askers.ts';
import { parsedQuestion } from '../../src/admin/explain-request.ts';
import { startAdmin } from '../../src/admin/server.ts';
import type { Admin } from '../../src/admin/server.ts';
import type { Explanation, ExplainQuestion, NotExplained } from '../../src/observe/explanation.ts';
import { EXPLANATIONS } from './explanations.ts';
import { adminSources } from './sources.ts';

const running: Admin[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (admin) => await admin.close()));
});

interface Asked {
  readonly admin: Admin;
  readonly questions: readonly ExplainQuestion[];
  readonly faults: readonly unknown[];
  /** Addresses that were told something. */
  readonly told: readonly string[];
}

async function start(
  explain?: () => Explanation | NotExplained,
  refuses: ExplainAskers['refuses'] = () => Promise.resolve(null),
): Promise<Asked> {
  const told: string[] = [];
  const questions: ExplainQuestion[] = [];
  const faults: unknown[] = [];
  const admin = await startAdmin(
    { address: '127.0.0.1', port: 0, hosts: ['filter.isp.example'] },
    {
      ...adminSources({
        explain: (question) => {
          questions.push(question);
          return explain?.() ?? EXPLANATIONS.pass;
        },
      }),
      onError: (path, error) => faults.push([path, error]),
      askers: { refuses, told: (address) => told.push(address) },
    },
  );
  running.push(admin);
  return { admin, questions, faults, told };
}

interface Reply {
  readonly status: number | undefined;
  readonly body: unknown;
  readonly allow: string | undefined;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

async function post(
  { admin: { port } }: Asked,
  body: string,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
  method = 'POST',
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = httpRequest({ host: '127.0.0.1', port, path: '/explain', method, headers });
  request.on('error', reject);
  request.on('response', (response) => {
    const read = async (): Promise<Reply> => {
      const answer = await text(response);
      const { 'content-type': type = '', allow } = response.headers;
      const isJson = type.startsWith('application/json');
      return { status: response.statusCode, body: isJson ? JSON.parse(answer) : answer, allow };
    };
    resolve(read());
  });
  request.end(body);
  return await promise;
}

const QUESTION = JSON.stringify({ url: ' http://host.example/page ' });

describe('a question', () => {
  test('is answered by the instance', async () => {
    const asked = await start(() => EXPLANATIONS.block);
    expect(await post(asked, QUESTION)).toMatchObject({ status: 200, body: EXPLANATIONS.block });
    expect(asked.questions).toEqual([{ url: 'http://host.example/page', listener: null, client: null, dns: false }]);
  });

  test('may name a listener, a client, and DNS', async () => {
    const asked = await start();
    const question = { url: 'host.example', listener: 'dns', client: '192.0.2.1', dns: true };
    expect(await post(asked, JSON.stringify(question))).toMatchObject({ status: 200 });
    expect(asked.questions).toEqual([question]);
  });

  test.each([
    { name: 'what is no question', answer: { code: 'usage', message: 'there is no listener' }, status: 400 } as const,
    {
      name: 'no lists yet',
      answer: { code: 'unavailable', message: 'no lists are in force yet' },
      status: 503,
    } as const,
  ])('$name: the words of the instance', async ({ answer, status }) => {
    const asked = await start(() => answer);
    expect(await post(asked, QUESTION)).toMatchObject({ status, body: { error: answer.message } });
  });

  test('a fault inside is told without the address', async () => {
    const asked = await start(() => {
      throw new Error('secret http://host.example/page');
    });
    expect(await post(asked, QUESTION)).toMatchObject({ status: 500, body: 'internal fault\n' });
    expect(asked.faults).toEqual([['/explain', expect.any(Error)]]);
  });
});

describe('who may not ask, and how not', () => {
  const own = (port: number): string => `127.0.0.1:${port}`;

  test.each([
    { name: 'no browser', fields: () => ({}), status: 200 },
    {
      name: 'the page itself',
      fields: (port: number) => ({ Origin: `http://${own(port)}`, 'Sec-Fetch-Site': 'same-origin' }),
      status: 200,
    },
    {
      name: 'the page, by a browser that says no more',
      fields: (port: number) => ({ Origin: `http://${own(port)}` }),
      status: 200,
    },
    {
      name: 'the page behind a proxy with TLS',
      fields: (port: number) => ({ Origin: `https://${own(port)}` }),
      status: 200,
    },
    { name: 'a page elsewhere', fields: () => ({ Origin: 'http://elsewhere.example' }), status: 403 },
    { name: 'a page on another port', fields: () => ({ Origin: 'http://127.0.0.1:1' }), status: 403 },
    { name: 'a page of no origin', fields: () => ({ Origin: 'null' }), status: 403 },
    {
      name: 'a page of the same site',
      fields: (port: number) => ({ Origin: `http://${own(port)}`, 'Sec-Fetch-Site': 'same-site' }),
      status: 403,
    },
    {
      name: 'a page elsewhere, by a browser that says so',
      fields: () => ({ 'Sec-Fetch-Site': 'cross-site' }),
      status: 403,
    },
    { name: 'a form', fields: () => ({ 'Content-Type': 'application/x-www-form-urlencoded' }), status: 415 },
    { name: 'a form that calls itself text', fields: () => ({ 'Content-Type': 'text/plain' }), status: 415 },
    { name: 'JSON with a charset', fields: () => ({ 'Content-Type': 'Application/JSON; charset=utf-8' }), status: 200 },
  ])('$name: $status', async ({ fields, status }) => {
    const asked = await start();
    expect(await post(asked, QUESTION, { ...JSON_TYPE, ...fields(asked.admin.port) })).toMatchObject({ status });
    expect(asked.questions).toHaveLength(status === 200 ? 1 : 0);
  });

  test('a name that is not ours is not answered', async () => {
    const asked = await start();
    expect(await post(asked, QUESTION, { ...JSON_TYPE, Host: 'rebind.example' })).toMatchObject({ status: 421 });
    expect(asked.questions).toEqual([]);
  });

  test.each(['GET', 'HEAD', 'PUT', 'OPTIONS'])(
    '%s is not for questions: an address in a path would be in a log',
    async (method) => {
      expect(await post(await start(), '', JSON_TYPE, method)).toMatchObject({ status: 405, allow: 'POST' });
    },
  );

  test.each([
    { name: 'no JSON', body: 'http://host.example/' },
    { name: 'a list', body: '[]' },
    { name: 'null', body: 'null' },
    { name: 'no address', body: '{}' },
    { name: 'an empty address', body: '{"url":"  "}' },
    { name: 'an address that is a number', body: '{"url":7}' },
    { name: 'an address beyond any', body: JSON.stringify({ url: 'x'.repeat(17_000) }) },
    { name: 'a key that does not exist', body: '{"url":"http://host.example/","lisener":"a"}' },
    { name: 'dns in words', body: '{"url":"host.example","dns":"yes"}' },
  ])('$name: 400, and nobody is asked', async ({ body }) => {
    const asked = await start();
    expect(await post(asked, body)).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    expect(asked.questions).toEqual([]);
  });

  test('a body at the bound is read, one byte more is not', async () => {
    const asked = await start();
    const padded = (length: number): string => QUESTION + ' '.repeat(length - QUESTION.length);
    expect(await post(asked, padded(32_768))).toMatchObject({ status: 200 });
    expect(await post(asked, padded(32_769))).toMatchObject({ status: 413 });
    expect(await post(asked, padded(32_769), { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' })).toMatchObject({
      status: 413,
    });
  });

  test('who goes away in the middle of a body is no fault of the instance', async () => {
    const asked = await start();
    const socket = connect(asked.admin.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      'POST /explain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    );
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect(await post(asked, QUESTION)).toMatchObject({ status: 200 });
    expect(asked.faults).toEqual([]);
  });
});

describe('how often', () => {
  test.each(['too_often', 'slowed'] as const)('%s: 429, and the instance is not asked', async (why) => {
    const asked = await start(undefined, (address) => Promise.resolve(address === '127.0.0.1' ? why : null));
    const reply = await post(asked, QUESTION);
    expect(reply).toMatchObject({ status: 429, body: { error: expect.stringMatching(/^too many .*: ask again/) } });
    expect(asked.questions).toEqual([]);
    expect(asked.told).toEqual([]);
  });

  test('who sends many at once in one connection has asked once, and has one turn', async () => {
    const asked: string[] = [];
    const sources = await start(undefined, (address) => {
      asked.push(address);
      return Promise.resolve(null);
    });
    const head = `POST /explain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${QUESTION.length}\r\n\r\n`;
    const socket = connect(sources.admin.port, '127.0.0.1');
    socket.write(`${head}${QUESTION}`.repeat(20));
    expect((await text(socket)).match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(asked).toEqual(['127.0.0.1']);
  });

  test('what is told is told to an address; what is no answer is not', async () => {
    const asked = await start();
    await post(asked, QUESTION);
    expect(asked.told).toEqual(['127.0.0.1']);
    const none = await start(() => ({ code: 'usage', message: 'there is no listener' }));
    await post(none, QUESTION);
    expect(none.told).toEqual([]);
  });
});

test('each field has so many characters, and not one more', () => {
  const read = (fields: object): unknown => parsedQuestion(JSON.stringify({ url: 'a.example', ...fields }));
  for (const key of ['url', 'listener', 'client']) {
    expect(read({ [key]: 'x'.repeat(16_384) })).toMatchObject({ [key]: 'x'.repeat(16_384) });
    expect(typeof read({ [key]: 'x'.repeat(16_385) })).toBe('string');
  }
});
