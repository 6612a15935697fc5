/** A download in the middle: the head and the first three bytes of the body have come. */
import type { Origin, OriginConnection } from './origin.ts';
import type { RawClient } from './raw-client.ts';

/** @param length of the body, in bytes. @returns the origin's end, which has sent `abc`. */
export async function beginDownload(client: RawClient, origin: Origin, length = 6): Promise<OriginConnection> {
  client.request(`http://localhost:${origin.port}/`);
  const server = await origin.connection();
  await server.head();
  server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nabc`);
  await client.reader.until('abc');
  return server;
}
