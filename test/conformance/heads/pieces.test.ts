/** The parts of the run of odd heads: exact bytes, answers in order, and what a filter would let go on. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Filter } from '../filter.ts';
import { bodyOf } from '../site.ts';
import { answersIn, ask } from './ask.ts';
import { HeadGenerator } from './generator.ts';
import { HEAD_FAMILIES, headSummary } from './heads.ts';
import { HeadFilter } from './passage.ts';
import type { Passed } from './passage.ts';
import { readHeadRegressions } from './regressions.ts';
import { shrunkBytes } from './shrink.ts';
import { headListTexts } from './site.ts';

test('the same seed gives the same bytes, another gives others', () => {
  const first = (seed: number): string[] => {
    const generator = new HeadGenerator(seed);
    generator.learn('GET /page HTTP/1.1\r\n\r\n');
    return Array.from({ length: 200 }, () => generator.next());
  };
  expect(first(7)).toEqual(first(7));
  expect(first(7)).not.toEqual(first(8));
  expect(first(7).filter((bytes) => /[\u0100-\uffff]/.test(bytes))).toEqual([]);
});

describe('answers', () => {
  const listed = bodyOf('listed page');
  test.each([
    { text: `HTTP/1.1 200 OK\r\nContent-Length: ${listed.length}\r\n\r\n${listed}`.repeat(2), want: [200, 200] },
    { text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n${listed}`, want: [200] },
    { text: `HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n${listed}`, want: [400, 0] },
    { text: listed, want: [0] },
    { text: '', want: [] },
  ])('$want', ({ text, want }) => {
    const answers = answersIn(Buffer.from(text));
    expect(answers.map(({ status }) => status)).toEqual(want);
    expect(answers.filter(({ status }) => status === 0 || status === 200).every(({ served }) => served !== null)).toBe(
      true,
    );
  });

  test('come from the very bytes, also where the origin answers at the end only', async () => {
    let received = '';
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => (received += chunk.toString('latin1')));
      socket.on('end', () => socket.end(listed));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const answers = await ask((server.address() as AddressInfo).port, '\0\xff\r\xa0');
    server.close();
    expect([received, answers]).toEqual(['\0\xff\r\xa0', [{ status: 0, served: 'listed page', isHttp: false }]]);
  });
});

describe('what goes on', () => {
  let filter: HeadFilter;
  beforeAll(async () => {
    filter = new HeadFilter(await Filter.of(headListTexts()));
  });
  const harmless = 'GET /x HTTP/1.1\r\nHost: paths.localhost\r\n\r\n';
  const listed = 'GET /page HTTP/1.1\r\nHost: paths.localhost\r\n\r\n';
  const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab';
  const cases: readonly [text: string, want: Omit<Passed, 'ends' | 'isGated'>][] = [
    [`${harmless}${harmless}${listed}`, { bytes: 2 * harmless.length, answers: 2, stop: 'blocked' }],
    [`${harmless}GET /page HTTP/2.0\r\n`, { bytes: harmless.length, answers: 1, stop: 'refused' }],
    [`${harmless}GET /`, { bytes: harmless.length, answers: 1, stop: 'held' }],
    [`${post}${harmless}`, { bytes: post.length, answers: 1, stop: 'last' }],
    ['GET /x\r\nHost: a\r\n', { bytes: 8, answers: 1, stop: 'last' }],
    ['GET http://listed.localhost/x HTTP/1.1\r\nHost: a\r\n\r\n', { bytes: 0, answers: 0, stop: 'blocked' }],
    ['GET http://a/page HTTP/1.1\r\nHost: paths.localhost\r\n\r\n', { bytes: 0, answers: 0, stop: 'blocked' }],
    ['FOO', { bytes: 3, answers: Infinity, stop: 'other' }],
    ['GET', { bytes: 0, answers: 0, stop: 'undecided' }],
    ['FOO /page', { bytes: 0, answers: 0, stop: 'undecided' }],
    ['\0FOO', { bytes: 4, answers: Infinity, stop: 'other' }],
    ['\x16\x03\x01', { bytes: 0, answers: 0, stop: 'tls' }],
    ['\x15\x01 / HTTP/1.1', { bytes: 0, answers: 0, stop: 'other' }],
    [`GET /x HTTP/1.1\n\n${listed}`, { bytes: 17, answers: 1, stop: 'last' }],
  ];
  test.each(cases)('%j', (text, want) => {
    expect(filter.passed(text)).toMatchObject({ ...want, isGated: want.answers === Infinity });
  });

  test.each([
    ['x\nHost: paths.localhost\n\n', true],
    ['x\nGET /page HTTP/1.1\nHost: paths.localhost\n\n', true],
    ['x\nGET /page', true],
    ['\0\nHost: listed.localhost\n', true],
    ['GET /page', false],
  ])('each gate by itself: %j', async (text, isGated) => {
    const texts = await Filter.of(headListTexts());
    const lines = new HeadFilter(texts, { lines: true, answers: false }).passed(text);
    const answers = new HeadFilter(texts, { lines: false, answers: true }).passed(text);
    expect([lines.bytes, answers.bytes]).toEqual(isGated ? [2, text.length] : [0, 0]);
    expect([lines.isGated, answers.isGated]).toEqual([false, isGated]);
  });

  test('of what once got through, nothing that is listed', () => {
    expect(readHeadRegressions().length).toBeGreaterThan(0);
    for (const bytes of readHeadRegressions()) expect(['blocked', 'refused']).toContain(filter.passed(bytes).stop);
  });
});

test('bytes are shortened as far as they still fail', async () => {
  const fails = async (bytes: string): Promise<boolean> => await Promise.resolve(/a.*b.*c/s.test(bytes));
  expect(await shrunkBytes('xxxaxx\0xbxxxxxxxxcxx', fails)).toBe('abc');
});

test('each origin has a name of its own, and what got through is told', () => {
  const names = HEAD_FAMILIES.flatMap(({ configurations }) => configurations.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  const report = { asked: 2, answers: 1, listed: 1, stops: { blocked: 1 }, failures: 1, faults: ['one head'] };
  const alone = { lines: { count: 2, shortest: 'x\0' }, answers: { count: 0, shortest: null } };
  const text = headSummary({
    origins: [{ ...report, origin: 'nginx-hosts', short: ['GET\0'], alone }],
    proxy: { checked: 3, leaks: [], silent: [] },
  });
  expect(text).toContain('through a real proxy: 3 heads, 0');
  expect(text).toContain('nginx-hosts answers, yet it passes: "GET\\u0000"');
  expect(text).toContain('nginx-hosts: lines alone would let pass "x\\u0000"');
  expect(text).toContain('FAULT nginx-hosts: one head');
});
