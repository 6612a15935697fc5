/**
 * A client that sends exactly the bytes it is given and takes answers apart without being kind: framing is followed to
 * the letter, and an answer that is cut short is an error.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { SocketReader } from './socket-reader.ts';

export interface RawResponse {
  readonly status: number;
  readonly statusLine: string;
  /** By lower-case name; several lines of one name are joined by `, `. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly reader: SocketReader;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new SocketReader(socket);
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** A whole request for `url` without a body; further field lines end with CRLF. */
  request(
    url: string,
    options: { readonly method?: string; readonly fields?: string; readonly version?: string } = {},
  ): void {
    const { method = 'GET', fields = '', version = 'HTTP/1.1' } = options;
    this.send(`${method} ${url} ${version}\r\nHost: ${new URL(url).host}\r\n${fields}\r\n`);
  }

  /** The next answer, interim ones (1xx) included. `bodiless`: it answers HEAD, or is the 200 of a CONNECT. */
  async response({ bodiless = false } = {}): Promise<RawResponse> {
    const head = (await this.reader.until('\r\n\r\n')).toString('latin1').slice(0, -4);
    const [statusLine = '', ...lines] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(`${statusLine} `)?.[1] ?? Number.NaN);
    const fields = fieldsOf(lines);
    const hasBody = !bodiless && status >= 200 && status !== 204 && status !== 304;
    return { status, statusLine, fields, body: hasBody ? await this.#body(fields) : Buffer.alloc(0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    await new Promise<void>((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.destroy();
    });
  }

  async #body(fields: ReadonlyMap<string, string>): Promise<Buffer> {
    if (fields.get('transfer-encoding') === 'chunked') return await this.#chunks();
    const length = fields.get('content-length');
    return length === undefined ? await this.reader.rest() : await this.reader.exactly(Number(length));
  }

  async #chunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt((await this.reader.until('\r\n')).toString('latin1'), 16);
      chunks.push(await this.reader.exactly(size));
      const end = await this.reader.until('\r\n');
      if (end.length !== 2) throw new Error(`a chunk is longer than its size line says: ${end.toString('latin1')}`);
      if (size === 0) return Buffer.concat(chunks);
    }
  }
}

/** `from`: the address it comes from; undefined: as the system chooses. */
export async function rawClient(port: number, host = '127.0.0.1', from?: string): Promise<RawClient> {
  const socket = connect({ port, host, allowHalfOpen: true, ...(from === undefined ? {} : { localAddress: from }) });
  await once(socket, 'connect');
  return new RawClient(socket);
}

function fieldsOf(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return fields;
}
