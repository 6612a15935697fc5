/** Heap snapshots of every thread of a process that was started with `--inspect`, as an attacker on the machine would take them. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

type Send = (message: string) => void;

/** One thread that speaks the inspector's protocol. */
class Target {
  readonly #send: Send;
  readonly #answers = new Map<number, () => void>();
  readonly #chunks: string[] = [];
  #last = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  receive({ id, method, params }: Message): void {
    if (method === 'HeapProfiler.addHeapSnapshotChunk') this.#chunks.push(String(params?.['chunk']));
    if (id !== undefined) this.#answers.get(id)?.();
  }

  async call(method: string, params: Record<string, unknown> = {}): Promise<void> {
    this.#last += 1;
    const id = this.#last;
    const answered = new Promise<void>((resolve) => this.#answers.set(id, resolve));
    this.#send(JSON.stringify({ id, method, params }));
    await answered;
  }

  async snapshot(): Promise<string> {
    await this.call('HeapProfiler.takeHeapSnapshot');
    return this.#chunks.join('');
  }
}

/**
 * @param url as Node prints it: `ws://127.0.0.1:PORT/…`.
 * @returns the main thread's first, then those of its workers.
 */
export async function heapSnapshots(url: string): Promise<readonly string[]> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 30 });
  await once(socket, 'open');
  const main = new Target((text) => socket.send(text));
  const workers = new Map<string, Target>();
  const toWorker =
    (sessionId: string): Send =>
    (message) =>
      void main.call('NodeWorker.sendMessageToWorker', { sessionId, message });
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message;
    const sessionId = String(message.params?.['sessionId']);
    if (message.method === 'NodeWorker.attachedToWorker') workers.set(sessionId, new Target(toWorker(sessionId)));
    else if (message.method === 'NodeWorker.receivedMessageFromWorker')
      workers.get(sessionId)?.receive(JSON.parse(String(message.params?.['message'])) as Message);
    else main.receive(message);
  });
  // Those that run already are told of before it answers.
  await main.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const snapshots = [await main.snapshot()];
  for (const worker of workers.values()) snapshots.push(await worker.snapshot());
  socket.close();
  return snapshots;
}
