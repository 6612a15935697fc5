/**
 * Questions for a listed host that are odd in every way we know, through the DNS front before each of four real resolvers: whatever a resolver makes of
 * one, nobody learns the address of a listed host from it. Knot Resolver answers any opcode as a query.
 *
 *   question ─▶ front ─▶ BIND, PowerDNS, Unbound, Knot Resolver ─▶ Knot, where listed hosts have addresses of their own
 */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { askAll } from '../support/dns-batch.ts';
import { optRecord, queryBytes, words, type QueryParts } from '../support/dns-queries.ts';
import { encodedName } from '../support/dns-server.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Engine } from './support/engine.ts';
import { PLAIN_RESOLVERS } from './support/plain-resolvers.ts';
import { startUpstream } from './support/upstream.ts';

const [BLOCKED, STEERED] = ['198.51.100.66', '198.51.100.67'];
const ZONE = [
  'www A 198.51.100.10',
  `blocked A ${BLOCKED}`,
  `*.blocked A ${BLOCKED}`,
  `blocked HTTPS 1 . ipv4hint=${BLOCKED}`,
  `*.blocked HTTPS 1 . ipv4hint=${BLOCKED}`,
  `steered A ${STEERED}`,
  `steered HTTPS 1 . ipv4hint=${STEERED}`,
  `steered SVCB 1 . ipv4hint=${STEERED}`,
  `_8443._https.steered HTTPS 1 . ipv4hint=${STEERED}`,
];
const LIST = '*.blocked.example dns\nsteered.example steer\n';
const HOSTS = ['blocked.example', 'steered.example', 'STEERED.eXample'];
const TYPE = { a: 1, svcb: 64, https: 65 } as const;
const QUESTION_END = words(TYPE.a, 1);

const label = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1');
/** A message of which only the counts say that it is one. */
const counted = (counts: readonly number[], ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([words(1, 0x0100, ...counts), ...parts]);

/** Names below a blocked one, in wire form, that no host of a URL has, or as long as may be. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  'a blank': ['a b'],
  'a NUL': ['\0'],
  'a dot in a label': ['www.x'],
  'an escape of a master file': [String.raw`a\046b`],
  'UTF-8': ['\u00C3\u00A4'],
  'an ASCII form of nothing': ['xn--a'],
  'a star': ['*'],
  'the longest label': ['n'.repeat(63)],
  'the longest name': ['n'.repeat(63), 'n'.repeat(63), 'n'.repeat(63), 'n'.repeat(45)],
  'the longest name, with a blank alone': [' ', 'n'.repeat(63), 'n'.repeat(63), 'n'.repeat(63), 'n'.repeat(43)],
  'as many labels as may be': Array.from({ length: 119 }, () => 'n'),
};

type Named = readonly [string, Buffer];

function questionsFor(name: string): readonly Named[] {
  const named = (what: string, parts: Omit<QueryParts, 'name'>): Named => [
    `${name} ${what}`,
    queryBytes({ name, ...parts }),
  ];
  return [
    ...[0, 1, 2, 3, 6, 7, 15].map((opcode) => named(`opcode ${opcode}`, { flags: 0x0100 | (opcode << 11) })),
    ...[0, 2, 3, 4, 254, 255, 256, 0x8001].map((qclass) => named(`class ${qclass}`, { qclass })),
    ...[0, 0x0130, 0x0340, 0x05_8f].map((flags) => named(`flags ${flags}`, { flags })),
    ...[TYPE.svcb, TYPE.https].map((qtype) => named(`type ${qtype}`, { qtype })),
    named('EDNS 0, DO', { edns: { size: 0, do: true } }),
    named('EDNS 1', { edns: { size: 1232, version: 1 } }),
    named('an option that is cut off', { edns: { size: 1232, options: words(8, 100) } }),
  ];
}

const QUESTIONS: ReadonlyMap<string, Buffer> = new Map<string, Buffer>([
  ...HOSTS.flatMap(questionsFor),
  ...Object.entries(BELOW).flatMap(([what, labels]) =>
    [TYPE.a, TYPE.https].map((qtype): Named => [
      `${what} below, type ${qtype}`,
      queryBytes({ name: Buffer.concat([...labels.map(label), encodedName('blocked.example')]), qtype }),
    ]),
  ),
  ['HTTPS of a port', queryBytes({ name: '_8443._https.steered.example', qtype: TYPE.https })],
  [
    'two questions',
    counted([2, 0, 0, 0], encodedName('www.example'), QUESTION_END, encodedName('blocked.example'), QUESTION_END),
  ],
  [
    'a pointer to what is behind',
    counted([1, 0, 0, 0], Buffer.from([0xc0, 18]), QUESTION_END, encodedName('blocked.example')),
  ],
  [
    'a name that goes on behind',
    counted([1, 0, 0, 0], label('blocked'), Buffer.from([0xc0, 26]), QUESTION_END, encodedName('example')),
  ],
  [
    'a label of another kind',
    counted([1, 0, 0, 0], Buffer.from([0x41, 8, 0xff]), encodedName('blocked.example'), QUESTION_END),
  ],
  [
    'an answer in it',
    counted(
      [1, 1, 0, 0],
      encodedName('blocked.example'),
      QUESTION_END,
      Buffer.from('c00c000100010000003c0004c6336401', 'hex'),
    ),
  ],
  [
    'two OPT',
    counted(
      [1, 0, 0, 2],
      encodedName('blocked.example'),
      QUESTION_END,
      optRecord({ size: 1232 }),
      optRecord({ size: 1232 }),
    ),
  ],
]);

const GIVES_AWAY = [BLOCKED, STEERED].map((address) => Buffer.from(address.split('.').map(Number)));

/** @returns the questions whose answers hold the address of a listed host. */
async function givenAway(port: number, questions = QUESTIONS): Promise<readonly string[]> {
  const found: string[] = [];
  const asked = [...questions];
  await askAll(
    port,
    asked.map(([, message]) => message),
    (index, answer) => {
      if (GIVES_AWAY.some((address) => answer.includes(address))) found.push(asked[index]?.[0] ?? '');
    },
  );
  return found;
}

describe.each(Object.entries(PLAIN_RESOLVERS))('before %s', (name, { program, start }) => {
  describeWith(['knotd', 'dig', program])('odd questions', () => {
    const directory = temporaryDirectory();
    const stack = new AsyncDisposableStack();
    let front: ProxyProcess;
    let plain = 0;

    beforeAll(async () => {
      const zones = stack.use(await startUpstream(directory.path, { example: ZONE }));
      const folder = directory.file(name);
      mkdirSync(folder);
      plain = await freePort();
      const resolver: Engine = await start(folder, { plain, proxied: await freePort(), upstream: zones.port });
      stack.use(resolver);
      const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [`127.0.0.1:${plain}`] };
      front = stack.use(
        await startProxy({
          lists: { names: LIST },
          config: { listeners: [dns], resolver: { answers: { steer: { a: ['203.0.113.1'] } } } },
        }),
      );
    });
    afterAll(async () => {
      await stack.disposeAsync();
      directory[Symbol.dispose]();
    });

    test('without the front, the plain one does', async () => {
      const plainly = new Map([['plain', queryBytes({ name: 'blocked.example' })]]);
      expect(await givenAway(plain, plainly)).toEqual(['plain']);
    });

    test('none gives away the address of a listed host', async () => {
      expect(await givenAway(front.port)).toEqual([]);
    });
  });
});
