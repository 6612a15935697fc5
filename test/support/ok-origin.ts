/** An origin that answers each request with the same two bytes, and the status that a proxy gives for one URL. */
import { startOrigin } from './origin.ts';
import type { Origin, OriginConnection } from './origin.ts';
import { rawClient } from './raw-client.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export async function startOkOrigin(): Promise<Origin> {
  return await startOrigin(answerAll);
}

/** Asks on a connection of its own. */
export async function statusOf(port: number, url: string): Promise<number> {
  await using client = await rawClient(port);
  client.request(url);
  return (await client.response()).status;
}

async function answerAll(connection: OriginConnection): Promise<void> {
  for (;;) {
    await connection.head();
    connection.send(OK);
  }
}
