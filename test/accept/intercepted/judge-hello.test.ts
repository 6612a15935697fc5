/** What becomes of the names in a ClientHello: the table of requirement 28, without a connection. */
import { describe, expect, test } from '@jest/globals';
import { judgeHello } from '../../../src/accept/intercepted/judge-hello.ts';
import type { OriginSide } from '../../../src/accept/intercepted/origin-side.ts';
import { VERDICT } from '../../../src/observe/counters.ts';
import { ClientHello } from '../../../src/wire/client-hello.ts';
import { helloFor } from '../../support/reference/made-hello.ts';
import { Stage } from '../stage.ts';

const LIST = [
  'listed.example',
  '*.below.example',
  'paths.example/page',
  'both.example/page',
  'both.example',
  'port.example:8443',
  '192.0.2.66',
  '[2001:db8::66]',
  'counted.example count',
].join('\n');

interface Case {
  readonly name: string;
  readonly asks: readonly string[];
  readonly want: string;
  readonly counted?: keyof typeof VERDICT | null;
  readonly isUnenforceable?: boolean;
}

function judged(asks: readonly string[], originSide: Partial<OriginSide>, exempt = false) {
  const stage = new Stage({ list: LIST });
  const bytes = helloFor(...asks);
  const hello = new ClientHello();
  hello.begin(0, bytes.length);
  hello.parse(bytes, bytes.length);
  const { listener } = stage.connection;
  const decision = judgeHello(
    stage.context.verdicts,
    { client: { exempt, policy: null }, listener },
    {
      fallbackHost: '192.0.2.80',
      isNamed: false,
      tlsOnly: false,
      port: 443,
      notHttpAt: () => 'tunnel',
      isTlsAt: () => true,
      clientField: 'none',
      isFromClientsPort: false,
      destination: () => null,
      connect: () => () => {},
      ...originSide,
    },
    hello,
  );
  const hits = stage.trace.lines.filter((line) => line.startsWith('hit')).length;
  const { action, counted, facts, isUnenforceable } = decision;
  return { action, counted, host: facts?.host ?? null, isUnenforceable, hits };
}

function expectJudged(
  { asks, want, counted = 'pass', isUnenforceable = false }: Case,
  originSide: Partial<OriginSide>,
): void {
  const code = counted === null ? null : VERDICT[counted];
  expect(judged(asks, originSide)).toMatchObject({ action: want, counted: code, isUnenforceable });
}

describe('where the address connected to stands in', () => {
  const cases: readonly Case[] = [
    { name: 'a host on no list', asks: ['other.example'], want: 'pass' },
    { name: 'a listed host', asks: ['listed.example'], want: 'block', counted: 'block' },
    { name: 'a host below a listed one', asks: ['a.b.below.example'], want: 'block', counted: 'block' },
    { name: 'the parent of a listed host', asks: ['example'], want: 'pass' },
    { name: 'a host that only counts', asks: ['counted.example'], want: 'pass', counted: 'count' },
    { name: 'a host listed on another port', asks: ['port.example'], want: 'pass' },
    { name: 'a host with listed paths', asks: ['paths.example'], want: 'pass', isUnenforceable: true },
    { name: 'a listed host with listed paths', asks: ['both.example'], want: 'block', counted: 'block' },
    { name: 'upper case', asks: ['LISTED.Example'], want: 'block', counted: 'block' },
    { name: 'a dot behind it', asks: ['listed.example.'], want: 'block', counted: 'block' },
    { name: 'a port behind it', asks: ['listed.example:443'], want: 'block', counted: 'block' },
    { name: 'something else behind a colon', asks: ['listed.example:x:y'], want: 'block', counted: 'block' },
    { name: 'NUL behind it', asks: ['listed.example\0'], want: 'refuse', counted: 'refuse' },
    {
      name: 'NUL and another name behind it',
      asks: ['listed.example\0.other.example'],
      want: 'refuse',
      counted: 'refuse',
    },
    { name: 'a space in it', asks: ['listed example'], want: 'refuse', counted: 'refuse' },
    { name: 'bytes that are no text', asks: ['\xff\xfe'], want: 'refuse', counted: 'refuse' },
    { name: 'a name longer than any', asks: ['n'.repeat(60_000)], want: 'refuse', counted: 'refuse' },
    { name: 'a listed IPv4 address', asks: ['192.0.2.66'], want: 'block', counted: 'block' },
    { name: 'a listed IPv6 address', asks: ['2001:db8::66'], want: 'block', counted: 'block' },
    { name: 'a listed IPv6 address in brackets', asks: ['[2001:db8::66]'], want: 'block', counted: 'block' },
    { name: 'an IPv6 address', asks: ['2001:db8::67'], want: 'pass' },
    { name: 'two names, the first listed', asks: ['listed.example', 'other.example'], want: 'block', counted: 'block' },
    {
      name: 'two names, the second listed',
      asks: ['other.example', 'listed.example'],
      want: 'block',
      counted: 'block',
    },
    { name: 'a listed name and none', asks: ['a\0', 'listed.example'], want: 'block', counted: 'block' },
    { name: 'two names, one counts', asks: ['other.example', 'counted.example'], want: 'pass', counted: 'count' },
    { name: 'two names, one is none', asks: ['other.example', 'a\0'], want: 'refuse', counted: 'refuse' },
    { name: 'no name', asks: [], want: 'pass' },
    { name: 'an empty name', asks: [''], want: 'pass' },
  ];
  test.each(cases)('$name', (one) => expectJudged(one, {}));

  test('no name: that address is judged', () => {
    expectJudged({ name: '', asks: [], want: 'block', counted: 'block' }, { fallbackHost: '192.0.2.66' });
  });

  test('a name: that address is not', () => {
    expectJudged({ name: '', asks: ['other.example'], want: 'pass' }, { fallbackHost: '192.0.2.66' });
  });

  test('the first name says where it goes', () => {
    expect(judged(['A.example.', 'b.example'], {})).toMatchObject({ host: 'a.example' });
    expect(judged([], {})).toMatchObject({ host: '192.0.2.80' });
  });

  test('entries with a port are compared with that of the origin', () => {
    expectJudged({ name: '', asks: ['port.example'], want: 'block', counted: 'block' }, { port: 8443 });
  });
});

describe('where nobody stands in', () => {
  test('no name: nobody is asked for', () => {
    expect(judged([], { fallbackHost: null })).toMatchObject({ action: 'pass', host: null });
  });
});

describe('inside CONNECT', () => {
  const inside = (fallbackHost: string, tlsOnly = false): Partial<OriginSide> => ({
    fallbackHost,
    isNamed: true,
    tlsOnly,
  });

  test('what CONNECT has named is neither judged nor counted twice', () => {
    expect(judged(['Counted.example'], inside('counted.example'))).toMatchObject({ counted: null, hits: 0 });
    expect(judged([], inside('counted.example'))).toMatchObject({ counted: null, hits: 0 });
    expect(judged(['paths.example'], inside('paths.example'))).toMatchObject({ counted: null, isUnenforceable: true });
  });

  test('in whatever spelling', () => {
    expect(judged(['counted.example'], inside('Counted.Example.'))).toMatchObject({ counted: null, hits: 0 });
  });

  test('another host is judged, and counted where that changes the verdict', () => {
    expectJudged({ name: '', asks: ['other.example'], want: 'pass', counted: null }, inside('first.example'));
    expectJudged({ name: '', asks: ['listed.example'], want: 'block', counted: 'block' }, inside('first.example'));
    expectJudged({ name: '', asks: ['counted.example'], want: 'pass', counted: 'count' }, inside('first.example'));
  });

  test('where only TLS for that host is permitted, another one is refused', () => {
    expectJudged(
      { name: '', asks: ['other.example'], want: 'refuse', counted: 'refuse' },
      inside('first.example', true),
    );
    expectJudged(
      { name: '', asks: ['listed.example'], want: 'block', counted: 'block' },
      inside('first.example', true),
    );
    expectJudged({ name: '', asks: ['FIRST.example.'], want: 'pass', counted: null }, inside('first.example', true));
    expectJudged(
      { name: '', asks: ['first.example', 'other.example'], want: 'refuse', counted: 'refuse' },
      inside('first.example', true),
    );
    expectJudged({ name: '', asks: [], want: 'pass', counted: null }, inside('first.example', true));
    expectJudged({ name: '', asks: ['first.example'], want: 'refuse', counted: 'refuse' }, inside('192.0.2.1', true));
  });
});

test('who is exempt is not judged, and nothing is unenforceable for him', () => {
  expect(judged(['listed.example'], {}, true)).toMatchObject({ action: 'pass', hits: 0 });
  expect(judged(['paths.example'], {}, true)).toMatchObject({ action: 'pass', isUnenforceable: false });
});
