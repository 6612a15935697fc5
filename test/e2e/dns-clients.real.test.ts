/**
 * To whom lists apply where names are asked for, and what stands before what: clients that are exempt or have a policy, break-glass, days
 * that are over, aliases. In the whole process, with a real BIND behind it.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { queryBytes, type QueryParts } from '../support/dns-queries.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { startNamed, type Named } from '../support/named.ts';
import { describeWith } from '../support/programs.ts';
import { DNSPYTHON, readByDnspython, type ReadMessage } from '../support/python-dns.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';

const ZONE = `
$ORIGIN example.
steered A 192.0.2.1
steered AAAA 2001:db8::1
steered HTTPS 1 . alpn=h2
steered MX 10 mail
vanity CNAME steered
refuge CNAME bad
bad A 192.0.2.2
bad MX 10 mail
below.bad A 192.0.2.3
both A 192.0.2.4
over A 192.0.2.5
pupil A 192.0.2.6
fine A 192.0.2.9
`;
const LISTS = {
  national: {
    text: [
      'steered.example/x/* steer',
      'bad.example dns',
      'both.example dns steer',
      'both.example/x steer',
      'over.example dns steer expires=2026-01-01',
      '*.fine.example dns steer',
    ]
      .map((line) => `${line}\n`)
      .join(''),
    status: 451 as const,
  },
  school: { text: 'pupil.example dns\n', optIn: true },
  exceptions: { text: 'fine.example reason="by mistake" expires=2099-12-31\n', action: 'allow' as const },
};
const EXEMPT = '127.0.0.7';
const PUPIL = '127.0.0.8';

describeWith(['named', DNSPYTHON])('who asks, and for what', () => {
  let resolver: Named;
  let front: ProxyProcess;

  beforeAll(async () => {
    resolver = await startNamed({ example: ZONE });
    front = await startProxy({
      lists: LISTS,
      config: {
        listeners: [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] }],
        resolver: { answers: { block: 'nodata', steer: { a: ['198.51.100.7/32'] } } },
        exempt: { clients: [EXEMPT] },
        policies: [{ name: 'pupils', clients: [PUPIL], lists: ['school', 'exceptions'] }],
      },
    });
  });

  afterAll(async () => {
    await front.stop();
    await resolver[Symbol.asyncDispose]();
  });

  const STEERED = { answers: ['198.51.100.7'], reasons: [] };
  const BLOCKED = { answers: [], reasons: [16] };
  const of = (
    ...answers: readonly string[]
  ): { readonly answers: readonly string[]; readonly reasons: readonly number[] } => ({
    answers,
    reasons: [],
  });
  const cases: readonly {
    readonly name: string;
    readonly ask: QueryParts;
    readonly from?: string;
    readonly want: { readonly answers: readonly string[]; readonly reasons: readonly number[] };
  }[] = [
    { name: 'a steered host', ask: { name: 'steered.example' }, want: STEERED },
    { name: 'in mixed case', ask: { name: 'sTeErEd.ExAmPlE' }, want: STEERED },
    {
      name: 'its other family, which the filter does not have',
      ask: { name: 'steered.example', qtype: 28 },
      want: of(),
    },
    { name: 'its HTTPS record', ask: { name: 'steered.example', qtype: 65 }, want: of() },
    { name: 'its mail', ask: { name: 'steered.example', qtype: 15 }, want: of('10 mail.example.') },
    { name: 'an alias of it', ask: { name: 'vanity.example' }, want: of('steered.example.', '192.0.2.1') },
    { name: 'a blocked host', ask: { name: 'bad.example' }, want: BLOCKED },
    { name: 'its mail', ask: { name: 'bad.example', qtype: 15 }, want: BLOCKED },
    { name: 'a name below it', ask: { name: 'below.bad.example' }, want: of('192.0.2.3') },
    { name: 'an alias of it', ask: { name: 'refuge.example' }, want: of('bad.example.', '192.0.2.2') },
    { name: 'one that is blocked and steered', ask: { name: 'both.example' }, want: BLOCKED },
    { name: 'one whose last day is over', ask: { name: 'over.example' }, want: of('192.0.2.5') },
    { name: 'one that an exception holds for', ask: { name: 'fine.example' }, want: of('192.0.2.9') },
    { name: 'nobody’s list but a policy’s', ask: { name: 'pupil.example' }, want: of('192.0.2.6') },
    {
      name: 'a blocked host, signatures asked for',
      ask: { name: 'bad.example', edns: { size: 1232, do: true } },
      want: BLOCKED,
    },
    { name: 'an exempt client, blocked', ask: { name: 'bad.example' }, from: EXEMPT, want: of('192.0.2.2') },
    { name: 'an exempt client, steered', ask: { name: 'steered.example' }, from: EXEMPT, want: of('192.0.2.1') },
    { name: 'a policy’s client', ask: { name: 'pupil.example' }, from: PUPIL, want: { answers: [], reasons: [17] } },
    {
      name: 'a policy’s client, of a list that it has not',
      ask: { name: 'bad.example' },
      from: PUPIL,
      want: of('192.0.2.2'),
    },
  ];
  test.each(cases)('$name', async ({ ask, from, want }) => {
    expect(seen(await asked(front.port, ask, from))).toEqual(want);
  });

  test('in break-glass nobody is refused or steered, and afterwards they are again', async () => {
    const both = async (): Promise<unknown> => [
      seen(await asked(front.port, { name: 'bad.example' })),
      seen(await asked(front.port, { name: 'steered.example' })),
    ];
    const bypass = async (...words: readonly string[]): Promise<void> => {
      const said = await cleanfeed(['ctl', 'bypass', ...words, '-c', front.file('cleanfeed.yaml')]);
      expect(said).toMatchObject({ code: 0 });
    };
    // Workers look once a second.
    const become = async (want: unknown): Promise<void> => {
      await eventually('they are', both, (got) => isDeepStrictEqual(got, want));
    };
    await bypass('on', '--for', '10m');
    await become([of('192.0.2.2'), of('192.0.2.1')]);
    await bypass('off');
    await become([BLOCKED, STEERED]);
  });
});

async function asked(port: number, parts: QueryParts, from = '127.0.0.1'): Promise<ReadMessage> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  const query = queryBytes({ ...parts, edns: parts.edns ?? { size: 1232 } });
  const came = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(query, port, '127.0.0.1');
  const [answer] = await came;
  socket.close();
  // The question comes back letter by letter, whoever answers.
  const end = 12 + (query.indexOf(0, 12) - 12) + 5;
  expect(answer.subarray(12, end)).toEqual(query.subarray(12, end));
  return readByDnspython([answer])[0]!;
}

function seen({ fault, rcode, answer, reasons }: ReadMessage): unknown {
  expect([fault, rcode]).toEqual([undefined, 0]);
  return { answers: answer.map(({ text }) => text), reasons };
}
