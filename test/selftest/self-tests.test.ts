/** The self-tests of the lists with a made-up listener and a given clock: each result, the schedule, what is told. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ProbeAnswer } from '../../src/selftest/probe.ts';
import { SelfTests } from '../../src/selftest/self-tests.ts';
import type { SelfTestParts, TestedList } from '../../src/selftest/self-tests.ts';
import { AS_PROXY, asOrigin } from '../../src/selftest/ways.ts';
import { memoryLog } from '../support/memory-log.ts';

const PAGE = Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\npage');
const CONNECT_PAGE = Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\ntext');
const DENIED = Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\nyou may not');
const PASSED = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
const EXPECTED = {
  pages: [PAGE],
  connects: [CONNECT_PAGE],
  names: (question: Buffer) => [question],
  denied: DENIED,
};
const ENDPOINT = { address: '127.0.0.1', port: 3128, preface: Buffer.alloc(0), from: null, endsWithRequest: false };

afterEach(() => {
  jest.useRealTimers();
});

interface Stage {
  readonly tests: SelfTests;
  readonly log: ReturnType<typeof memoryLog>;
  readonly asked: string[];
  now: number;
  bypass: boolean;
  /** Null: the instance does not serve. */
  lists: readonly TestedList[] | null;
  /** By the first line of the request. */
  answer: (line: string) => ProbeAnswer;
  hits: number;
  turnedAway: number;
}

const marked = (...urls: readonly string[]): TestedList['addresses'] =>
  urls.map((url) => ({ url, isAnyPort: !/:\d/.test(url), permitsDns: false }));

function list(stage: Stage, overrides: Partial<TestedList> = {}): TestedList {
  return {
    name: 'main',
    intervalMs: 900_000,
    isOff: false,
    addresses: marked('http://listed.example/test'),
    asked: { endpoint: ENDPOINT, way: AS_PROXY },
    expected: () => EXPECTED,
    hits: () => stage.hits,
    ...overrides,
  };
}

function stageOf(overrides: Partial<TestedList> = {}): Stage {
  const log = memoryLog();
  const asked: string[] = [];
  const parts: SelfTestParts = {
    log,
    probe: (_endpoint, request) => {
      const [line = ''] = request.toString().split('\r\n', 1);
      asked.push(line);
      return Promise.resolve(stage.answer(line));
    },
    lists: () => stage.lists,
    turnedAway: () => stage.turnedAway,
    bypass: () => stage.bypass,
    now: () => stage.now,
  };
  const stage: Stage = {
    tests: new SelfTests(parts),
    log,
    asked,
    now: 1000,
    bypass: false,
    lists: [],
    hits: 0,
    turnedAway: 0,
    answer: (line) => {
      if (line.startsWith('OPTIONS')) return { kind: 'answer', bytes: PASSED };
      stage.hits += 1;
      return { kind: 'answer', bytes: line.startsWith('CONNECT') ? CONNECT_PAGE : PAGE };
    },
  };
  stage.lists = [list(stage, overrides)];
  return stage;
}

const answer = (bytes: Buffer) => (): ProbeAnswer => ({ kind: 'answer', bytes });

describe('the result', () => {
  test('ok: the page of the list, one more hit, and what no list holds passes', async () => {
    const stage = stageOf();
    await stage.tests.run();
    expect(stage.asked).toEqual([
      'GET http://listed.example/test HTTP/1.1',
      'OPTIONS http://harmless.cleanfeed.invalid/ HTTP/1.1',
    ]);
    expect(stage.tests.status()).toMatchObject([
      { list: 'main', result: 'ok', at: 1000, addresses: 1, counts: { ok: 1, not_blocked: 0 } },
    ]);
  });

  test('of an https address no more than host and port are shown, and the page for CONNECT must come', async () => {
    const stage = stageOf({ addresses: marked('https://listed.example/test', 'https://other.example:8443/') });
    await stage.tests.run();
    expect(stage.asked.slice(0, 2)).toEqual([
      'CONNECT listed.example:443 HTTP/1.1',
      'CONNECT other.example:8443 HTTP/1.1',
    ]);
    expect(stage.tests.status()[0]?.result).toBe('ok');
  });

  test.each<{ result: string; change: (stage: Stage) => void }>([
    { result: 'not_blocked', change: (stage) => (stage.answer = answer(PASSED)) },
    { result: 'other_list', change: (stage) => (stage.answer = answer(PAGE)) },
    { result: 'client_denied', change: (stage) => (stage.answer = answer(DENIED)) },
    { result: 'no_answer', change: (stage) => (stage.answer = () => ({ kind: 'none', code: 'TIMEOUT' })) },
    { result: 'bypass', change: (stage) => (stage.bypass = true) },
    { result: 'no_listener', change: (stage) => (stage.lists = [list(stage, { asked: null })]) },
    {
      result: 'harmless_refused',
      change: (stage) => {
        stage.answer = (): ProbeAnswer => {
          stage.hits += 1;
          return { kind: 'answer', bytes: PAGE };
        };
      },
    },
  ])('$result', async ({ result, change }) => {
    const stage = stageOf();
    change(stage);
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ result, counts: { [result]: 1, ok: 0 } }]);
    expect(stage.log.named('selftest.failed')).toMatchObject([{ list: 'main', reason: result }]);
  });

  test('no_listener: no address can be shown where the list applies; client_denied: without a word', async () => {
    const asked = { endpoint: ENDPOINT, way: asOrigin('error') };
    const stage = stageOf({ asked, addresses: marked('http://a.example:81/') });
    await stage.tests.run();
    stage.lists = [list(stage, { asked, expected: () => ({ ...EXPECTED, denied: null }) })];
    await stage.tests.run();
    expect(stage.asked).toEqual([]);
    expect(stage.tests.status()).toMatchObject([{ counts: { no_listener: 1, client_denied: 1 } }]);
  });

  test('of several addresses those are asked that can be shown', async () => {
    const asked = { endpoint: ENDPOINT, way: asOrigin('error') };
    const stage = stageOf({ asked, addresses: marked('http://a.example:81/', 'http://b.example/x') });
    const well = stage.answer;
    stage.answer = (line) => (line === 'GET / HTTP/1.1' ? { kind: 'none', code: 'ECONNRESET' } : well(line));
    await stage.tests.run();
    expect(stage.asked).toEqual(['GET /x HTTP/1.1', 'GET / HTTP/1.1']);
    expect(stage.tests.status()).toMatchObject([{ result: 'ok' }]);
  });

  test('no_answer: the connection is turned away, for want of a place, as one is that passes to no origin', async () => {
    const stage = stageOf({ asked: { endpoint: ENDPOINT, way: asOrigin('error') } });
    stage.answer = () => ({ kind: 'none', code: 'ECONNRESET' });
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ result: 'not_blocked' }]);
    stage.answer = () => {
      stage.turnedAway += 1;
      return { kind: 'none', code: 'ECONNRESET' };
    };
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ result: 'no_answer', requests: { pass: 0, block: 0, error: 0 } }]);
  });

  test('what was found of a list stays when it marks nothing any more; what cannot be asked for is no result', async () => {
    const stage = stageOf();
    const whole = stage.lists;
    await stage.tests.run();
    for (const lists of [null, []]) {
      stage.lists = lists;
      await stage.tests.run();
      expect(stage.tests.status()).toMatchObject([{ isTested: true, at: 1000, counts: { ok: 1 } }]);
    }
    stage.lists = [list(stage, { addresses: [] })];
    stage.now = 2000;
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ isTested: false, at: 1000, refused: 1 }]);
    stage.lists = whole;
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ isTested: true, at: 2000, refused: 2 }]);
  });

  test('what no list holds is asked for once of each listener', async () => {
    const stage = stageOf();
    stage.lists = ['a', 'b', 'c'].map((name) => list(stage, { name }));
    await stage.tests.run();
    expect(stage.asked.filter((line) => line.startsWith('OPTIONS'))).toHaveLength(1);
    expect(stage.tests.status().map(({ result, requests }) => [result, requests.pass])).toEqual([
      ['ok', 1],
      ['ok', 0],
      ['ok', 0],
    ]);
  });

  test('the first address that fails decides', async () => {
    const stage = stageOf({ addresses: marked('http://a.example/', 'http://b.example/', 'http://c.example/') });
    const well = stage.answer;
    stage.answer = (line) => (line.includes('b.example') ? answer(PASSED)() : well(line));
    await stage.tests.run();
    expect(stage.asked.length).toBe(2);
    expect(stage.tests.status()[0]?.result).toBe('not_blocked');
  });
});

test('the log tells a change, once, and names no address', async () => {
  const stage = stageOf();
  const well = stage.answer;
  await stage.tests.run();
  await stage.tests.run();
  stage.answer = answer(PASSED);
  await stage.tests.run();
  await stage.tests.run();
  stage.answer = well;
  await stage.tests.run();
  expect(stage.log.events.map(({ event }) => event)).toEqual(['selftest.passed', 'selftest.failed', 'selftest.passed']);
  expect(JSON.stringify(stage.log.events)).not.toContain('listed.example');
  expect(stage.tests.status()[0]?.counts).toMatchObject({ ok: 3, not_blocked: 2 });
});

test('the schedule: at once, then at the interval; a minute after a failure', async () => {
  jest.useFakeTimers();
  const stage = stageOf();
  const look = async (now: number): Promise<number> => {
    stage.now = now;
    await jest.advanceTimersByTimeAsync(1000);
    return stage.asked.filter((line) => line.startsWith('OPTIONS')).length;
  };
  stage.tests.start();
  expect(await look(1000)).toBe(1);
  expect(await look(900_000)).toBe(1);
  stage.answer = answer(Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  await look(901_000);
  expect(stage.tests.status()[0]).toMatchObject({ result: 'not_blocked', at: 901_000 });
  await look(960_000);
  expect(stage.tests.status()[0]).toMatchObject({ at: 901_000 });
  await look(961_000);
  expect(stage.tests.status()[0]).toMatchObject({ at: 961_000 });
  stage.tests.close();
  await look(9_000_000);
  expect(stage.tests.status()[0]).toMatchObject({ at: 961_000 });
});
