/** A dial that changes hands. In its place among the events: first-bytes.test.ts. */
import { expect, test } from '@jest/globals';
import { EarlyDial } from '../../../src/accept/intercepted/early-dial.ts';
import { FAILURE, type ConnectDone } from '../../../src/forward/connector.ts';
import type { Origin } from '../../../src/match/host-facts.ts';

const origin = (host: string): Origin => ({ host, port: 80, key: `${host}:80`, authority: host }) as unknown as Origin;
const [ONE, OTHER] = [origin('192.0.2.1'), origin('192.0.2.2')];

class Dialled {
  readonly log: string[] = [];
  readonly dial: EarlyDial;
  #done: ConnectDone = () => undefined;

  constructor() {
    this.dial = new EarlyDial(
      (_destination, done) => {
        this.#done = done;
        return () => void this.log.push('cancelled');
      },
      ONE,
      this.tells('first'),
    );
  }

  tells(name: string): ConnectDone {
    return (failure) => void this.log.push(`${name}: ${failure?.response ?? 'open'}`);
  }

  fails(): void {
    this.#done(FAILURE.refused, null);
  }
}

test('whoever it was handed to last hears of it', () => {
  const dialled = new Dialled();
  dialled.dial.handTo(dialled.tells('second'));
  const cancel = dialled.dial.take(ONE, dialled.tells('third'));
  dialled.fails();
  expect(dialled.log).toEqual(['third: connection_refused']);
  cancel?.();
  expect(dialled.log).toHaveLength(1);
});

test('who has taken it cancels it, once', () => {
  const dialled = new Dialled();
  const cancel = dialled.dial.take(ONE, dialled.tells('second'));
  cancel?.();
  dialled.dial.cancel();
  expect(dialled.log).toEqual(['cancelled']);
});

test('it goes where it goes: for another destination it is given up', () => {
  const dialled = new Dialled();
  expect(dialled.dial.take(OTHER, dialled.tells('second'))).toBeNull();
  expect(dialled.log).toEqual(['cancelled']);
});

test('one that is over cannot be taken', () => {
  const dialled = new Dialled();
  dialled.fails();
  expect(dialled.dial.take(ONE, dialled.tells('second'))).toBeNull();
  expect(dialled.log).toEqual(['first: connection_refused']);
});
