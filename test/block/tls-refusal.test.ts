/** The alert of a refused TLS connection: its bytes, and what real clients say to it. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { tlsRefusal } from '../../src/block/tls-refusal.ts';

test.each([
  [0x0300, '15030000020270'],
  [0x0301, '15030100020270'],
  [0x0302, '15030200020270'],
  [0x0303, '15030300020270'],
  [0x0304, '15030300020270'],
  [0x0404, '15030300020270'],
  [0x0000, '15030000020270'],
])('for the version %i: a fatal unrecognized_name in a record that it can read', (version, bytes) => {
  expect(tlsRefusal(version).toString('hex')).toBe(bytes);
});

describe('Node takes it for what it is', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', async (maxVersion) => {
    const server = createServer((socket) => {
      socket.on('data', () => socket.end(tlsRefusal(0x0303)));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', servername: 'a.example', maxVersion });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    server.close();
  });
});
