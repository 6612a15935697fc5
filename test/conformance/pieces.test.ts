/** The parts of the conformance run that it relies on without asking: exact bytes, answers told to their targets, shrinking. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { kindOf } from './breed.ts';
import { Filter, listTexts } from './filter.ts';
import { Generator } from './generator.ts';
import { NotCovered, PREDICATES, notCoveredRows } from './not-covered.ts';
import { FAMILIES } from './origins/all.ts';
import { hostOf } from './origins/origin.ts';
import { piecesOf } from './mutations.ts';
import { PipelinedClient } from './pipelined-client.ts';
import { readRegressions } from './regressions.ts';
import { readResponse } from './response.ts';
import { shrunk } from './shrink.ts';
import { bodyOf, PLAIN, routed, SERVED, servedBy } from './site.ts';
import { didOtherwise } from './through-proxy.ts';

const CONFIGURATIONS = FAMILIES.flatMap(({ configurations }) => configurations);

describe('targets', () => {
  test('the same seed gives the same, another gives others', () => {
    const first = (seed: number): string[] => {
      const generator = new Generator(seed);
      generator.learn('/q/../page');
      return Array.from({ length: 200 }, () => generator.next());
    };
    expect(first(7)).toEqual(first(7));
    expect(first(7)).not.toEqual(first(8));
  });

  test('each begins with a slash and holds no byte that would end the request line', () => {
    const generator = new Generator(1);
    generator.learn('/%2e%2e/%5cq;a/page');
    const targets = Array.from({ length: 20_000 }, () => generator.next());
    expect(targets.filter((target) => !/^\/[!-\u00ff]*$/.test(target))).toEqual([]);
  });

  test('pieces are escapes, however deep, and single characters', () => {
    expect(piecesOf('/%25252e%u002f;%2')).toEqual(['/', '%25252e', '%u002f', ';', '%', '2']);
  });

  test('two spellings of one trick are of one kind, two tricks are not', () => {
    expect(kindOf('/abc/%2e%2e/page?x')).toBe(kindOf('/q1/%2E%2e/deep'));
    expect(kindOf('/q/%252e%2e/page')).not.toBe(kindOf('/q/%2e%2e/page'));
  });
});

describe('answers', () => {
  test('content is known by its marker', () => {
    for (const served of SERVED) expect(servedBy(`<p>${bodyOf(served)}</p>`)).toBe(served);
    expect(servedBy('served: something else.')).toBeNull();
    expect(PLAIN.map(({ target }) => routed(target))).toEqual(PLAIN.map(({ served }) => served));
  });

  test.each([
    {
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP',
      atEnd: false,
      want: { status: 200, body: 'hi', length: 40, closes: false },
    },
    { text: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi', atEnd: true, want: null },
    {
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
      atEnd: false,
      want: { status: 200, body: 'hi', length: 59, closes: false },
    },
    {
      text: 'HTTP/1.1 404 No\r\nConnection: close\r\n\r\nbye',
      atEnd: true,
      want: { status: 404, body: 'bye', length: 41, closes: true },
    },
    { text: 'HTTP/1.1 404 No\r\nConnection: close\r\n\r\nbye', atEnd: false, want: null },
    { text: 'HTTP/1.1 304 No\r\n\r\n', atEnd: false, want: { status: 304, body: '', length: 19, closes: false } },
  ])('$text', ({ text, atEnd, want }) => {
    expect(readResponse(Buffer.from(text), atEnd)).toEqual(want);
  });

  test('are told to their targets, byte for byte, also where connections end in between and one target is never answered', async () => {
    const seen = new Set<string>();
    const server = createServer((socket) => {
      let text = '';
      let answers = 0;
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
          const target = text.slice(4, text.indexOf(' HTTP/1.1'));
          text = text.slice(end + 4);
          seen.add(target);
          if (target === '/silent' || answers === 5) return socket.destroy();
          answers += 1;
          const body = target.startsWith('/page') ? bodyOf('listed page') : 'nothing';
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        }
        return undefined;
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const targets = Array.from({ length: 100 }, (_, i) =>
      i === 40 ? '/silent' : `/${i % 3 === 0 ? 'page' : 'q'}%2E\\\u00e9//..;${i}`,
    );
    const answers = await new PipelinedClient({ port, host: 'x.localhost', connections: 3, depth: 4 }).ask(targets);
    server.close();
    expect(answers.map(({ served }) => served)).toEqual(
      targets.map((target) => (target.startsWith('/page') ? 'listed page' : null)),
    );
    expect(answers.flatMap(({ status }, i) => (status === 0 ? [i] : []))).toEqual([40]);
    expect([...seen].toSorted()).toEqual(targets.toSorted());
  });
});

test('a target is shortened as far as it still fails', async () => {
  const fails = (text: string): boolean => /^\/.*\.\.\/.*page/.test(text);
  const short = await shrunk('/q%5cy/x//%2541/../a;b/page%2fz?q', async (candidates) => candidates.find(fails) ?? null);
  expect(short).toBe('/../page');
});

describe('verdicts', () => {
  test('of the parts of a worker, for each configuration', async () => {
    const filter = await Filter.of(
      listTexts(CONFIGURATIONS.map((configuration) => ({ host: hostOf(configuration), fold: [] }))),
    );
    for (const configuration of CONFIGURATIONS) {
      const judged = (target: string): string => filter.judged(hostOf(configuration), 8080, target);
      expect(PLAIN.map(({ target }) => judged(target))).toEqual(
        PLAIN.map(
          ({ served }) =>
            ({ 'listed page': 'block', 'listed directory': 'block', allowed: 'allow', neighbour: 'pass' })[served],
        ),
      );
      expect(judged('/a b')).toBe('malformed');
    }
    expect(filter.judged('nobody.localhost', 80, '/page')).toBe('pass');
  });
});

describe('what is not covered', () => {
  const TEXT =
    '# A\n\n## Not covered\n\n| id | origins | targets | why |\n|---|---|---|---|\n| `path-info` | `php-*`, `lighttpd` | text | why |\n\n## B\n\n| `other` | `x` | | |\n';

  test('rows are read from the document', () => {
    expect(notCoveredRows(TEXT)).toEqual([{ id: 'path-info', origins: ['php-*', 'lighttpd'] }]);
    expect(notCoveredRows('# A\n')).toEqual([]);
  });

  test('each row of ours has its test, and each test its row', () => {
    expect(
      notCoveredRows()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(Object.keys(PREDICATES).toSorted());
    expect(() => new NotCovered([{ id: 'nobody wrote this', origins: ['*'] }])).toThrow('nobody wrote this');
  });

  test.each([
    { id: 'decoded-query', target: '/page%3fx', served: 'listed page', is: true },
    { id: 'decoded-query', target: '/dir/%3F/../x', served: 'listed directory', is: true },
    { id: 'decoded-query', target: '/page%23x', served: 'listed page', is: false },
    { id: 'decoded-query', target: '/page%253fx', served: 'listed page', is: false },
    { id: 'decoded-query', target: '/x%3f/page%3f', served: 'listed page', is: false },
    { id: 'decoded-query', target: '/page?%3f', served: 'listed page', is: false },
    { id: 'decoded-query', target: '/page%3fx', served: 'listed directory', is: false },
    { id: 'decoded-delimiter', target: '/page%20x', served: 'listed page', is: true },
    { id: 'decoded-delimiter', target: '/page%2523x', served: 'listed page', is: false },
  ] as const)('$id excuses $target as $served: $is', ({ id, target, served, is }) => {
    expect(PREDICATES[id]!(target, served)).toBe(is);
  });

  test('each names an origin that there is', () => {
    for (const { origins } of notCoveredRows())
      for (const pattern of origins) {
        const [front = '', back = ''] = pattern.split('*');
        expect(CONFIGURATIONS.some(({ name }) => name.startsWith(front) && name.endsWith(back))).toBe(true);
      }
  });
});

test.each([
  ['pass', 'passed', true],
  ['allow', 'passed', true],
  ['count', 'passed', true],
  ['block', 'blocked', true],
  ['refuse', 'refused', true],
  ['block', 'passed', false],
  ['refuse', 'passed', false],
  ['pass', 'blocked', false],
  ['block', 'refused', false],
] as const)('judged %s, and a real filter says %s', (judged, did, isSame) => {
  const otherwise = `nginx /x: judged ${judged}, the proxy said ${did}`;
  expect(didOtherwise('nginx', { target: '/x', judged }, did)).toBe(isSame ? null : otherwise);
});

test('regressions name origins that there are', () => {
  const names = new Set(CONFIGURATIONS.map(({ name }) => name));
  expect(readRegressions().filter(({ origin }) => !names.has(origin))).toEqual([]);
});
