/**
 * Many questions in one connection to the control socket: after the request one line for each, and one line of JSON back for each,
 * in order, as they come.
 *
 *   request ─▶ head ─▶ line, line, … ─▶ turns of the control thread ─▶ answer, answer, … ─▶ end
 *
 * The control thread does other things, and shares its core with workers: it answers for a short while, then rests, and all
 * connections have one turn at a time. What waits is bounded: nothing is read while answers have not been taken. It must not know
 * what is asked.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Deadlines } from '../lib/deadlines.ts';
import { toldElsewhere } from '../lib/errors.ts';
import { throttledYield } from '../lib/pauses.ts';
import type { Time } from '../lib/time.ts';

/** Answers lines within one turn of the event loop; made anew for each. */
export type LineAnswers = () => (line: string) => unknown;

/** Characters. */
const MAX_LINE = 8192;
/** Lines that wait, and last for more than one turn: while there are as many nothing is read. */
const ENOUGH = 1000;
const TOO_LONG = { ok: false, code: 'usage', message: `a line has at most ${MAX_LINE} characters` };

/** Turns of the control thread: one at a time, with a rest before each. */
export class ThreadTurns {
  #last: Promise<unknown> = Promise.resolve();

  async take<Result>(work: () => Result): Promise<Result> {
    const mine = this.#last.then(async () => {
      await throttledYield();
      return work();
    });
    this.#last = toldElsewhere(mine);
    return await mine;
  }
}

interface Answering {
  readonly head: unknown;
  readonly answers: LineAnswers;
  readonly turns: ThreadTurns;
  readonly time: Time;
  readonly deadlines: Pick<Deadlines['control'], 'lineMs' | 'workMs'>;
}

/** @param first what has come after the request. It never rejects, and ends with the connection. */
export async function answerLines(socket: Socket, first: string, answering: Answering): Promise<void> {
  const { head, turns, deadlines } = answering;
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.setTimeout(deadlines.lineMs, () => socket.destroy());
  const lines = new WaitingLines();
  const answerAll = async (): Promise<void> => {
    while (lines.hasNext && !socket.destroyed) {
      const text = await turns.take(() => {
        // What has come since: a turn that answers few lines costs as much as one that answers many.
        if (lines.waiting < ENOUGH) lines.add(String(socket.read() ?? ''));
        return answered(lines, answering);
      });
      if (!socket.write(text)) await once(socket, 'drain', { signal: gone.signal });
    }
  };
  try {
    socket.write(`${JSON.stringify(head)}\n`);
    lines.add(first);
    await answerAll();
    // Node 26.12 destroys a socket that has come to its end otherwise, though it can still be written to.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      lines.add(String(chunk));
      await answerAll();
    }
    lines.end();
    await answerAll();
    socket.end();
    socket.destroySoon();
  } catch {
    // The other side has gone.
    socket.destroy();
  }
}

/** @returns the answers to as many lines as one turn has time for. */
function answered(lines: WaitingLines, { answers, time, deadlines }: Answering): string {
  const until = time.now() + deadlines.workMs;
  const answer = answers();
  let text = '';
  do {
    const line = lines.next();
    text += `${JSON.stringify(line.length > MAX_LINE ? TOO_LONG : answer(line))}\n`;
  } while (lines.hasNext && time.now() < until);
  return text;
}

/** Lines that have come and were not answered. Of one that is too long only as much is kept as shows that it is. */
class WaitingLines {
  #lines: string[] = [];
  #at = 0;
  #part = '';

  get waiting(): number {
    return this.#lines.length - this.#at;
  }

  get hasNext(): boolean {
    return this.waiting > 0;
  }

  add(text: string): void {
    const pieces = text.split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      this.#lines.push(this.#part + piece);
      this.#part = '';
    }
    this.#part = (this.#part + last).slice(0, MAX_LINE + 1);
  }

  /** The last line may have no end. */
  end(): void {
    if (this.#part !== '') this.#lines.push(this.#part);
    this.#part = '';
  }

  next(): string {
    const line = this.#lines[this.#at] ?? '';
    this.#at += 1;
    if (!this.hasNext) {
      this.#lines = [];
      this.#at = 0;
    }
    return line;
  }
}
