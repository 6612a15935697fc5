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

class Fixture {
  readonly trace = new Trace();
  readonly batch = new WriteBatch(1024);
  readonly socket: FakeSocket;
  readonly outbox: ClientOutbox;
  readonly #later = new Later();
  readonly #buffer = new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1));

  constructor() {
    this.socket = new FakeSocket('client', this.trace, this.#later);
    const counters = dataCounters(COUNTER_LAYOUT, this.#buffer, 0);
    this.outbox = new ClientOutbox(this.socket.real, { batch: this.batch, counters, native: { sockets: null } });
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
  const WAYS: readonly (readonly [string, (fixture: Fixture) => void])[] = [
    ['bytes as they are', ({ outbox }) => outbox.write(Buffer.from('2'))],
    ['text', ({ outbox }) => outbox.writeText('2')],
    ['what was relayed', (fixture) => fixture.outbox.relay(fixture.source('origin'), Buffer.from('.2.'), 1, 2)],
    [
      'what was relayed from a buffer of its own',
      (fixture) => fixture.outbox.relay(fixture.source('origin', true), Buffer.from('.2.'), 1, 2),
    ],
    ['what is composed', (fixture) => fixture.later('2')],
    ['the end', ({ outbox }) => outbox.end(false, null)],
    ['the end and the close', ({ outbox }) => outbox.endAndClose()],
    ['the close', ({ outbox }) => outbox.close()],
    ['the reset', ({ outbox }) => outbox.reset()],
  ];

  test.each(WAYS)('what waits in the batch goes before %s', (_, second) => {
    const fixture = new Fixture();
    fixture.later('1');
    expect(fixture.trace.lines).toEqual([]);
    second(fixture);
    fixture.batch.flush();
    expect(fixture.trace.lines[0]).toMatch(/^client < 1/);
    expect(fixture.trace.lines.join(' ')).toMatch(
      /^client < 12$|^client < 1 client (ended|destroyed|reset)( client destroyed)?$/,
    );
  });

  test('in any order of ways each byte comes once, in order, and is counted; nothing comes after the end', () => {
    const step = fc.constantFrom('write', 'text', 'relay', 'own', 'now', 'later', 'flush', 'stall', 'take');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.nat(60), (steps, endsAt) => {
        const fixture = new Fixture();
        let expected = '';
        for (const [i, way] of steps.entries()) {
          const text = String.fromCharCode(97 + (i % 26));
          if (perform(fixture, way, text)) expected += text;
          if (i === endsAt) break;
        }
        fixture.outbox.end(false, null);
        fixture.batch.flush();
        fixture.socket.takeAll();
        fixture.settle();
        const bytes = fixture.trace.lines.filter((line) => line.startsWith('client < ')).map((line) => line.slice(9));
        expect(bytes.join('')).toBe(expected);
        expect(fixture.counted).toBe(expected.length);
        expect(fixture.trace.lines.at(-1)).toBe('client ended');
      }),
    );
  });

  /** @returns whether bytes were sent. */
  function perform(fixture: Fixture, way: string, text: string): boolean {
    const { outbox, batch, socket } = fixture;
    const bytes = Buffer.from(text);
    if (way === 'write') outbox.write(bytes);
    else if (way === 'text') outbox.writeText(text);
    else if (way === 'relay') {
      outbox.relay(fixture.source('origin'), bytes, 0, 1);
      bytes.fill('!');
    } else if (way === 'own') outbox.relay(fixture.source('origin', true), bytes, 0, 1);
    else if (way === 'later') fixture.later(text);
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
    const fixture = new Fixture();
    const origin = fixture.source('origin', true);
    fixture.socket.stall();
    for (const text of ['a', 'b']) {
      fixture.outbox.relay(origin, Buffer.from(text), 0, 1);
      fixture.outbox.hold(origin, 1, fixture.waiter);
    }
    fixture.socket.takeAll();
    fixture.settle();
    expect(fixture.trace.lines).toEqual(['origin paused', 'client < ab', 'origin resumed', 'flushed']);
  });

  test('a source that goes elsewhere is resumed, and nobody is told', () => {
    const fixture = new Fixture();
    const origin = fixture.source('origin', true);
    fixture.socket.stall();
    fixture.outbox.relay(origin, Buffer.from('a'), 0, 1);
    fixture.outbox.hold(origin, 1, fixture.waiter);
    fixture.outbox.release();
    fixture.socket.takeAll();
    fixture.settle();
    expect(fixture.trace.lines).toEqual(['origin paused', 'origin resumed', 'client < a']);
  });

  test('nothing is held where the kernel has taken all; a short read says that a burst is over', () => {
    const fixture = new Fixture();
    fixture.outbox.hold(fixture.source('origin'), 16 * 1024, fixture.waiter);
    fixture.outbox.hold(fixture.source('origin'), 16 * 1024 - 1, fixture.waiter);
    expect(fixture.trace.lines).toEqual(['origin relaxed']);
  });

  test('reads are paused once, whoever asks', () => {
    const fixture = new Fixture();
    fixture.outbox.pauseReads();
    fixture.outbox.pauseReads();
    fixture.outbox.resumeReads();
    fixture.outbox.resumeReads();
    expect(fixture.trace.lines).toEqual(['client paused', 'client resumed']);
  });

  test.each([
    ['has taken all', true],
    ['is gone', false],
  ])('a buffer is released when the client %s', (_, isTaken) => {
    const fixture = new Fixture();
    fixture.socket.stall();
    fixture.outbox.write(Buffer.from('a'));
    fixture.outbox.whenReleased((taken) => fixture.trace.add(`released: ${taken}`));
    if (isTaken) fixture.socket.takeAll();
    else fixture.outbox.close();
    fixture.settle();
    expect(fixture.trace.lines.at(-1)).toBe(`released: ${isTaken}`);
  });
});

describe('the end', () => {
  // Was a fault: a client that is let go while its last answer waits for it took the part for the whole.
  test.each([
    [true, 'client reset'],
    [false, 'client destroyed'],
  ])('a close that loses something is a reset: %s', (isStalled, line) => {
    const fixture = new Fixture();
    if (isStalled) fixture.socket.stall();
    fixture.outbox.write(Buffer.from('answer'));
    fixture.outbox.end(false, null);
    fixture.outbox.close();
    fixture.settle();
    expect(fixture.trace.lines.at(-1)).toBe(line);
  });

  test('closes at once where that was asked for and the kernel has everything', () => {
    const fixture = new Fixture();
    fixture.later('answer');
    fixture.outbox.end(true, fixture.waiter);
    fixture.batch.flush();
    fixture.settle();
    expect(fixture.trace.lines).toEqual(['client < answer', 'client destroyed']);
  });

  test('is an end all the same where the kernel has not', () => {
    const fixture = new Fixture();
    fixture.later('answer');
    fixture.outbox.end(true, fixture.waiter);
    fixture.socket.stall();
    fixture.batch.flush();
    fixture.socket.takeAll();
    fixture.settle();
    expect(fixture.trace.lines).toEqual(['client < answer', 'client ended', 'told of the end']);
  });

  test('may be asked for otherwise as long as it waits', () => {
    const fixture = new Fixture();
    fixture.later('answer');
    fixture.outbox.end(true, fixture.waiter);
    fixture.outbox.end(false, fixture.waiter);
    fixture.batch.flush();
    fixture.settle();
    expect(fixture.trace.lines).toEqual(['client < answer', 'client ended', 'told of the end']);
  });

  test('a message that waits for a socket that was closed by its client is dropped', () => {
    const fixture = new Fixture();
    fixture.later('answer');
    fixture.socket.gone(null);
    fixture.batch.flush();
    expect(fixture.trace.lines).toEqual([]);
  });
});
