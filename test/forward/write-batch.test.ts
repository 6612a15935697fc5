import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WriteBatch, type BatchedOutput } from '../../src/forward/write-batch.ts';

const SIZE = 256;

/** A socket's output: whether the kernel takes what is written. */
class Sink implements BatchedOutput {
  waitsIn: WriteBatch | null = null;
  readonly taken: Buffer[] = [];
  /** What the stream holds: views, as it was given them. */
  readonly held: Buffer[] = [];
  isStalled = false;

  get unsent(): number {
    return this.held.reduce((sum, buf) => sum + buf.length, 0);
  }

  writeNow(bytes: Buffer): void {
    if (this.isStalled) this.held.push(bytes);
    else this.taken.push(Buffer.from(bytes));
  }

  batchWritten(): void {
    // Nothing waits for it.
  }

  get text(): string {
    return Buffer.concat([...this.taken, ...this.held]).toString('latin1');
  }
}

function compose(batch: WriteBatch, text: string): void {
  batch.begin().text(text);
}

async function turnEnds(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the write batch of a thread', () => {
  test('writes now, or when the turn ends', async () => {
    const batch = new WriteBatch(SIZE);
    const [now, later] = [new Sink(), new Sink()];
    compose(batch, 'later');
    expect(batch.length).toBe(5);
    batch.sendLater(later);
    expect([now.waitsIn, later.waitsIn]).toEqual([null, batch]);
    compose(batch, 'now');
    expect(batch.length).toBe(3);
    batch.send(now);
    expect([now.text, later.text]).toEqual(['now', '']);
    await turnEnds();
    expect([now.text, later.text]).toEqual(['now', 'later']);
    expect(later.taken).toHaveLength(1);
  });

  test('no more than 32 messages wait', () => {
    const batch = new WriteBatch(SIZE);
    const sinks = Array.from({ length: 40 }, () => new Sink());
    for (const [i, sink] of sinks.entries()) {
      compose(batch, `message ${i}`);
      batch.sendLater(sink);
    }
    expect(sinks.map(({ text }) => text)).toEqual(sinks.map((_, i) => (i < 32 ? `message ${i}` : '')));
  });

  test('a message of the full size fits however much waits', () => {
    const batch = new WriteBatch(100_000);
    const sinks = Array.from({ length: 10 }, () => new Sink());
    for (const [i, sink] of sinks.entries()) {
      compose(batch, String(i).repeat(50_000));
      expect(batch.capacity).toBeGreaterThanOrEqual(50_000);
      batch.sendLater(sink);
    }
    batch.flush();
    expect(sinks.map(({ text }) => text)).toEqual(sinks.map((_, i) => String(i).repeat(50_000)));
  });

  test('messages may grow while something waits', async () => {
    const batch = new WriteBatch(SIZE);
    const [small, large] = [new Sink(), new Sink()];
    compose(batch, 'small');
    batch.sendLater(small);
    batch.reserve(200_000);
    compose(batch, 'x'.repeat(200_000));
    batch.sendLater(large);
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
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const batch = new WriteBatch(SIZE);
        const sinks = Array.from({ length: 5 }, () => new Sink());
        const expected = sinks.map(() => '');
        for (const [i, { sink: at, length, later, stalls, turnEnds: ends }] of steps.entries()) {
          const sink = sinks[at]!;
          const text = String.fromCharCode(33 + (i % 90)).repeat(length);
          if (sink.waitsIn !== null) batch.flush();
          // A stall ends by itself in the end only: what was held is compared then.
          sink.isStalled ||= stalls;
          compose(batch, text);
          if (later) batch.sendLater(sink);
          else batch.send(sink);
          expected[at] += text;
          if (ends) batch.flush();
        }
        batch.flush();
        expect(sinks.map((sink) => sink.text)).toEqual(expected);
      }),
    );
  });
});
