/**
 * No test compares a clock or the memory of a process with a bound: on a busy machine such a test fails for nobody's fault.
 * Figures of time and memory are for bench/. Who has to look at a clock all the same is named here, with the reason.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

const CLOCKS =
  /performance\.now\(|process\.cpuUsage\(|process\.hrtime|process\.memoryUsage\(|\bVmRSS\b|Private_Dirty|toHaveBeenCalledWithin/;

const REASONS: Readonly<Record<string, string>> = {
  'test/docs/no-clocks.test.ts': 'names them',
  'test/docs/one-clock.test.ts': 'names them',
  'test/engines/withdrawn.real.test.ts':
    'how long a removal takes is printed; the bound is that of requirement 71, five minutes',
  'test/e2e/dns-review.real.test.ts':
    'whether the answers of the other side came within the time-out that is tested; else it asks again',
  'test/network/fleet.long.test.ts': 'how long a route takes is printed; nothing is compared',
  'test/forward/head-turns.test.ts': 'keeps the thread busy for a while; nothing is compared',
  'test/systemd/notify.real.test.ts': 'the order of two moments of the same clock',
  'test/hostile/39-bounded-maps.test.ts': 'the heap after a collection: bytes that are held, the same on every machine',
  'test/workers/control-thread.test.ts': 'buffers after a collection: bytes that are held, the same on every machine',
  'test/workers/bypass.test.ts': 'the order of two moments of the same clock',
  'test/lib/native.test.ts': 'the call that is tested gives pages back: tens of megabytes, at once',
};

/** A log comes by a way of its own, later than an answer: what is to stand in it is waited for (`told`); that nothing does may be looked at. */
const LOOKS_ONCE =
  /expect\(\w+\.(?:logged|log)\([^\n]*?\)\)?(?!\.toEqual\(\[\]\)|\.not\.)\.[^\n]*|\.logged\([^)]*\)\[0\]!/;

const LOOK_REASONS: Readonly<Record<string, string>> = {
  'test/e2e/lame-duck.real.test.ts': 'the process has ended, and its log with it',
  'test/e2e/drain-behind-balancer.long.test.ts': 'the process has ended, and its log with it',
  'test/network/steered-listener.real.test.ts': 'that no line is added',
  'test/e2e/lists-behind-login.real.test.ts': 'a line that is there has come whole',
};

/** A pause of a given length: it is too short on a busy machine, or wasted on every other. */
const SLEEPS = /\bsetTimeout\((?:resolve|done|settle|go),|setTimeout(?: as \w+)? \} from 'node:timers\/promises'/;

const SLEEP_REASONS: Readonly<Record<string, string>> = {
  'test/e2e/dns-review.real.test.ts': 'the age of ports is what is tested, and that nothing is read meanwhile',
  'test/engines/support/engine.ts': 'between two looks at a condition',
  'test/engines/support/questions.ts': 'how long a question waits before it counts as lost',
  'test/network/support/fleet-customers.ts': 'the pauses of customers; nothing waits for them to be long enough',
  'test/network/support/preconnect.ts':
    'the pauses of clients are the traffic; nothing waits for them to be long enough',
  'test/e2e/failing-run.real.test.ts': 'what it runs must not end by itself',
  'test/e2e/lame-duck.real.test.ts':
    'the process stays a lame duck for longer than idle connections have: that nothing happens',
  'test/e2e/lists-being-written.real.test.ts': 'the pauses of a writer, however long they are',
  'test/e2e/protected-list-kills.long.test.ts': 'moments of a kill; nothing waits for them to be long enough',
  'test/e2e/random-traffic.real.test.ts': 'random pauses are the traffic; nothing waits for them to be long enough',
  'test/e2e/stop-meets-reload.long.test.ts': 'for longer than a worker of a real process may be silent',
  'test/list/traced-lists.ts': 'between two looks at a condition',
  'test/support/paced.ts': 'the pace of traffic; nothing waits for it to be long enough',
  'test/support/eventually.ts': 'between two looks at a condition',
  'test/support/list-answers.ts': 'what a server sends piece by piece',
  'test/support/random-cuts.ts': 'random pauses between pieces',
  'test/support/steady-load.ts': 'between two looks, and the pauses of a client that is mostly idle',
  'test/workers/hang-watch.process.test.ts': 'the time for which a process is stopped is what is tested',
};

/** A process that is told to stop runs on for a moment, and reads what it is sent: whoever needs it to stand still waits for that (`stopProcess`). */
const STOPS = /'SIGSTOP'/;

const STOP_REASONS: Readonly<Record<string, string>> = {
  'test/commands/guard-dns.real.test.ts': 'the guard finds it when it stands still, whenever that is',
  'test/commands/guard.real.test.ts': 'the guard finds it when it stands still, whenever that is',
  'test/docs/no-clocks.test.ts': 'names it',
  'test/e2e/alerts-traffic.long.test.ts': 'the alert comes when it stands still, whenever that is',
  'test/e2e/random-traffic.real.test.ts': 'stops at random are the traffic; nothing waits for them to be long enough',
  'test/network/guard.long.test.ts': 'the guard finds it when it stands still, whenever that is',
  'test/support/stopped-process.ts': 'waits for it',
  'test/workers/hang-watch.process.test.ts': 'it stands still for much longer than what it takes to',
};

/** Either end of a connection may be told of it first: who waits for one after the other has missed the second by chance. */
const ENDS_IN_TURN =
  /once\(\w+, 'connection'\);\s+[^\n]*once\(\w+, 'connect'\)|once\(\w+, 'connect'\);\s+[^\n]*once\(\w+, 'connection'\)/;

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  // Those that are run by hand have a load, or other people's programs, for as long as they are told.
  .filter((name) => name.endsWith('.ts') && !/^(?:conformance|fuzz|mutation|soak)\//.test(name))
  .map((name) => ({ name: join('test', name), source: readFileSync(join(ROOT, 'test', name), 'utf8') }));
const tests = files.filter(({ name }) => name.endsWith('.test.ts'));

describe('requirement 70: a busy machine fails no test', () => {
  test('no test looks at a clock or weighs a process, but for those that say why', () => {
    const looking = tests.filter(({ source }) => CLOCKS.test(source)).map(({ name }) => name);
    expect(looking.filter((name) => REASONS[name] === undefined)).toEqual([]);
    expect(Object.keys(REASONS).filter((name) => !looking.includes(name))).toEqual([]);
  });

  test('no test pauses for a given time, but for those that say why', () => {
    const sleeping = files.filter(({ source }) => SLEEPS.test(source)).map(({ name }) => name);
    expect(sleeping.filter((name) => SLEEP_REASONS[name] === undefined)).toEqual([]);
    expect(Object.keys(SLEEP_REASONS).filter((name) => !sleeping.includes(name))).toEqual([]);
  });

  test('no test looks once at a log for what must stand in it, but for those that say why', () => {
    const looking = tests.filter(({ source }) => LOOKS_ONCE.test(source)).map(({ name }) => name);
    expect(looking.filter((name) => LOOK_REASONS[name] === undefined)).toEqual([]);
    expect(Object.keys(LOOK_REASONS).filter((name) => !looking.includes(name))).toEqual([]);
  });

  test('no test takes a process for stopped before it stands still, but for those that say why', () => {
    const stopping = files.filter(({ source }) => STOPS.test(source)).map(({ name }) => name);
    expect(stopping.filter((name) => STOP_REASONS[name] === undefined)).toEqual([]);
    expect(Object.keys(STOP_REASONS).filter((name) => !stopping.includes(name))).toEqual([]);
  });

  test('no test waits for one end of a connection, and for the other behind it', () => {
    expect(files.filter(({ source }) => ENDS_IN_TURN.test(source)).map(({ name }) => name)).toEqual([]);
  });

  test('no test has a bound of its own: that of jest.config.mjs is beyond what anything takes', () => {
    // Behind the body of a test or hook, as a number (below a second it is the period of a timer) or by a name.
    const own = /^ {0,6}\},(?: |\n +)(?:\d [*] )?(?:\d[\d_]{3,}|[A-Z_]*(?:BOUND|TIMEOUT|MINUTES|_MS)),?\s*\);$/gm;
    const bounds = files
      .filter(({ name }) => /(?:\.test|suite)\.ts$/.test(name))
      .flatMap(({ name, source }) => [...source.matchAll(own)].map(([text]) => `${name}: ${text}`));
    expect(bounds).toEqual([]);
  });
});
