/** The self-tests of the lists with a made-up listener and a given clock: each result, the schedule, what is told. */
import { describe, expect, test } from '@jest/globals';
import type { ProbeAnswer } from '../../src/selftest/probe.ts';
import { SelfTests } from '../../src/selftest/self-tests.ts';
import type { SelfTestParts, TestedList } from '../../src/selftest/self-tests.ts';
import { AS_PROXY, asOrigin } from '../../src/selftest/ways.ts';
import { memoryLog } from '../support/memory-log.ts';
import { VirtualTime } from '../support/virtual-time.ts';

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

interface Stage {
  readonly tests: SelfTests;
  readonly time: VirtualTime;
  readonly log: ReturnType<typeof memoryLog>;
  readonly asked: string[];
  now: number;
  bypass: boolean;
  /** Null: the instance does not serve. */
  lists: readonly TestedList[] | null;
  /** By the first line of the request. */
  answer: (line: string) => ProbeAnswer;
  settled: Promise<void>;
  /** Of the configuration. */
  edition: number;
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
    configured: null,
    asked: { endpoint: ENDPOINT, way: AS_PROXY },
    expected: () => EXPECTED,
    hits: () => stage.hits,
    ...overrides,
  };
}

function stageOf(overrides: Partial<TestedList> = {}): Stage {
  const log = memoryLog();
  const asked: string[] = [];
  const time = new VirtualTime();
  const parts: SelfTestParts = {
    log,
    probe: (_endpoint, request) => {
      const [line = ''] = request.toString().split('\r\n', 1);
      asked.push(line);
      return Promise.resolve(stage.answer(line));
    },
    lists: () => stage.lists,
    turnedAway: () => stage.turnedAway,
    settled: async () => await stage.settled,
    circumstances: () => [
      stage.lists?.map(({ addresses, isOff }) => ({ addresses, isOff })),
      stage.bypass,
      stage.edition,
    ],
    bypass: () => stage.bypass,
    now: () => stage.now,
    time,
  };
  const stage: Stage = {
    tests: new SelfTests(parts),
    time,
    log,
    asked,
    now: 1000,
    bypass: false,
    lists: [],
    settled: Promise.resolve(),
    edition: 0,
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

// Was a fault: behind `ctl bypass off` it said that nothing is refused.
test('nothing is asked before data threads go by what was switched on again', async () => {
  const stage = stageOf();
  let settle = (): void => {};
  stage.settled = new Promise((resolve) => (settle = resolve));
  const running = stage.tests.run();
  await new Promise((resolve) => setImmediate(resolve));
  expect(stage.asked).toEqual([]);
  settle();
  await running;
  expect(stage.tests.status()).toMatchObject([{ result: 'ok' }]);
});

describe('what changes in the middle of a test', () => {
  /** @param change happens while the listed address is asked for the first time, which passes then. */
  function changedBy(change: (stage: Stage) => void, overrides: Partial<TestedList> = {}): Stage {
    const stage = stageOf(overrides);
    const well = stage.answer;
    stage.answer = () => {
      stage.answer = well;
      change(stage);
      return { kind: 'answer', bytes: PASSED };
    };
    return stage;
  }

  // Was a fault: each of these was a failure in metrics and log, and its alert.
  test.each<{ name: string; change: (stage: Stage) => void; expected: object }>([
    {
      name: 'another address',
      change: (stage) => (stage.lists = [list(stage, { configured: 'x', addresses: marked('http://other.example/') })]),
      expected: { result: 'ok', isTested: true, counts: { ok: 1, not_blocked: 0 } },
    },
    {
      name: 'another configuration',
      change: (stage) => (stage.edition += 1),
      expected: { result: 'ok', counts: { ok: 1, not_blocked: 0 } },
    },
    {
      name: 'a bypass',
      change: (stage) => (stage.bypass = true),
      expected: { result: 'bypass', counts: { bypass: 1, not_blocked: 0 } },
    },
    {
      name: 'a list that is off',
      change: (stage) => (stage.lists = [list(stage, { isOff: true })]),
      expected: { result: 'list_off', counts: { list_off: 1, not_blocked: 0 } },
    },
  ])('is tested again: $name', async ({ change, expected }) => {
    const stage = changedBy(change);
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([expected]);
  });

  test.each<{ name: string; lists: Stage['lists'] }>([
    { name: 'gone, or only counting', lists: [] },
    { name: 'the instance does not serve any more', lists: null },
  ])('of a list nothing is told: $name', async ({ lists }) => {
    const stage = changedBy((changing) => (changing.lists = lists));
    await stage.tests.run();
    expect([stage.tests.status(), stage.log.events]).toEqual([[], []]);
  });

  test.each([
    { changes: 2, asked: 4, results: [{ result: 'ok' }] },
    { changes: 3, asked: 3, results: [] },
  ])('is tested three times at most: $changes changes', async ({ changes, asked, results }) => {
    const stage = stageOf();
    const well = stage.answer;
    stage.answer = (line) => {
      if (stage.edition >= changes) return well(line);
      stage.edition += 1;
      return { kind: 'answer', bytes: PASSED };
    };
    await stage.tests.run();
    expect(stage.asked.length).toBe(asked);
    expect(stage.tests.status()).toMatchObject(results);
  });

  // Was a fault: it was told when all lists had been tested, and each may take seconds.
  test('is told meanwhile: a list that refuses nothing any more', async () => {
    const stage = stageOf();
    await stage.tests.run();
    let settle = (): void => {};
    stage.settled = new Promise((resolve) => (settle = resolve));
    stage.tests.start();
    const running = stage.tests.run();
    await stage.time.advance(0);
    stage.lists = [];
    await stage.time.advance(1000);
    expect(stage.tests.status()).toMatchObject([{ isTested: false, result: 'ok' }]);
    stage.tests.close();
    settle();
    await running;
  });

  // Was a fault: lists behind the first were asked for before data threads went by what was switched on again meanwhile.
  test('is waited for before each list', async () => {
    const stage = stageOf();
    stage.lists = ['a', 'b'].map((name) => list(stage, { name }));
    const well = stage.answer;
    let settle = (): void => {};
    stage.answer = (line) => {
      if (line.startsWith('OPTIONS')) stage.settled = new Promise((resolve) => (settle = resolve));
      return well(line);
    };
    const running = stage.tests.run();
    while (stage.tests.status().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.asked.length).toBe(2);
    settle();
    await running;
    expect(stage.tests.status().map(({ result }) => result)).toEqual(['ok', 'ok']);
  });
});

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
    for (const lists of [null, [list(stage, { addresses: null })]]) {
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
    // It counts by now, or allows.
    stage.lists = [];
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ isTested: false, at: 2000, refused: 2 }]);
  });

  // Was a fault: the last result stayed until a restart, and so did its alert.
  test('of a list whose address the configuration names no more no result stays', async () => {
    const stage = stageOf({ configured: 'http://listed.example/test' });
    stage.answer = answer(PASSED);
    await stage.tests.run();
    expect(stage.tests.status()).toMatchObject([{ isTested: true, result: 'not_blocked' }]);
    stage.lists = [list(stage, { addresses: null })];
    for (let times = 0; times < 2; times++) {
      await stage.tests.run();
      expect(stage.tests.status()).toMatchObject([{ isTested: false }]);
    }
  });

  // Was a fault: the result of the one before was told for up to a whole interval.
  test('an address that the configuration names newly is asked for at once, as is a list that refuses again', async () => {
    const stage = stageOf({ configured: 'http://listed.example/test' });
    const results = async (): Promise<number | undefined> => {
      await stage.time.advance(1000);
      return stage.tests.status()[0]?.counts.ok;
    };
    stage.tests.start();
    expect([await results(), await results()]).toEqual([1, 1]);
    const whole = (stage.lists = [list(stage, { configured: 'http://other.example/' })]);
    expect([await results(), await results()]).toEqual([2, 2]);
    stage.lists = [];
    expect(await results()).toBe(2);
    stage.lists = whole;
    expect([await results(), await results()]).toEqual([3, 3]);
    stage.tests.close();
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
  const stage = stageOf();
  const look = async (now: number): Promise<number> => {
    stage.now = now;
    await stage.time.advance(1000);
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
