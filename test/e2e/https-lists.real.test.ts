/**
 * Lists over HTTPS in a running process, from a real nginx: whatever the server answers, the process lives, filters as before
 * and says what happened.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BAD_ANSWERS, GOOD_ANSWERS, UNASKED_304 } from '../support/list-answers.ts';
import type { ListAnswer } from '../support/list-answers.ts';
import { eventually } from '../support/eventually.ts';
import { ListServer } from '../support/list-server.ts';
import type { NginxAnswer } from '../support/list-server.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';
import type { ListExchange } from '../support/scripted-list-server.ts';

const LIST = 'a.localhost/listed\n';
const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

async function startFrom(server: Pick<ListServer, 'url' | 'environment'>): Promise<ProxyProcess> {
  const lists = [{ name: 'far', source: server.url, interval: '1h' }];
  return await startProxy({
    config: { lists, control: { socket: './control.sock' } },
    environment: server.environment,
  });
}

/** Status of the answer to a GET. */
async function ask(proxy: ProxyProcess, host: string): Promise<number> {
  return await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`);
}

/** The list is asked for again, after what is under way, and what came of it is known. */
async function reload(proxy: ProxyProcess): Promise<void> {
  const socket = connect(proxy.file('control.sock'));
  socket.end('{"command":"reload"}\n');
  await text(socket);
}

describeWith(['nginx'])('a server that answers with', () => {
  test('the same list (304), then another one: the process lives and takes it', async () => {
    await using server = await ListServer.start(LIST);
    await using proxy = await startFrom(server);
    await reload(proxy);
    await reload(proxy);
    expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([403, 200]);
    expect((await proxy.metrics()).get('cleanfeed_list_sync_total{list="far",result="unchanged"}')).toBe(2);
    server.serve('b.localhost/listed\n# longer\n');
    await reload(proxy);
    expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([200, 403]);
  });

  describe('anything else', () => {
    const started = new Resources();
    let server: ListServer;
    let proxy: ProxyProcess;

    beforeAll(async () => {
      server = started.use(await ListServer.start(LIST));
      proxy = started.use(await startFrom(server));
    });
    afterAll(async () => await started.end());

    test.each<{ answer: NginxAnswer; reason: string }>([
      { answer: 'moved', reason: 'redirect' },
      { answer: 'found', reason: 'redirect' },
      { answer: 'notFound', reason: 'http_status' },
      { answer: 'broken', reason: 'http_status' },
      { answer: 'busy', reason: 'http_status' },
      { answer: 'encoded', reason: 'http_status' },
      { answer: 'hungUp', reason: 'connect' },
    ])('$answer: counted as $reason, the last good list stays', async ({ answer, reason }) => {
      server.serve(LIST);
      await reload(proxy);
      const counted = async (): Promise<number> =>
        (await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="far",reason="${reason}"}`)!;
      const before = { counted: await counted(), logged: proxy.logged('list.failed').length };
      server.serve('b.localhost/listed\n# longer\n');
      server.say(answer);
      await reload(proxy);
      expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([403, 200]);
      // It is tried again by itself: perhaps it has been already.
      expect(await counted()).toBeGreaterThan(before.counted);
      const told = await eventually('it is told', () =>
        proxy.logged('list.failed').find(({ code }, i) => i >= before.logged && code === reason),
      );
      expect(told).toMatchObject({ list: 'far', servingLastGood: true });
      server.say(null);
      await reload(proxy);
      expect([await ask(proxy, 'a'), await ask(proxy, 'b')]).toEqual([200, 403]);
    });
  });

  test('the list that was kept (304) at the second start', async () => {
    await using server = await ListServer.start(LIST);
    const first = await startFrom(server);
    await eventually('the copy is kept', () => first.hasEnded || first.logged('list.loaded').length > 0);
    await using second = await first.killAndRestart();
    await second.ready();
    expect(await ask(second, 'a')).toBe(403);
    expect((await second.status()).lists).toMatchObject([{ loaded: true, lastError: null }]);
    expect((await second.metrics()).get('cleanfeed_list_sync_total{list="far",result="updated"}')).toBe(1);
  });
});

test('a copy that cannot be kept is told by a metric, and kept as soon as it can be', async () => {
  let listed = LIST;
  await using server = await ScriptedListServer.start(
    () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(listed), 1),
  );
  await using proxy = await startFrom(server);
  const kept = async (): Promise<number | undefined> =>
    (await proxy.metrics()).get('cleanfeed_list_cache_current{list="far"}');
  await eventually('the copy is kept', kept, (value) => value === 1);
  renameSync(proxy.file('state/lists'), proxy.file('moved'));
  writeFileSync(proxy.file('state/lists'), 'in the way');
  listed = 'b.localhost/listed\n';
  await reload(proxy);
  expect([await ask(proxy, 'a'), await ask(proxy, 'b'), await kept()]).toEqual([200, 403, 0]);
  expect((await proxy.told('list.cache_failed'))[0]).toMatchObject({ list: 'far' });
  rmSync(proxy.file('state/lists'));
  await reload(proxy);
  expect([await ask(proxy, 'b'), await kept()]).toEqual([403, 1]);
});

test('the server is gone at start: with a copy it serves, without one no listener opens until the server is there', async () => {
  const server = await ScriptedListServer.start(
    () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(LIST), 1),
  );
  const first = await startFrom(server);
  await eventually(
    'the copy is kept',
    async () => first.hasEnded || (await first.metrics()).get('cleanfeed_list_cache_current{list="far"}') === 1,
  );
  server.answer = () => null;
  const second = await first.killAndRestart();
  await second.ready();
  expect([await ask(second, 'a'), await ask(second, 'b')]).toEqual([403, 200]);
  await eventually('the server was asked', async () => {
    const [list] = (await second.status()).lists;
    return list?.lastError?.startsWith('the server cannot be reached');
  });
  expect((await second.metrics()).get('cleanfeed_list_cache_current{list="far"}')).toBe(1);
  rmSync(second.file('state/lists'), { recursive: true });
  await using third = await second.killAndRestart();
  await eventually('it was tried', () => third.logged('list.failed').length > 0);
  expect((await third.admin('/readyz')).status).toBe(503);
  expect((await third.status()).listeners).toMatchObject([{ port: null }]);
  server.answer = () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(LIST), 1);
  await third.ready();
  expect(await ask(third, 'a')).toBe(403);
  await server.stop();
});

// Was a fault: nothing was served for the 15 s in which the server might still have said something.
test('the server says nothing at a start: the copy that is kept serves, and nobody waits', async () => {
  const silent: ListExchange[] = [];
  await using server = await ScriptedListServer.start(
    () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(LIST), 1),
  );
  const first = await startFrom(server);
  await eventually(
    'the copy is kept',
    async () => first.hasEnded || (await first.metrics()).get('cleanfeed_list_cache_current{list="far"}') === 1,
  );
  server.answer = () => async (exchange) => {
    silent.push(exchange);
    await new Promise(() => {});
  };
  await using second = await first.killAndRestart();
  await second.ready();
  expect([await ask(second, 'a'), await ask(second, 'b')]).toEqual([403, 200]);
  await eventually('the server is asked', () => silent.length > 0);
  expect(silent[0]?.isOver).toBe(false);
});

describe('a server that no decent one is', () => {
  const OLD = Buffer.from(LIST);
  /** The first bytes of the last line are a host that is not listed. */
  const NEW = Buffer.from('b.localhost/listed\nc.localhost/listed\n');
  let proxy: ProxyProcess;
  let given: readonly [ListAnswer, Buffer, number];
  const started = new Resources();
  const [whole] = GOOD_ANSWERS;

  beforeAll(async () => {
    given = [whole!, OLD, 1];
    const server = started.use(
      await ScriptedListServer.start(() => async (exchange) => {
        const [answer, list, share] = given;
        await answer.give(exchange, list, share);
      }),
    );
    proxy = started.use(await startFrom(server));
  });
  afterAll(async () => await started.end());

  /** The old list is in force and nothing is known that could be answered with "unchanged". */
  async function fromOld(): Promise<void> {
    given = [whole!, OLD, 1];
    await reload(proxy);
    expect(await verdicts()).toEqual([403, 200, 200]);
  }

  const verdicts = async (): Promise<number[]> => [await ask(proxy, 'a'), await ask(proxy, 'b'), await ask(proxy, 'c')];
  const count = async (reason: string): Promise<number> =>
    (await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="far",reason="${reason}"}`)!;

  test.each(GOOD_ANSWERS)('$name: taken', async (answer) => {
    await fromOld();
    given = [answer, NEW, 1];
    await reload(proxy);
    expect(await verdicts()).toEqual([200, 403, 403]);
  });

  test.each([...BAD_ANSWERS, UNASKED_304].filter(({ effect }) => effect.reason !== null))(
    '$name: $effect.reason, nothing changes',
    async (answer) => {
      await fromOld();
      const before = await count(answer.effect.reason!);
      // Without a condition: what has been refused as damaged is asked for as a whole.
      given = [BAD_ANSWERS.find(({ name }) => name === 'a damaged compiled list')!, NEW, 1];
      if (answer === UNASKED_304) await reload(proxy);
      given = [answer, NEW, 0.6];
      await reload(proxy);
      expect(await count(answer.effect.reason!)).toBeGreaterThan(before);
      expect(await verdicts()).toEqual([403, 200, 200]);
      expect((await proxy.status()).lists).toMatchObject([{ loaded: true, lastError: expect.any(String) }]);
    },
  );

  test('cut at each byte of its last line, by a server that tells the length of what is left: refused at each', async () => {
    await fromOld();
    const last = 'c.localhost/listed\n';
    for (let missing = 1; missing < last.length; missing += 1) {
      const before = await count('truncated');
      given = [whole!, NEW.subarray(0, -missing), 1];
      await reload(proxy);
      expect([missing, (await count('truncated')) - before > 0, ...(await verdicts())]).toEqual([
        missing,
        true,
        403,
        200,
        200,
      ]);
    }
  });
});
