/** Which resolvers are asked while configurations follow one another faster than sockets open; which one next, over UDP and TCP. */
import { expect, test } from '@jest/globals';
import type { DatagramEnd, Datagrams, DatagramSocket } from '../../src/dns-front/datagrams/datagrams.ts';
import { RandomNumbers } from '../../src/dns-front/random-numbers.ts';
import { Upstreams } from '../../src/dns-front/upstreams.ts';
import { eventually } from '../support/eventually.ts';

const TERMS = { count: 2, lifeMs: 60_000, waitMs: 5000, receiveBuffer: 65_536 };
const end = (last: number): DatagramEnd => ({ address: `192.0.2.${last}`, port: 53 });

/** Sockets that open when the test lets them. */
class SlowDatagrams {
  readonly open = new Map<DatagramSocket, DatagramEnd>();
  readonly #waiting: (() => void)[] = [];

  noWayTo = '';
  fault = 'ENETUNREACH';

  async connect(to: DatagramEnd): Promise<DatagramSocket> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (to.address === this.noWayTo) throw Object.assign(new Error(this.fault), { code: this.fault });
    const socket = {
      start: () => {},
      setReceiveBuffer: (bytes: number) => bytes,
      newDrops: () => 1,
      close: () => void this.open.delete(socket),
    } as unknown as DatagramSocket;
    this.open.set(socket, to);
    return socket;
  }

  async letAll(until: Promise<unknown>): Promise<void> {
    const letting = setInterval(() => this.#waiting.shift()?.(), 1);
    await until.finally(() => clearInterval(letting));
  }

  get places(): readonly string[] {
    return [...this.open.values()].map(({ address }) => address).toSorted();
  }
}

function upstreamsOf(datagrams: SlowDatagrams): Upstreams {
  return new Upstreams({
    datagrams: datagrams as unknown as Datagrams,
    random: new RandomNumbers(),
    events: () => ({ received: () => {}, afterRead: () => {}, unreachable: () => {} }),
  });
}

test('of two configurations at once the later one is in force, and no socket of the other is left', async () => {
  const datagrams = new SlowDatagrams();
  const upstreams = upstreamsOf(datagrams);
  await datagrams.letAll(
    Promise.all([[end(1), end(2)], [end(3)], [end(3), end(1)]].map((ends) => upstreams.use(ends, TERMS, 0))),
  );
  expect(upstreams.first()?.at).toEqual(end(3));
  upstreams.sweep(TERMS, 3 * TERMS.waitMs);
  expect(datagrams.places).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.3', '192.0.2.3']);
});

test('what was being opened while it was closed is closed too', async () => {
  const datagrams = new SlowDatagrams();
  const upstreams = upstreamsOf(datagrams);
  const opening = upstreams.use([end(1)], TERMS, 0);
  upstreams.close();
  await datagrams.letAll(opening);
  expect(datagrams.places).toEqual([]);
});

test('over TCP one that was silent is passed over and probed, and down over UDP is not down over TCP', async () => {
  const datagrams = new SlowDatagrams();
  const upstreams = upstreamsOf(datagrams);
  await datagrams.letAll(upstreams.use([end(1), end(2)], TERMS, 0));
  const [first, second] = [upstreams.anotherStream(0), upstreams.anotherStream(1)];
  expect([first?.at, second?.at]).toEqual([end(1), end(2)]);
  if (first === null || second === null) throw new Error('there are two');
  upstreams.markStreamDown(first, 100);
  expect(upstreams.anotherStream(0)).toBe(second);
  expect(upstreams.first()).toBe(first);
  expect(upstreams.streamToProbe(500)).toBeNull();
  expect(upstreams.streamToProbe(1100)).toBe(first);
  expect(upstreams.streamToProbe(1200)).toBeNull();
  upstreams.markDown(second, 0);
  expect(upstreams.anotherStream(0)).toBe(second);
  expect(upstreams.anotherStream(2)).toBe(first);
  expect(upstreams.anotherStream(3)).toBeNull();
});

test('one that failed once, and that nobody has asked since, is not told to be down for ever', async () => {
  const datagrams = new SlowDatagrams();
  const upstreams = upstreamsOf(datagrams);
  await datagrams.letAll(upstreams.use([end(1), end(2)], TERMS, 0));
  const [first, second] = [upstreams.anotherStream(0)!, upstreams.anotherStream(1)!];
  upstreams.markStreamDown(first, 0);
  upstreams.markDown(second, 0);
  expect(upstreams.down(0)).toEqual({ udp: 1, tcp: 1 });
  const later = 240_000;
  expect(upstreams.down(later)).toEqual({ udp: 1, tcp: 1 });
  // It is asked again, and says nothing again.
  expect(upstreams.toProbe(later)).toBe(second);
  expect(upstreams.down(2 * later)).toEqual({ udp: 1, tcp: 0 });
  expect(upstreams.streamToProbe(2 * later)).toBe(first);
  expect(upstreams.down(2 * later)).toEqual({ udp: 1, tcp: 1 });
});

test('one to which there is no way is not asked and counts as down, and is asked when its ports can be opened', async () => {
  const datagrams = new SlowDatagrams();
  datagrams.noWayTo = '192.0.2.1';
  const upstreams = upstreamsOf(datagrams);
  await datagrams.letAll(upstreams.use([end(1), end(2), end(3)], TERMS, 0));
  expect(upstreams.first()?.at).toEqual(end(2));
  expect([upstreams.another(0)?.at, upstreams.another(0b110)]).toEqual([end(2), null]);
  expect(upstreams.down(1e9)).toEqual({ udp: 1, tcp: 0 });
  upstreams.markDown(upstreams.first()!, 0);
  upstreams.markDown(upstreams.first()!, 0);
  expect(upstreams.first()?.at).toEqual(end(2));

  datagrams.noWayTo = '';
  upstreams.sweep(TERMS, 250);
  await datagrams.letAll(eventually('it has a port', () => upstreams.first()?.at.address === '192.0.2.1'));
});

test('another fault than that of the way is told', async () => {
  const datagrams = new SlowDatagrams();
  datagrams.noWayTo = '192.0.2.1';
  datagrams.fault = 'EMFILE';
  await expect(datagrams.letAll(upstreamsOf(datagrams).use([end(1)], TERMS, 0))).rejects.toThrow('EMFILE');
});
