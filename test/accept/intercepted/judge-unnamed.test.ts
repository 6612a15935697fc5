/** Whom a connection without a name is judged by. In its place among the events: first-bytes.test.ts. */
import { expect, test } from '@jest/globals';
import { judgeUnnamed } from '../../../src/accept/intercepted/judge-unnamed.ts';
import { Stage } from '../stage.ts';

const list = '192.0.2.1\n192.0.2.2/page\n192.0.2.3:8080\n192.0.2.4 count\nlisted.example\n[2001:db8::1]';

test.each([
  ['192.0.2.1', 80, 'block'],
  ['192.0.2.2', 80, 'pass'],
  ['192.0.2.3', 80, 'pass'],
  ['192.0.2.3', 8080, 'block'],
  ['192.0.2.4', 80, 'count'],
  ['192.0.2.5', 80, 'pass'],
  ['[2001:db8::1]', 80, 'block'],
  ['no host', 80, 'refuse'],
  [null, 80, 'pass'],
])('%s, port %d: %s', (fallbackHost, port, action) => {
  expect(judged({ fallbackHost, port, isNamed: false })).toBe(action);
});

test('what CONNECT has named was judged then', () => {
  expect(judged({ fallbackHost: 'listed.example', port: 80, isNamed: true })).toBe('pass');
});

function judged(of: { fallbackHost: string | null; port: number; isNamed: boolean }): string {
  const { context, connection } = new Stage({ list });
  const originSide = {
    ...of,
    tlsOnly: false,
    notHttpAt: () => 'tunnel' as const,
    isTlsAt: () => false,
    clientField: 'none',
    isFromClientsPort: false,
    destination: () => null,
    connect: () => () => undefined,
  } as const;
  return judgeUnnamed(context.verdicts, connection, originSide).action;
}
