/** What a client that believes it speaks to an origin may send at most, and framing that is none: refused before a byte of it goes on. */
import { describe, expect, test } from '@jest/globals';
import { BAD_CODINGS, BAD_LENGTHS, TWO_FRAMINGS } from '../cases/request-framing.ts';
import { statuses } from '../support/connection.ts';
import { show } from '../support/suite.ts';
import { OK } from '../support/upstream.ts';
import { expectBlocked, expectUntouched, told, type Intercepted, type Way } from './way.ts';

const LIST = 'http://listed.example/page?*\nlisted.example/dir/*\nlisted.example/bad%zz';
const BLOCKED = 'GET /page HTTP/1.1\r\nHost: listed.example\r\n\r\n';
const post = (fields: string): string => `POST / HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`;

/** Equal lengths are one to every server; the others of TWO_FRAMINGS are two. */
const isOneLength = (fields: string): boolean => {
  const values = [...fields.matchAll(/^content-length: (\d+)\r$/gim)].map(([, value]) => Number(value));
  return values.length > 1 && new Set(values).size === 1 && !/transfer-encoding: /i.test(fields);
};
/** A line that no server takes for a framing: what follows the head is another request, and is judged as one. */
const FRAMES_NOTHING: ReadonlySet<string> = new Set([
  'Transfer-Encoding chunked\r\n',
  'Content-Length 5\r\n',
  'Transfer Encoding: chunked\r\n',
]);

async function expectRefusedWith(where: Intercepted, status: number, bytes: string): Promise<void> {
  const received = await told(where, bytes);
  expect(statuses(received)).toEqual([status]);
  expect(received).toContain('\r\nConnection: close\r\n');
  expect(where.upstream.take()).toBe('');
}

export function boundsBehave(way: Way): void {
  describe('requirement 8, intercepted', () => {
    const where = way({ list: LIST });
    const request = (line: string, fields = ''): string => `${line} HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`;

    test.each([8000, 16 * 1024])('a request line of %d bytes travels as it is', async (size) => {
      await expectUntouched(where, request('GET /'.padEnd(size - ' HTTP/1.1'.length, 'a')), OK);
    });

    test('a longer one is 414, before it ends too', async () => {
      await expectRefusedWith(where, 414, request(`GET /${'a'.repeat(16 * 1024)}`));
      await expectRefusedWith(where, 414, `GET /${'a'.repeat(20_000)}`);
    });

    test('fields too many or too large: 431', async () => {
      await expectRefusedWith(where, 431, request('GET /', 'A: b\r\n'.repeat(128)));
      await expectRefusedWith(where, 431, request('GET /', `A: ${'b'.repeat(70_000)}\r\n`));
      await expectRefusedWith(where, 431, `GET / HTTP/1.1\r\nHost: a.example\r\nA: ${'b'.repeat(70_000)}`);
    });
  });

  describe('requirement 9, intercepted', () => {
    const where = way({ list: LIST });
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: listed.example\r\n\r\n`;

    // Of half an escape at its end uWSGI makes nothing.
    test.each(['/dir/%', '/dir/%zz', '/%64ir/%2', '/x%/../dir/%', '/bad%zz', '/bad%25zz', '/page?%zz', '/page%'])(
      '%s is blocked',
      async (path) => await expectBlocked(where, get(path)),
    );

    test.each(['/%', '/di%r/', '/other%', '/bad%zy'])('%s travels as it is', async (path) => {
      await expectUntouched(where, get(path), OK);
    });
  });

  describe('requirements 10 and 12, intercepted', () => {
    const where = way({ list: LIST });
    const all = [...BAD_LENGTHS, ...TWO_FRAMINGS, ...BAD_CODINGS.map(([lines]) => lines)];

    test('lengths and codings that are none, and two of them that differ, are refused, and nothing goes on', async () => {
      const wrong = all.filter((fields) => !isOneLength(fields) && !FRAMES_NOTHING.has(fields));
      const asked = wrong.map(async (fields) => ({
        fields: show(fields),
        refused: statuses(await told(where, `${post(fields)}hello${BLOCKED}`)).join(),
      }));
      const answers = await Promise.all(asked);
      expect(answers.length).toBeGreaterThan(100);
      expect(answers.filter(({ refused }) => refused !== '400' && refused !== '501')).toEqual([]);
      expect(where.upstream.take()).toBe('');
    });

    test.each([...FRAMES_NOTHING].map((fields) => ({ name: show(fields), fields })))(
      '$name frames nothing: what comes behind is judged',
      async ({ fields }) => {
        const { upstream } = where;
        const received = await told(where, post(fields) + BLOCKED);
        expect(statuses(received)).toEqual([200, 403]);
        expect(upstream.take()).toBe(post(fields));
      },
    );
  });

  describe('requirement 60, intercepted', () => {
    const where = way({ list: LIST });

    test('a host of more than 1,000 bytes, and lists of more elements than are read, are refused', async () => {
      for (const host of ['.'.repeat(1001), `${'.'.repeat(1000)}a.example`, `%${'25'.repeat(7000)}61`])
        await expectRefusedWith(where, 400, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      for (const field of ['Connection', 'Upgrade'])
        await expectRefusedWith(
          where,
          400,
          `GET / HTTP/1.1\r\nHost: a.example\r\n${field}: ${','.repeat(129)}\r\n\r\n`,
        );
    });

    test('a host of 1,000 bytes is looked at', async () => {
      const padded = `${'.'.repeat(1000 - 'listed.example'.length)}listed.example`;
      await expectBlocked(where, `GET /page HTTP/1.1\r\nHost: ${padded}\r\n\r\n`);
    });
  });
}
