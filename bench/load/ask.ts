/**
 * One request through a proxy, for the checks before a measurement. It reads the whole body; it judges nothing.
 */
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { createHash } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
  readonly sha256: string;
  /** The client's port: equal in two answers if they came over one connection. */
  readonly connection: number;
}

export interface Question {
  readonly proxyPort: number;
  readonly host: string;
  readonly path: string;
  readonly agent?: Agent;
  readonly method?: string;
  readonly body?: Uint8Array;
}

/** Keeps one connection for several questions. */
export function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

export function ask({ proxyPort, host, path, agent, method = 'GET', body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = `http://${host}${path}`;
    const options = {
      host: '127.0.0.1',
      port: proxyPort,
      path: target,
      method,
      headers: body === undefined ? { host } : { host, 'content-length': body.length },
      agent: agent ?? false,
      timeout: 30_000,
    };
    const outgoing = request(options, (response) => {
      const hash = createHash('sha256');
      let bytes = 0;
      const connection = response.socket.localPort ?? 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        hash.update(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          sha256: hash.digest('hex'),
          connection,
        }),
      );
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${target}`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
