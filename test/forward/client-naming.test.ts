/** Which origins are told whose connection it is, and in which words. */
import { expect, test } from '@jest/globals';
import { ClientNaming } from '../../src/forward/client-naming.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { parsePrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';
import { readProxyHeader } from '../../src/wire/proxy-header.ts';

interface Opened {
  readonly socket: { readonly remoteAddress: string | undefined; readonly remotePort: number };
  namesClient: boolean;
  readonly written: Buffer[];
  writeNow(bytes: Buffer): void;
}

function opened(remoteAddress: string | undefined): Opened {
  const written: Buffer[] = [];
  return {
    socket: { remoteAddress, remotePort: 80 },
    namesClient: false,
    written,
    writeNow: (bytes) => written.push(bytes),
  };
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

function begun(version: 1 | 2, remoteAddress: string | undefined, address: string): Opened & { sent: number } {
  const connection = opened(remoteAddress);
  const naming = new ClientNaming({ to: [prefix('198.51.100.0/28'), prefix('2001:db8:1::/48')], version });
  const asker = { client: { address, prefix: address, maxConnections: 1 }, clientPort: 4711 };
  return {
    ...connection,
    sent: naming.begin(connection as unknown as UpstreamConnection, asker),
    namesClient: connection.namesClient,
  };
}

test.each([
  { origin: '198.51.100.1', client: '192.0.2.7', want: 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n' },
  { origin: '::ffff:198.51.100.1', client: '192.0.2.7', want: 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n' },
  { origin: '2001:db8:1::1', client: '2001:db8::7', want: 'PROXY TCP6 2001:db8::7 2001:db8:1::1 4711 80\r\n' },
  { origin: '198.51.100.1', client: '2001:db8::7', want: 'PROXY TCP6 2001:db8::7 ::ffff:c633:6401 4711 80\r\n' },
  { origin: '2001:db8:1::1', client: '192.0.2.7', want: 'PROXY TCP6 ::ffff:c000:207 2001:db8:1::1 4711 80\r\n' },
])('$origin is told of $client', ({ origin, client, want }) => {
  const text = begun(1, origin, client);
  expect(Buffer.concat(text.written).toString()).toBe(want);
  expect([text.sent, text.namesClient]).toEqual([want.length, true]);
  const binary = begun(2, origin, client);
  expect(readProxyHeader(Buffer.concat(binary.written), 4096)).toMatchObject({
    source: { address: client, port: 4711 },
    length: binary.sent,
  });
});

test.each(['198.51.100.16', '192.0.2.7', '2001:db8:2::1', undefined])('%s is told nothing', (origin) => {
  const { written, sent, namesClient } = begun(2, origin, '192.0.2.7');
  expect([written, sent, namesClient]).toEqual([[], 0, false]);
});
