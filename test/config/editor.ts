/** An editor as a language server sees it: messages of JSON-RPC, each behind its length, over a pipe. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly Mark[];
    readonly items?: readonly unknown[];
  };
}

export interface Mark {
  readonly range: { readonly start: { readonly line: number } };
  readonly message: string;
}

const SETTINGS = { yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false } } };

export class Editor {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #marks = new Map<string, (marks: readonly Mark[]) => void>();
  #received = Buffer.alloc(0);
  #asked = 0;

  constructor(server: ChildProcessWithoutNullStreams) {
    this.#server = server;
    server.stdout.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      for (let message = this.#next(); message !== null; message = this.#next()) this.#take(message);
    });
  }

  async begin(): Promise<void> {
    const textDocument = { hover: { contentFormat: ['markdown'] } };
    await this.ask('initialize', { processId: null, rootUri: null, capabilities: { textDocument } });
    this.#send({ method: 'initialized', params: {} });
    this.#send({ method: 'workspace/didChangeConfiguration', params: { settings: SETTINGS } });
  }

  /** Opens the file with that text. @returns what is marked in it. */
  async marks(file: string, text: string): Promise<readonly Mark[]> {
    const uri = pathToFileURL(file).href;
    const marks = new Promise<readonly Mark[]>((resolve) => this.#marks.set(uri, resolve));
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    return await marks;
  }

  async ask(method: string, params: object): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    return await answer;
  }

  async end(): Promise<void> {
    const ended = once(this.#server, 'exit');
    this.#server.kill();
    await ended;
  }

  #next(): Message | null {
    const head = this.#received.indexOf('\r\n\r\n');
    const length = Number(/Content-Length: (\d+)/.exec(this.#received.subarray(0, Math.max(0, head)).toString())?.[1]);
    const end = head + 4 + length;
    if (head === -1 || this.#received.length < end) return null;
    const message = JSON.parse(this.#received.subarray(head + 4, end).toString()) as Message;
    this.#received = this.#received.subarray(end);
    return message;
  }

  #take({ id, method, result, params }: Message): void {
    if (method === 'textDocument/publishDiagnostics') this.#marks.get(params?.uri ?? '')?.(params?.diagnostics ?? []);
    else if (method !== undefined && id !== undefined)
      this.#send({ id, result: params?.items?.map(() => SETTINGS.yaml) ?? null });
    else if (id !== undefined) this.#answers.get(id)?.(result);
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }
}
