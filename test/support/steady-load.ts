/**
 * Steady load through a proxy, checked request by request: clients that keep their connection and clients that open a new
 * one for each request, each waiting for its answer before it asks again. Every request has a path of its own that the
 * origin's answer repeats, so that an answer which belongs to another request is a failure too.
 *
 * A request on a kept connection that is closed before a byte of the answer has come is sent once more on a new one, as
 * clients do (RFC 9112 §9.3.1); that is counted apart.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rawClient } from './raw-client.ts';
import type { RawClient, RawResponse } from './raw-client.ts';

export interface EchoOrigin extends AsyncDisposable {
  readonly port: number;
}

/** Answers with the path it was asked for. */
export async function startEchoOrigin(): Promise<EchoOrigin> {
  const server = createServer((request, response) => response.end(request.url));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface LoadResult {
  readonly requests: number;
  /** Connections that were opened. */
  readonly connections: number;
  readonly retried: number;
  readonly failures: readonly string[];
}

export interface LoadOptions {
  readonly port: number;
  readonly originPort: number;
  /** Clients that keep their connection, and that do not. */
  readonly keeping?: number;
  readonly fresh?: number;
  /** Milliseconds between two requests of a client: most kept connections are idle most of the time. 0 unless told. */
  readonly pauseMs?: number;
}

const LISTED = '/listed';

export class SteadyLoad {
  readonly #options: LoadOptions;
  readonly #clients: Promise<void>[];
  readonly #failures: string[] = [];
  #requests = 0;
  #connections = 0;
  #retried = 0;
  #isStopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { keeping = 6, fresh = 4 } = options;
    this.#clients = Array.from(
      { length: keeping + fresh },
      async (_, index) => await this.#client(index, index < keeping),
    );
  }

  /** Answers so far that were right. */
  get requests(): number {
    return this.#requests;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Resolves when that many more requests have been answered. */
  async more(requests: number): Promise<void> {
    const goal = this.#requests + requests;
    while (this.#requests < goal && this.#failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async stop(): Promise<LoadResult> {
    this.#isStopped = true;
    await Promise.all(this.#clients);
    return {
      requests: this.#requests,
      connections: this.#connections,
      retried: this.#retried,
      failures: this.#failures,
    };
  }

  async #client(index: number, keeps: boolean): Promise<void> {
    let client: RawClient | null = null;
    for (let number = 0; !this.#isStopped; number++) {
      // Every third is for a page that is listed all the time.
      const path = number % 3 === 2 ? LISTED : `/${index}/${number}`;
      try {
        client = await this.#exchange(client, path);
      } catch (error) {
        this.#failures.push(`${path}: ${String(error)}`);
        await client?.[Symbol.asyncDispose]();
        client = null;
      }
      if (this.#options.pauseMs !== undefined) await pause(this.#options.pauseMs);
      if (keeps) continue;
      await client?.[Symbol.asyncDispose]();
      client = null;
    }
    await client?.[Symbol.asyncDispose]();
  }

  /** The connection to go on with; null: the answer was the last on it. */
  async #exchange(kept: RawClient | null, path: string): Promise<RawClient | null> {
    const client = kept ?? (await this.#connect());
    try {
      return await this.#ask(client, path);
    } catch (error) {
      if (kept === null || client.reader.unread.length > 0) throw error;
      this.#retried += 1;
      await client[Symbol.asyncDispose]();
      return await this.#ask(await this.#connect(), path);
    }
  }

  async #ask(client: RawClient, path: string): Promise<RawClient | null> {
    client.request(`http://origin.localhost:${this.#options.originPort}${path}`);
    const response = await client.response();
    check(response, path);
    this.#requests += 1;
    if (response.fields.get('connection') !== 'close') return client;
    await client[Symbol.asyncDispose]();
    return null;
  }

  async #connect(): Promise<RawClient> {
    this.#connections += 1;
    return await rawClient(this.#options.port);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function check({ status, body }: RawResponse, path: string): void {
  if (path === LISTED) {
    if (status !== 403) throw new Error(`the listed page was answered with ${status}`);
  } else if (status !== 200 || body.toString() !== path) {
    throw new Error(`answered with ${status} ${body.toString('latin1', 0, 60)}`);
  }
}
