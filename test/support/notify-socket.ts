/** The service manager's end of sd_notify(3): a datagram socket that keeps what it is told. */
import koffi from 'koffi';
import { eventually } from './eventually.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MAX_BYTES = 4096;
const POLL_MS = 5;

const library = koffi.load(null);
const socket = library.func('int socket(int, int, int)');
const bind = library.func('int bind(int, const uint8_t *, uint32_t)');
const recv = library.func('long recv(int, _Out_ uint8_t *, size_t, int)');
const close = library.func('int close(int)');

export class NotifySocket implements Disposable {
  readonly path: string;
  /** Each message as its assignments. */
  readonly messages: (readonly string[])[] = [];
  readonly #descriptor: number;
  #timer: NodeJS.Timeout | null = null;

  /** `path`: of a socket in the file system; shorter than 108 bytes. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number;
    const address = Buffer.concat([new Uint8Array(new Uint16Array([AF_UNIX]).buffer), Buffer.from(`${path}\0`)]);
    if (bind(this.#descriptor, address, address.length) !== 0) throw new Error(`bind: errno ${koffi.errno()}`);
    this.listen();
  }

  /** Takes what comes, as it does from the start. */
  listen(): void {
    this.#timer ??= setInterval(() => this.#receive(), POLL_MS);
  }

  /** Takes nothing: the queue of the socket fills up. */
  deaf(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** How often this assignment was made. */
  count(assignment: string): number {
    return this.messages.flat().filter((made) => made === assignment).length;
  }

  /** The first message, from position `from` on, with an assignment that begins so. */
  async message(start: string, from = 0): Promise<readonly string[]> {
    const find = (): readonly string[] | undefined =>
      this.messages.slice(from).find((message) => message.some((assignment) => assignment.startsWith(start)));
    return (await eventually(`${start} at the service manager`, find))!;
  }

  [Symbol.dispose](): void {
    this.deaf();
    close(this.#descriptor);
  }

  #receive(): void {
    const buffer = Buffer.alloc(MAX_BYTES);
    for (;;) {
      const length = Number(recv(this.#descriptor, buffer, buffer.length, MSG_DONTWAIT));
      if (length < 0) return;
      this.messages.push(buffer.toString('utf8', 0, length).trimEnd().split('\n'));
    }
  }
}
