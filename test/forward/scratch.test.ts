import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Scratch } from '../../src/forward/scratch.ts';

const SIZE = 256;

/** What a socket shows of itself: whether the kernel takes what is written. */
class Sink {
  readonly taken: Buffer[] = [];
  /** What the stream holds: views, as it was given them. */
  readonly held: Buffer[] = [];
  isStalled = false;

  get writableLength(): number {
    return this.held.reduce((sum, buf) => sum + buf.length, 0);
  }

  write(buf: Buffer): boolean {
    if (this.isStalled) this.held.push(buf);
    else this.taken.push(Buffer.from(buf));
    return !this.isStalled;
  }

  get text(): string {
    return Buffer.concat([...this.taken, ...this.held]).toString('latin1');
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }
}

function compose(scratch: Scratch, text: string): void {
  scratch.begin().text(text);
}

async function turnEnds(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the output buffer of a thread', () => {
  test('writes now, or when the turn ends', async () => {
    const scratch = new Scratch(SIZE);
    const [now, later] = [new Sink(), new Sink()];
    compose(scratch, 'later');
    expect(scratch.length).toBe(5);
    scratch.sendLater(later.socket);
    compose(scratch, 'now');
    expect(scratch.length).toBe(3);
    scratch.send(now.socket);
    expect([now.text, later.text]).toEqual(['now', '']);
    await turnEnds();
    expect([now.text, later.text]).toEqual(['now', 'later']);
    expect(later.taken).toHaveLength(1);
  });

  test('what waits for a socket is settled before something else is written to it', () => {
    const scratch = new Scratch(SIZE);
    const [one, other] = [new Sink(), new Sink()];
    compose(scratch, 'first');
    scratch.sendLater(one.socket);
    scratch.settle(other.socket);
    expect(one.text).toBe('');
    scratch.settle(one.socket);
    expect(one.text).toBe('first');
  });

  test('who ends a socket waits for what is written to it, and for nothing else', () => {
    const scratch = new Scratch(SIZE);
    const [one, other] = [new Sink(), new Sink()];
    const events: string[] = [];
    compose(scratch, 'answer');
    scratch.sendLater(one.socket);
    scratch.afterwards(other.socket, () => events.push(`other: ${other.text}`));
    scratch.afterwards(one.socket, () => events.push(`one: ${one.text}`));
    expect(events).toEqual(['other: ']);
    scratch.flush();
    scratch.flush();
    expect(events).toEqual(['other: ', 'one: answer']);
  });

  test('no more than 32 messages wait', () => {
    const scratch = new Scratch(SIZE);
    const sinks = Array.from({ length: 40 }, () => new Sink());
    for (const [i, sink] of sinks.entries()) {
      compose(scratch, `message ${i}`);
      scratch.sendLater(sink.socket);
    }
    expect(sinks.map(({ text }) => text)).toEqual(sinks.map((_, i) => (i < 32 ? `message ${i}` : '')));
  });

  test('a message of the full size fits however much waits', () => {
    const scratch = new Scratch(100_000);
    const sinks = Array.from({ length: 10 }, () => new Sink());
    for (const [i, sink] of sinks.entries()) {
      compose(scratch, String(i).repeat(50_000));
      expect(scratch.room).toBeGreaterThanOrEqual(50_000);
      scratch.sendLater(sink.socket);
    }
    scratch.flush();
    expect(sinks.map(({ text }) => text)).toEqual(sinks.map((_, i) => String(i).repeat(50_000)));
  });

  test('room may grow while something waits', async () => {
    const scratch = new Scratch(SIZE);
    const [small, large] = [new Sink(), new Sink()];
    compose(scratch, 'small');
    scratch.sendLater(small.socket);
    scratch.reserve(200_000);
    compose(scratch, 'x'.repeat(200_000));
    scratch.sendLater(large.socket);
    await turnEnds();
    expect([small.text, large.text.length]).toEqual(['small', 200_000]);
  });

  test('in any order of messages, stalls and turns each socket gets its bytes once, in order, and what it holds is never written over', () => {
    const step = fc.record({
      sink: fc.integer({ min: 0, max: 4 }),
      length: fc.integer({ min: 1, max: SIZE }),
      later: fc.boolean(),
      stalls: fc.boolean(),
      turnEnds: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const scratch = new Scratch(SIZE);
        const sinks = Array.from({ length: 5 }, () => new Sink());
        const expected = sinks.map(() => '');
        for (const [i, { sink: at, length, later, stalls, turnEnds: ends }] of steps.entries()) {
          const sink = sinks[at]!;
          const text = String.fromCharCode(33 + (i % 90)).repeat(length);
          scratch.settle(sink.socket);
          // A stall ends by itself in the end only: what was held is compared then.
          sink.isStalled ||= stalls;
          compose(scratch, text);
          if (later) scratch.sendLater(sink.socket);
          else scratch.send(sink.socket);
          expected[at] += text;
          if (ends) scratch.flush();
        }
        scratch.flush();
        expect(sinks.map((sink) => sink.text)).toEqual(expected);
      }),
    );
  });
});
