/** The one owner of a client's socket: the order of its bytes, back-pressure, and the end behind them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClientOutbox } from '../../src/forward/client-outbox.ts';
import type { OutputSource } from '../../src/forward/client-port.ts';
import { WriteBatch } from '../../src/forward/write-batch.ts';
import { DIRECTION } from '../../src/observe/counters.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { COUNTER_LAYOUT } from '../../src/workers/counter-slots.ts';
import { FakeSocket, Later, Trace } from '../support/fake-socket.ts';

class Desk {
  readonly trace = new Trace();
  readonly batch = new WriteBatch(1024);
  readonly socket: FakeSocket;
  readonly outbox: ClientOutbox;
  readonly #later = new Later();
  readonly #buffer = new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1));

  constructor() {
    this.socket = new FakeSocket('client', this.trace, this.#later);
    this.outbox = new ClientOutbox(this.socket.real, this.batch, dataCounters(COUNTER_LAYOUT, this.#buffer, 0));
  }

  get counted(): number {
    return new Float64Array(this.#buffer)[COUNTER_LAYOUT.places.bytes.start + DIRECTION.client_out] ?? 0;
  }

  later(text: string): void {
    this.outbox.compose().text(text);
    this.outbox.sendComposedLater();
  }

  settle(): void {
    this.#later.settle();
  }

  /** Something that is read from, and what became of it. */
  source(name: string, ownsBuffer = false): OutputSource {
    const note = (what: string) => (): void => this.trace.add(`${name} ${what}`);
    return { ownsBuffer, pause: note('paused'), resume: note('resumed'), shrinkBuffer: note('relaxed') };
  }

  readonly waiter = {
    outputFlushed: (): void => this.trace.add('flushed'),
    outputEnded: (): void => this.trace.add('told of the end'),
  };
}

describe('order', () => {
  const WAYS: readonly (readonly [string, (desk: Desk) => void])[] = [
    ['bytes as they are', ({ outbox }) => outbox.write(Buffer.from('2'))],
    ['text', ({ outbox }) => outbox.writeText('2')],
    ['what was relayed', (desk) => desk.outbox.relay(desk.source('origin'), Buffer.from('.2.'), 1, 2)],
    [
      'what was relayed from a buffer of its own',
      (desk) => desk.outbox.relay(desk.source('origin', true), Buffer.from('.2.'), 1, 2),
    ],
    ['what is composed', (desk) => desk.later('2')],
    ['the end', ({ outbox }) => outbox.end(false, null)],
    ['the end and the close', ({ outbox }) => outbox.endAndClose()],
    ['the close', ({ outbox }) => outbox.close()],
    ['the reset', ({ outbox }) => outbox.reset()],
  ];

  test.each(WAYS)('what waits in the batch goes before %s', (_, second) => {
    const desk = new Desk();
    desk.later('1');
    expect(desk.trace.lines).toEqual([]);
    second(desk);
    desk.batch.flush();
    expect(desk.trace.lines[0]).toMatch(/^client < 1/);
    expect(desk.trace.lines.join(' ')).toMatch(
      /^client < 12$|^client < 1 client (ended|destroyed|reset)( client destroyed)?$/,
    );
  });

  test('in any order of ways each byte comes once, in order, and is counted; nothing comes after the end', () => {
    const step = fc.constantFrom('write', 'text', 'relay', 'own', 'now', 'later', 'flush', 'stall', 'take');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, endsAt) => {
        const desk = new Desk();
        let expected = '';
        for (const [i, way] of steps.entries()) {
          const text = String.fromCharCode(97 + (i % 26));
          if (perform(desk, way, text)) expected += text;
          if (i === endsAt) break;
        }
        desk.outbox.end(false, null);
        desk.batch.flush();
        desk.socket.takeAll();
        desk.settle();
        const bytes = desk.trace.lines.filter((line) => line.startsWith('client < ')).map((line) => line.slice(9));
        expect(bytes.join('')).toBe(expected);
        expect(desk.counted).toBe(expected.length);
        expect(desk.trace.lines.at(-1)).toBe('client ended');
      }),
    );
  });

  /** @returns whether bytes were sent. */
  function perform(desk: Desk, way: string, text: string): boolean {
    const { outbox, batch, socket } = desk;
    const bytes = Buffer.from(text);
    if (way === 'write') outbox.write(bytes);
    else if (way === 'text') outbox.writeText(text);
    else if (way === 'relay') {
      outbox.relay(desk.source('origin'), bytes, 0, 1);
      bytes.fill('!');
    } else if (way === 'own') outbox.relay(desk.source('origin', true), bytes, 0, 1);
    else if (way === 'later') desk.later(text);
    else if (way === 'now') {
      outbox.compose().text(text);
      outbox.sendComposed();
    } else {
      if (way === 'flush') batch.flush();
      if (way === 'stall') socket.stall();
      if (way === 'take') socket.takeAll();
      return false;
    }
    return true;
  }
});

describe('back-pressure', () => {
  test('a source is paused once and resumed when the kernel has taken all', () => {
    const desk = new Desk();
    const origin = desk.source('origin', true);
    desk.socket.stall();
    for (const text of ['a', 'b']) {
      desk.outbox.relay(origin, Buffer.from(text), 0, 1);
      desk.outbox.hold(origin, 1, desk.waiter);
    }
    desk.socket.takeAll();
    desk.settle();
    expect(desk.trace.lines).toEqual(['origin paused', 'client < ab', 'origin resumed', 'flushed']);
  });

  test('a source that goes elsewhere is resumed, and nobody is told', () => {
    const desk = new Desk();
    const origin = desk.source('origin', true);
    desk.socket.stall();
    desk.outbox.relay(origin, Buffer.from('a'), 0, 1);
    desk.outbox.hold(origin, 1, desk.waiter);
    desk.outbox.release();
    desk.socket.takeAll();
    desk.settle();
    expect(desk.trace.lines).toEqual(['origin paused', 'origin resumed', 'client < a']);
  });

  test('nothing is held where the kernel has taken all; a short read says that a burst is over', () => {
    const desk = new Desk();
    desk.outbox.hold(desk.source('origin'), 16 * 1024, desk.waiter);
    desk.outbox.hold(desk.source('origin'), 16 * 1024 - 1, desk.waiter);
    expect(desk.trace.lines).toEqual(['origin relaxed']);
  });

  test('reads are paused once, whoever asks', () => {
    const desk = new Desk();
    desk.outbox.pauseReads();
    desk.outbox.pauseReads();
    desk.outbox.resumeReads();
    desk.outbox.resumeReads();
    expect(desk.trace.lines).toEqual(['client paused', 'client resumed']);
  });

  test.each([
    ['has taken all', true],
    ['is gone', false],
  ])('a buffer is released when the client %s', (_, isTaken) => {
    const desk = new Desk();
    desk.socket.stall();
    desk.outbox.write(Buffer.from('a'));
    desk.outbox.whenReleased((taken) => desk.trace.add(`released: ${taken}`));
    if (isTaken) desk.socket.takeAll();
    else desk.outbox.close();
    desk.settle();
    expect(desk.trace.lines.at(-1)).toBe(`released: ${isTaken}`);
  });
});

describe('the end', () => {
  test('closes at once where that was asked for and the kernel has everything', () => {
    const desk = new Desk();
    desk.later('answer');
    desk.outbox.end(true, desk.waiter);
    desk.batch.flush();
    desk.settle();
    expect(desk.trace.lines).toEqual(['client < answer', 'client destroyed']);
  });

  test('is an end all the same where the kernel has not', () => {
    const desk = new Desk();
    desk.later('answer');
    desk.outbox.end(true, desk.waiter);
    desk.socket.stall();
    desk.batch.flush();
    desk.socket.takeAll();
    desk.settle();
    expect(desk.trace.lines).toEqual(['client < answer', 'client ended', 'told of the end']);
  });

  test('may be asked for otherwise as long as it waits', () => {
    const desk = new Desk();
    desk.later('answer');
    desk.outbox.end(true, desk.waiter);
    desk.outbox.end(false, desk.waiter);
    desk.batch.flush();
    desk.settle();
    expect(desk.trace.lines).toEqual(['client < answer', 'client ended', 'told of the end']);
  });

  test('a message that waits for a socket that was closed by its client is dropped', () => {
    const desk = new Desk();
    desk.later('answer');
    desk.socket.gone(null);
    desk.batch.flush();
    expect(desk.trace.lines).toEqual([]);
  });
});
