import { expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import { LIST_ACTION } from '../../src/observe/counters.ts';
import { Judge } from '../../src/policy/judge.ts';
import { PASS, type Verdict } from '../../src/policy/verdict.ts';
import { HTTP, HTTPS, type AskedRequest, type Channel } from '../../src/verdict/channel.ts';
import { VerdictService, type Requester } from '../../src/verdict/verdict-service.ts';
import { entry, snapshotOf } from '../match/support.ts';

const ACTIONS = ['block', 'count', 'allow'] as const;
/** Of the counters: not in the order of the lists. */
const SLOTS = [7, 3, 5];
const ANYBODY: Requester = { client: { exempt: false, policy: null }, listener: { listMask: -1 } };

class Asking {
  readonly hits: string[] = [];
  refreshed = 0;
  readonly service: VerdictService;

  constructor() {
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(
      snapshotOf([
        [
          entry('page.example/listed', { list: 0, id: 1n }),
          entry('whole.example', { list: 0, id: 2n, expires: 10 }),
          entry('whole.example', { list: 1, id: 3n }),
          entry('port.example', { list: 0, id: 4n, port: 8080 }),
        ],
      ]),
    );
    const judge = new Judge(
      matcher,
      ACTIONS.map((action) => ({ action })),
    );
    this.service = new VerdictService({
      matcher,
      rules: { judge, slots: SLOTS },
      counter: { listHit: (slot, action) => this.hits.push(`${slot} ${action}`) },
      refresh: () => (this.refreshed += 1),
    });
    this.service.today = 10;
  }

  ask(channel: Channel, host: string, request: Partial<AskedRequest> = {}, requester = ANYBODY): Verdict | null {
    const facts = this.service.facts(host);
    const whole = { port: 80, target: () => '/', ...request };
    return facts === null ? null : this.service.ask(channel, facts, whole, requester);
  }
}

const listed = { target: () => '/listed' };
const mustNotRead = {
  target: (): string => {
    throw new Error('no list has to see the path');
  },
};

test('a request of which the URL is seen is judged by all of it', () => {
  const asking = new Asking();
  expect(asking.ask(HTTP, 'page.example', listed)).toMatchObject({ action: 'block', entry: 1n });
  expect(asking.ask(HTTP, 'page.example')).toBe(PASS);
});

test('where only the host is seen, the path is not asked for', () => {
  const asking = new Asking();
  expect(asking.ask(HTTPS, 'page.example', mustNotRead)).toBe(PASS);
  expect(asking.ask(HTTPS, 'whole.example', mustNotRead)?.action).toBe('block');
  expect(asking.ask(HTTPS, 'port.example', { ...mustNotRead, port: 8080 })?.action).toBe('block');
  expect(asking.ask(HTTPS, 'port.example', { ...mustNotRead, port: 443 })).toBe(PASS);
});

test('every list that matched is counted, in the slot of its own and by what it does', () => {
  const asking = new Asking();
  asking.ask(HTTP, 'whole.example');
  expect(asking.hits.toSorted()).toEqual([`3 ${LIST_ACTION.count}`, `7 ${LIST_ACTION.block}`]);
});

test('the lists are those of the listener', () => {
  const asking = new Asking();
  const requester = { ...ANYBODY, listener: { listMask: 0b010 } };
  expect(asking.ask(HTTP, 'whole.example', {}, requester)?.action).toBe('count');
  expect(asking.hits).toEqual([`3 ${LIST_ACTION.count}`]);
});

test('expiry dates are compared with the day that the thread has set', () => {
  const asking = new Asking();
  asking.service.today = 11;
  expect(asking.ask(HTTP, 'whole.example')?.action).toBe('count');
});

test.each([
  { name: 'a client that is exempt', requester: { ...ANYBODY, client: { exempt: true, policy: null } }, bypass: false },
  { name: 'everybody while the break-glass is on', requester: ANYBODY, bypass: true },
])('$name passes, unread and uncounted', ({ requester, bypass }) => {
  const asking = new Asking();
  asking.service.bypass = bypass;
  expect(asking.ask(HTTP, 'page.example', mustNotRead, requester)).toBe(PASS);
  expect(asking.hits).toEqual([]);
});

test.each([
  { name: 'none: the lists of the listener', policy: null, listMask: 0b001, want: 'block' },
  { name: 'none, of a listener without that list', policy: null, listMask: 0b110, want: 'pass' },
  { name: 'with the list', policy: { listMask: 0b001 }, listMask: 0, want: 'block' },
  { name: 'with other lists', policy: { listMask: 0b110 }, listMask: 0b001, want: 'pass' },
  { name: 'without a list', policy: { listMask: 0 }, listMask: 0b111, want: 'pass' },
])('the policy of a client, $name', ({ policy, listMask, want }) => {
  const asking = new Asking();
  const requester = { client: { exempt: false, policy }, listener: { listMask } };
  expect(asking.ask(HTTP, 'page.example', listed, requester)?.action).toBe(want);
  expect(asking.hits).toHaveLength(want === 'block' ? 1 : 0);
});

test('a host that no list knows passes without its path being read', () => {
  expect(new Asking().ask(HTTP, 'unlisted.example', mustNotRead)).toBe(PASS);
});

test('each look-up first takes over what is newer, whether or not it is a host', () => {
  const asking = new Asking();
  asking.ask(HTTP, 'unlisted.example');
  expect(asking.ask(HTTP, '[')).toBeNull();
  expect(asking.refreshed).toBe(2);
});
