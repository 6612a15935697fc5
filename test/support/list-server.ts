/**
 * A server of lists over HTTPS: a real nginx with the certificate for `localhost`, whose answer a test switches between by
 * files that are there or not. A process trusts it by `environment`.
 */
import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CERTIFICATE, PRIVATE_KEY } from './localhost-certificate.ts';
import { startNginx } from './nginx.ts';
import type { Nginx } from './nginx.ts';

/** Beside the list itself: 200, or 304 where it has not changed. */
const NGINX_ANSWERS = {
  moved: 'return 301 https://other.example/list.txt;',
  found: 'return 302 https://other.example/list.txt;',
  notFound: 'return 404;',
  broken: 'return 500;',
  busy: 'return 503;',
  encoded: 'add_header Content-Encoding gzip;',
  /** No answer at all: the connection is closed. */
  hungUp: 'return 444;',
} as const;

export type NginxAnswer = keyof typeof NGINX_ANSWERS;

const LONG_AGO = 1_790_000_000;

export class ListServer implements AsyncDisposable {
  readonly #nginx: Nginx;
  #answer: NginxAnswer | null = null;
  /** Of the list that is served, in seconds since the epoch. */
  #writtenAt = LONG_AGO;

  static async start(text: string): Promise<ListServer> {
    const answers = Object.entries(NGINX_ANSWERS).map(
      ([name, directive]) => `if (-f $document_root/${name}) { ${directive} }`,
    );
    const server = new ListServer(
      await startNginx({
        server: `location = /list.txt { ${answers.join(' ')} }`,
        files: { 'certificate.pem': CERTIFICATE },
        tls: { certificate: CERTIFICATE, key: PRIVATE_KEY },
      }),
    );
    server.serve(text);
    return server;
  }

  constructor(nginx: Nginx) {
    this.#nginx = nginx;
  }

  get url(): string {
    return `https://localhost:${this.#nginx.port}/list.txt`;
  }

  get environment(): Readonly<Record<string, string>> {
    return { NODE_EXTRA_CA_CERTS: join(this.#nginx.root, 'certificate.pem') };
  }

  /** From now on this is the list, and it is given. It was written long ago, and each in a second of its own, by which nginx tells them apart. */
  serve(text: string | Buffer): void {
    const fresh = join(this.#nginx.root, 'list.new');
    writeFileSync(fresh, text);
    this.#writtenAt += 1;
    utimesSync(fresh, this.#writtenAt, this.#writtenAt);
    renameSync(fresh, join(this.#nginx.root, 'list.txt'));
    this.say(null);
  }

  /** As `serve`, but it is being written now: nginx does not tell it from another one of this length in this second. */
  serveJustNow(text: string): void {
    writeFileSync(join(this.#nginx.root, 'list.txt'), text);
  }

  /** From now on that is the answer; null: the list. */
  say(answer: NginxAnswer | null): void {
    if (this.#answer !== null) rmSync(join(this.#nginx.root, this.#answer));
    if (answer !== null) writeFileSync(join(this.#nginx.root, answer), '');
    this.#answer = answer;
  }

  async stop(): Promise<void> {
    await this.#nginx.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
