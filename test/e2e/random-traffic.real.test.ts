/**
 * Clients that pipeline, stop, read slowly and go away at random, origins that answer in every form: each client gets its
 * own answers in order and nothing else, the origins get what was sent, to the byte. The proxy is stopped and continued all
 * the time, so that much happens in one turn of its event loop: what waits there for the end of the turn must not be lost,
 * doubled, swapped, or overtaken.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededInteger, seededRandom } from '../../bench/data/seeded-random.ts';
import { open } from '../hostile/support/connection.ts';
import { eventually } from '../support/eventually.ts';
import { KnowingOrigin } from '../support/knowing-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { writeInPieces } from '../support/random-cuts.ts';
import { RandomExchanges } from '../support/random-exchanges.ts';
import type { Exchange, Surroundings } from '../support/random-exchanges.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { within } from '../support/within.ts';

const SEED = 20_261_125;
const LANES = 40;
/** Conversations of each. */
const EACH = 12;

const resources = new Resources();
let proxy: ProxyProcess;
let origins: KnowingOrigin[];
let exchanges: RandomExchanges;
const random = seededRandom(SEED);

beforeAll(async () => {
  const [steady, moody] = [await new KnowingOrigin(random).listen(), await new KnowingOrigin(random).listen()];
  origins = [resources.use(steady), resources.use(moody)];
  proxy = resources.use(await startProxy({ lists: { own: 'listed.test\n' } }));
  exchanges = new RandomExchanges({ steady: steady.authority, moody: moody.authority, ...(await refusal()) }, random);
});
afterAll(async () => await resources.end());

/** What the proxy says of itself. */
async function refusal(): Promise<Pick<Surroundings, 'refused' | 'pseudonym'>> {
  await using client = await rawClient(proxy.port);
  const request = Buffer.from('GET http://listed.test/ HTTP/1.1\r\nHost: x\r\n\r\n');
  client.send(request);
  const head = (await client.reader.until('\r\n\r\n')).toString('latin1');
  const body = await client.reader.exactly(Number(/\r\nContent-Length: (\d+)/.exec(head)![1]));
  return {
    refused: { request, relayed: Buffer.concat([Buffer.from(head, 'latin1'), body]) },
    pseudonym: /cf-[0-9a-f]{12}/.exec(head)![0],
  };
}

interface Conversation {
  readonly sequence: readonly Exchange[];
  readonly received: string;
  readonly isAborted: boolean;
}

async function converse(aborts: boolean): Promise<Conversation> {
  const sequence = exchanges.sequence();
  for (const origin of origins) origin.expect(sequence);
  const client = await open(proxy.port);
  const isAborted = aborts && below(3) === 0;
  if (isAborted) setTimeout(() => (below(2) === 0 ? client.reset() : client.destroy()), below(below(2) === 0 ? 5 : 40));
  const reading =
    below(5) === 0
      ? setInterval(() => (client.socket.isPaused() ? client.socket.resume() : client.socket.pause()), 1 + below(20))
      : undefined;
  // All at once, or the next when as many bytes have come as the answers before it have.
  const isPatient = below(2) === 0;
  const parts = isPatient
    ? sequence.map(({ request }) => request)
    : [Buffer.concat(sequence.map(({ request }) => request))];
  let due = 0;
  for (const [i, part] of parts.entries()) {
    await writeInPieces(client.socket, part, random);
    due += sequence[i]!.relayed.length;
    if (isPatient)
      await client.until(({ received, ending, closed }) => received.length >= due || ending !== null || closed);
  }
  await within('the end of a connection', client.over());
  clearInterval(reading);
  client.destroy();
  return { sequence, received: client.received, isAborted };
}

function below(limit: number): number {
  return seededInteger(random, limit);
}

/** Lanes of clients, one after the other in each, while the proxy stops and goes on. */
async function traffic(aborts: boolean): Promise<Conversation[]> {
  const conversations: Conversation[] = [];
  const lane = async (): Promise<void> => {
    for (let left = EACH; left > 0; left--) conversations.push(await converse(aborts));
  };
  const stops = async (): Promise<void> => {
    while (conversations.length < LANES * EACH) {
      await pause(5 + below(30));
      proxy.signal('SIGSTOP');
      await pause(1 + below(10));
      proxy.signal('SIGCONT');
    }
  };
  await Promise.all([stops(), ...Array.from({ length: LANES }, lane)]);
  return conversations;
}

function expectRight({ sequence, received, isAborted }: Conversation): void {
  const whole = Buffer.concat(sequence.map(({ relayed }) => relayed)).toString('latin1');
  const wanted = isAborted ? whole.slice(0, received.length) : whole;
  if (received !== wanted)
    throw new Error(`${differenceOf(received, wanted)}, asked for ${sequence.map(({ id }) => id).join(' ')}`);
  for (const exchange of sequence) {
    if (exchange.forwarded === null) continue;
    const asked = origins.reduce((sum, origin) => sum + origin.asked(exchange), 0);
    expect(asked).toBeGreaterThanOrEqual(isAborted ? 0 : 1);
    expect(asked).toBeLessThanOrEqual(exchange.mayRepeat ? 2 : 1);
  }
}

function differenceOf(received: string, wanted: string): string {
  let at = 0;
  while (at < received.length && received[at] === wanted[at]) at += 1;
  const around = (bytes: string): string => JSON.stringify(bytes.slice(Math.max(0, at - 100), at + 100));
  return `${received.length} of ${wanted.length} bytes, different at ${at}: ${around(received)} for ${around(wanted)}`;
}

describe('random traffic', () => {
  test.each([
    ['everybody stays to the end', false],
    ['some go away', true],
  ])('%s', async (_, aborts) => {
    const before = await proxy.metrics();
    const conversations = await traffic(aborts);
    for (const conversation of conversations) expectRight(conversation);
    expect(origins.flatMap(({ faults }) => faults)).toEqual([]);
    await eventually(
      'nobody is left',
      async () => (await proxy.metrics()).get('cleanfeed_connections{listener="explicit"}'),
      (count) => count === 0,
    );
    if (aborts) return;
    const after = await proxy.metrics();
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    const sum = (of: (exchange: Exchange) => number): number =>
      conversations.flatMap(({ sequence }) => sequence).reduce((total, exchange) => total + of(exchange), 0);
    expect(grown('cleanfeed_bytes_total{direction="client_out"}')).toBe(sum(({ relayed }) => relayed.length));
    expect(grown('cleanfeed_bytes_total{direction="client_in"}')).toBe(sum(({ request }) => request.length));
    expect(grown('cleanfeed_requests_total{listener="explicit",verdict="pass"}')).toBe(
      sum(({ forwarded }) => (forwarded === null ? 0 : 1)),
    );
    expect(grown('cleanfeed_requests_total{listener="explicit",verdict="error"}')).toBe(0);
  });
});
