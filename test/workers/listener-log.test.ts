import { expect, test } from '@jest/globals';
import { ListenerLog } from '../../src/workers/listener-log.ts';
import { memoryLog } from '../support/memory-log.ts';

const A = { name: 'a', mode: 'explicit', address: '192.0.2.1', port: 3128 } as const;
const B = { name: 'b', mode: 'explicit', address: '192.0.2.1', port: 3129 } as const;

test('what opens and what closes is said once', () => {
  const log = memoryLog();
  const listeners = new ListenerLog(log);
  listeners.update([A]);
  listeners.update([A, B]);
  listeners.update([{ ...B, port: 3130 }]);
  expect(log.named('listener.opened').map(({ listener, port }) => [listener, port])).toEqual([
    ['a', 3128],
    ['b', 3129],
    ['b', 3130],
  ]);
  expect(log.named('listener.closed').map(({ listener }) => listener)).toEqual(['a', 'b']);
});

// Was a fault: nothing was said of a listener whose mode alone was another one, and of two of one name nobody knew which had closed.
test('of one that is in the place of another of its name, which is which', () => {
  const log = memoryLog();
  const listeners = new ListenerLog(log);
  listeners.update([A]);
  listeners.update([{ ...A, mode: 'dns' }]);
  listeners.update([{ ...A, mode: 'dns', port: 53 }]);
  const said = (event: string): unknown[] => log.named(event).map(({ mode, port }) => [mode, port]);
  expect(said('listener.opened')).toEqual([
    ['explicit', 3128],
    ['dns', 3128],
    ['dns', 53],
  ]);
  expect(said('listener.closed')).toEqual([
    ['explicit', 3128],
    ['dns', 3128],
  ]);
});

test('one that has less room for datagrams than it should is told, once', () => {
  const log = memoryLog();
  const listeners = new ListenerLog(log);
  const small = { ...A, receiveBuffer: { granted: 212_992, wanted: 4_194_304 } };
  const right = { ...B, receiveBuffer: { granted: 4_194_304, wanted: 4_194_304 } };
  listeners.update([small, right]);
  listeners.update([small, right]);
  expect(log.named('listener.small_buffer')).toEqual([
    expect.objectContaining({ listener: 'a', granted: 212_992, wanted: 4_194_304 }),
  ]);
});
