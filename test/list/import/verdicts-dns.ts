/** Whether a real resolver leads to the addresses of names, or refuses them; and a name server that knows an address for every name. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { askAll } from '../../support/dns-batch.ts';
import { queryBytes } from '../../support/dns-queries.ts';
import { ADDRESSES } from './comparison.ts';

/** The address that every name has in the world. */
export const WORLD = '198.51.100.7';
const WORLD_BYTES = Buffer.from(WORLD.split('.').map(Number));
const HEADER = 12;

export interface WorldServer extends AsyncDisposable {
  readonly port: number;
}

/** A name is refused where its address is not the one that it has in the world, whatever is said instead. */
export async function refusedByName(port: number): Promise<boolean[]> {
  const hosts = [...new Set(ADDRESSES.map(({ url }) => new URL(url).hostname))];
  const refused = new Map<string, boolean>();
  const queries = hosts.map((name) => queryBytes({ name }));
  await askAll(port, queries, (index, answer) => {
    refused.set(hosts[index] ?? '', !answer.subarray(HEADER).includes(WORLD_BYTES));
  });
  return ADDRESSES.map(({ url }) => refused.get(new URL(url).hostname) === true);
}

/** Answers A with WORLD, all else with nothing. */
export async function startWorld(): Promise<WorldServer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, HEADER) + 5;
    const isA = query.readUInt16BE(end - 4) === 1;
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x85, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.concat([Buffer.from([0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]), WORLD_BYTES]);
    socket.send(
      Buffer.concat([header, query.subarray(HEADER, end), ...(isA ? [record] : [])]),
      from.port,
      from.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
