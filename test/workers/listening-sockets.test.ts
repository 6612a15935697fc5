import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { listeningSockets } from '../../src/workers/listening-sockets.ts';
import { formatAddress } from '../../src/lib/prefix.ts';

/** At other addresses of the port another process may listen, meanwhile too. */
async function seen(port: number, own: string): Promise<string[]> {
  return (await listeningSockets())
    .filter((socket) => socket.port === port)
    .map(({ address }) => formatAddress(address))
    .filter((address) => address === own);
}

test.each(['127.0.0.1', '127.1.2.3', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'])(
  'a socket that listens on %s is seen until it closes',
  async (address) => {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const own = address.replace('::ffff:', '');
    expect(await seen(port, own)).toEqual([own]);
    await new Promise((resolve) => server.close(resolve));
    expect(await seen(port, own)).toEqual([]);
  },
);
