/**
 * Counters are exact: what many clients saw at once over three workers is what the metrics say, to the last byte, also when
 * workers die and are replaced in between; and no total ever goes back, however often somebody looks meanwhile.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { errnoOf } from '../../src/lib/errors.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import type { Control } from '../../src/workers/control-thread.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';
import { parseMetrics } from '../support/metrics-text.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';
import { startEchoOrigin } from '../support/steady-load.ts';
import type { EchoOrigin } from '../support/steady-load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const CLIENTS = 24;
const KINDS = ['pass', 'block', 'count', 'refuse', 'error'] as const;
type Kind = (typeof KINDS)[number];
/** Refused by its form: the connection ends with it. */
const ENDS: ReadonlySet<Kind> = new Set(['refuse']);
const STATUS: Readonly<Record<Kind, number>> = { pass: 200, block: 403, count: 200, refuse: 400, error: 502 };

let directory: TemporaryDirectory;
let origin: EchoOrigin;
let control: Control;
let channel: BroadcastChannel;

beforeEach(async () => {
  directory = temporaryDirectory();
  origin = await startEchoOrigin();
  channel = new BroadcastChannel('mortal');
  mkdirSync(directory.file('state'));
  writeFileSync(
    directory.file('own.txt'),
    `a.localhost:${origin.port}/listed\na.localhost:${origin.port}/tried count\n`,
  );
  const settings = {
    listeners: [{ name: 'explicit', port: 0 }],
    admin: { port: 0 },
    lists: [{ name: 'own', source: './own.txt' }],
    upstream: { allow: ['127.0.0.0/8'] },
    state: { directory: './state' },
    workers: 3,
  };
  const loaded = parseConfig(JSON.stringify(settings), directory.file('c.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const workerFile = new URL('../support/mortal-data-thread.ts', import.meta.url);
  control = await startControl(loaded.config, { log: memoryLog(), version: '0.0.0', workerFile });
});

afterEach(async () => {
  channel.close();
  await control.drain(1000);
  await origin[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

interface Tally {
  readonly sent: Record<Kind, number>;
  readonly answered: Record<Kind, number>;
  bytesOut: number;
  bytesIn: number;
}

function none(): Tally {
  const zeros = (): Record<Kind, number> => ({ pass: 0, block: 0, count: 0, refuse: 0, error: 0 });
  return { sent: zeros(), answered: zeros(), bytesOut: 0, bytesIn: 0 };
}

/** At least `rounds` requests of each client, all clients at once; a client whose connection broke goes on with a new one. */
async function load(tally: Tally, rounds: number, isEnough = (): boolean => true): Promise<void> {
  const goesOn = (round: number): boolean => round < rounds || !isEnough();
  await Promise.all(Array.from({ length: CLIENTS }, async (_, client) => await oneClient(tally, client, goesOn)));
}

async function oneClient(tally: Tally, index: number, goesOn: (round: number) => boolean): Promise<void> {
  let client: RawClient | null = null;
  for (let round = 0; goesOn(round); round += 1) {
    const kind = KINDS[(index + round * 7) % KINDS.length]!;
    client ??= await connected();
    tally.sent[kind] += 1;
    const isAnswered = await ask(client, kind);
    if (isAnswered) tally.answered[kind] += 1;
    if (!isAnswered || ENDS.has(kind)) {
      await leave(tally, client);
      client = null;
    }
  }
  if (client !== null) await leave(tally, client);
}

/** Connections that a dying worker had not accepted yet are reset by the kernel; the next one goes to another worker. */
async function connected(): Promise<RawClient> {
  for (let tries = 0; tries < 20; tries += 1) {
    const client = await rawClient(control.ports![0]!).catch((error: unknown) =>
      errnoOf(error) === 'ECONNRESET' ? null : Promise.reject(error),
    );
    if (client !== null) return client;
  }
  throw new Error('reset twenty times in a row');
}

async function ask(client: RawClient, kind: Kind): Promise<boolean> {
  client.send(requestOf(kind));
  // A connection that broke has no answer.
  const status = await client.response().then(
    (response) => response.status,
    () => null,
  );
  if (status !== null) expect(status).toBe(STATUS[kind]);
  return status !== null;
}

function requestOf(kind: Kind): string {
  const get = (path: string): string => `GET http://a.localhost:${origin.port}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  switch (kind) {
    case 'pass':
      return get('/free');
    case 'block':
      return get('/listed');
    case 'count':
      return get('/tried');
    case 'refuse':
      return 'GET /origin-form HTTP/1.1\r\nHost: x\r\n\r\n';
    case 'error':
      // No resolver is asked for this: the address itself is nobody's.
      return 'GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n';
  }
}

async function leave(tally: Tally, client: RawClient): Promise<void> {
  await client[Symbol.asyncDispose]();
  tally.bytesOut += client.socket.bytesWritten;
  tally.bytesIn += client.socket.bytesRead;
}

type Metrics = ReadonlyMap<string, number>;

async function metrics(): Promise<Metrics> {
  return parseMetrics(await (await fetch(`http://127.0.0.1:${control.admin.port}/metrics`)).text());
}

const verdict = (read: Metrics, kind: Kind): number =>
  read.get(`cleanfeed_requests_total{listener="explicit",verdict="${kind}"}`)!;

/** When every connection is seen to be gone, everything is counted. */
async function settled(): Promise<Metrics> {
  return await eventually(
    'no connection is open',
    metrics,
    (read) => read.get('cleanfeed_connections{listener="explicit"}') === 0,
  );
}

async function replaced(worker: number, deaths: number): Promise<void> {
  channel.postMessage({ worker, how: 'die' });
  await eventually(
    'it is replaced',
    () => control.view.workerRestarts() === deaths && control.view.notReady().length === 0,
  );
}

function expectExact(read: Metrics, tally: Tally): void {
  expect(Object.fromEntries(KINDS.map((kind) => [kind, verdict(read, kind)]))).toEqual(tally.answered);
  expect(read.get('cleanfeed_list_hits_total{list="own",action="block"}')).toBe(tally.answered.block);
  expect(read.get('cleanfeed_list_hits_total{list="own",action="count"}')).toBe(tally.answered.count);
  expect(read.get('cleanfeed_upstream_errors_total{reason="connect"}')).toBe(tally.answered.error);
  expect(read.get('cleanfeed_upstream_duration_seconds_count')).toBe(tally.answered.pass + tally.answered.count);
  expect(read.get('cleanfeed_bytes_total{direction="client_in"}')).toBe(tally.bytesOut);
  expect(read.get('cleanfeed_bytes_total{direction="client_out"}')).toBe(tally.bytesIn);
}

describe('counters over three workers', () => {
  test('are exact under concurrent load', async () => {
    const tally = none();
    await load(tally, 40);
    const read = await settled();
    expect(tally.answered).toEqual(tally.sent);
    expectExact(read, tally);
    expect(KINDS.reduce((sum, kind) => sum + verdict(read, kind), 0)).toBe(CLIENTS * 40);
  });

  test('are exact across restarts of every worker', async () => {
    const tally = none();
    for (const worker of [0, 1, 2]) {
      await load(tally, 10);
      await settled();
      await replaced(worker, worker + 1);
    }
    await load(tally, 10);
    const read = await settled();
    expect(tally.answered).toEqual(tally.sent);
    expectExact(read, tally);
    expect(read.get('cleanfeed_worker_restarts_total')).toBe(3);
  });

  test('a death under load: every answer is counted, nothing is counted twice, no total goes back', async () => {
    const tally = none();
    const loading = { isEnough: false, isDone: false };
    const backwards: string[] = [];
    const looking = (async () => {
      let before: Metrics = new Map();
      while (!loading.isDone) {
        const now = await metrics();
        for (const [name, value] of now)
          if (/_(?:total|count|bucket)\b/.test(name) && value < (before.get(name) ?? 0)) backwards.push(name);
        before = now;
      }
    })();
    // On a fast machine the requests would be over before the last worker dies.
    const done = load(tally, 80, () => loading.isEnough);
    for (const [deaths, worker] of [2, 0, 1].entries()) {
      const goal = (deaths + 1) * CLIENTS * 10;
      await eventually(
        'some more are answered',
        () => KINDS.reduce((sum, kind) => sum + tally.answered[kind], 0) > goal,
      );
      await replaced(worker, deaths + 1);
    }
    loading.isEnough = true;
    await done;
    loading.isDone = true;
    await looking;
    const read = await settled();
    const outOfBounds = KINDS.filter(
      (kind) => verdict(read, kind) < tally.answered[kind] || verdict(read, kind) > tally.sent[kind],
    );
    expect({ outOfBounds, backwards }).toEqual({ outOfBounds: [], backwards: [] });
  });
});
