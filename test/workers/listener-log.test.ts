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
