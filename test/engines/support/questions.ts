/** Many questions over UDP without a process each, and answers read to the bytes of their records. Names in the data of MX and CNAME are read out. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodedName } from '../../support/dns-server.ts';

export interface Reply {
  /** 0: NOERROR, 3: NXDOMAIN; -1: none came. */
  readonly code: number;
  /** `type data` of the answer section, sorted. */
  readonly records: readonly string[];
}

const RESEND_MS = 1500;
const NONE: Reply = { code: -1, records: [] };
const [CNAME, MX] = [5, 15];

export class Questions implements Disposable {
  readonly #socket: Socket;
  readonly #patienceMs: number;
  readonly #waiting = new Map<number, (message: Buffer | null) => void>();
  #id = 0;

  private constructor(socket: Socket, patienceMs: number) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    socket.on('message', (answer) => this.#waiting.get(answer.readUInt16BE(0))?.(answer));
    // A resolver that is not there yet: the question runs into its time-out.
    socket.on('error', () => {});
  }

  static async to(port: number, patienceMs = 2000): Promise<Questions> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Questions(socket, patienceMs);
  }

  async ask(name: string, type = 1): Promise<Reply> {
    const id = this.#freeId();
    const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    const question = Buffer.concat([head, encodedName(name), Buffer.from([type >> 8, type & 255, 0, 1])]);
    const send = (): void => this.#socket.send(question);
    const timer = setTimeout(resolve, this.#patienceMs, null);
    // A datagram may be lost, and is sent again as any client does.
    const again = setInterval(send, RESEND_MS);
    this.#waiting.set(id, resolve);
    send();
    const message = await promise;
    clearTimeout(timer);
    clearInterval(again);
    this.#waiting.delete(id);
    return message === null ? NONE : read(message);
  }

  /** One that no question has which still waits: those that were lost wait while the ids go all the way round. */
  #freeId(): number {
    do this.#id = (this.#id + 1) & 0xffff;
    while (this.#waiting.has(this.#id));
    return this.#id;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

function read(message: Buffer): Reply {
  const records: string[] = [];
  let at = nameAt(message, 12).end + 4;
  for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
    at = nameAt(message, at).end;
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 8);
    records.push(`${type} ${data(message, type, at + 10, length)}`);
    at += 10 + length;
  }
  return { code: message.readUInt8(3) & 15, records: records.toSorted((one, other) => one.localeCompare(other)) };
}

function data(message: Buffer, type: number, at: number, length: number): string {
  if (type === CNAME) return nameAt(message, at).name;
  if (type === MX) return `${message.readUInt16BE(at)} ${nameAt(message, at + 2).name}`;
  return message.toString('hex', at, at + length);
}

/** With pointers (RFC 1035 §4.1.4) followed. */
function nameAt(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let end = 0;
  for (let at = start; ;) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) {
      end ||= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
      continue;
    }
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: end || at + 1 };
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
}
