/**
 * How bytes come to a server: directly; or through a whole `serve` with one list of one name, by CONNECT, and on a transparent listener with the rules that
 * are shipped, in a network of namespaces, by IPv4 and by IPv6.
 */
import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { startProxy } from '../../support/proxy-process.ts';
import { Resources } from '../../support/resources.ts';
import type { ListTexts } from '../filter.ts';
import { servedLists } from '../served-lists.ts';
import { TransparentNetwork } from '../transparent-network.ts';
import { LISTED } from './generator.ts';

export interface Way {
  readonly name: string;
  /** A connection to the server at that port of 127.0.0.1. Half-open is allowed. */
  connect(port: number): Promise<Socket>;
}

export const DIRECT: Way = { name: 'direct', connect: async (port) => await connected(port) };

const TEXTS: ListTexts = { block: `${LISTED}\n`, allow: '# none\n' };
/** What a server that is never told the end waits for ends soon. One address asks for the same entry all the time. */
const CONFIG = { timeouts: { clientHello: '1s' }, brake: { differentHits: 0 } };

export interface Ways extends AsyncDisposable {
  readonly ways: readonly Way[];
  /** Why there is no transparent one; null: there is. */
  readonly missing: string | null;
}

export async function openWays(ports: readonly number[]): Promise<Ways> {
  const resources = new Resources();
  try {
    const proxy = resources.use(
      await startProxy({ config: { ...CONFIG, connect: { ports } }, lists: servedLists(TEXTS) }),
    );
    const missing = TransparentNetwork.whyNot();
    const network = missing === null ? resources.use(await TransparentNetwork.create(ports, TEXTS, CONFIG)) : null;
    const transparent = (['ipv4', 'ipv6'] as const).map((family) => ({
      name: `transparent, ${family}`,
      connect: async (port: number) => await network!.connect(port, family),
    }));
    return {
      ways: [
        { name: 'CONNECT', connect: async (port) => await tunnel(proxy.port, port) },
        ...(network === null ? [] : transparent),
      ],
      missing,
      [Symbol.asyncDispose]: async () => await resources.end(),
    };
  } catch (error) {
    await resources.end();
    throw error;
  }
}

async function connected(port: number): Promise<Socket> {
  const socket = dial({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function tunnel(proxyPort: number, port: number): Promise<Socket> {
  const socket = await connected(proxyPort);
  socket.write(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 200 ')) throw new Error(`CONNECT was answered with ${String(answer)}`);
  return socket;
}
