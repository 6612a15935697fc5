/** What a configuration needs of a machine, told by key before anybody listens. */
import { expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { loadNativeSockets, type NativeSockets } from '../../src/lib/native-sockets.ts';
import { InheritedSockets } from '../../src/workers/inherited-sockets.ts';
import { nativeFaults, needsNativeSockets } from '../../src/workers/native-needs.ts';

const real = (await loadNativeSockets())!;

function config(listener: object, upstream: object = {}) {
  const file = { listeners: [{ name: 'a', ...listener }], upstream };
  const loaded = parseConfig(JSON.stringify(file), '/c.yaml', {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

/** Of a process without capabilities; it has an address or two. */
class Unprivileged implements NativeSockets {
  readonly library = null;
  bindTransparent(): number {
    throw Object.assign(new Error('setsockopt'), { code: 'EPERM' });
  }
  outgoing(width: number, source: Parameters<NativeSockets['outgoing']>[1], mark: number): number {
    if (source?.isForeign === true || mark !== 0) throw Object.assign(new Error('setsockopt'), { code: 'EPERM' });
    return real.outgoing(width, source, 0);
  }
  isTransparent(descriptor: number): boolean {
    return descriptor === 7;
  }
  close(descriptor: number): void {
    real.close(descriptor);
  }
  unacknowledged(): number {
    throw new Error('nothing was sent');
  }
  sendLast(): number {
    throw new Error('nobody writes here');
  }
}

const INHERITED = new InheritedSockets(
  new Map([
    ['web', [7, 7]],
    ['plain', [7, 8]],
  ]),
);
const CAPABILITY = 'needs CAP_NET_ADMIN or CAP_NET_RAW, and this process has neither';
const KOFFI = 'needs the optional package koffi, which is not installed here';

test.each([
  { name: 'explicit', listener: {}, upstream: {}, unprivileged: [], without: [], isNeeded: false },
  {
    name: 'transparent',
    listener: { mode: 'transparent' },
    unprivileged: [`listeners[0].mode: ${CAPABILITY}`],
    without: [`listeners[0].mode: ${KOFFI}`],
  },
  { name: 'transparent, inherited', listener: { mode: 'transparent', socket: 'web' }, unprivileged: [], without: [] },
  {
    name: 'inherited, and not transparent',
    listener: { mode: 'transparent', socket: 'plain' },
    unprivileged: [
      "listeners[0].socket: the sockets named 'plain' are not transparent: their .socket units need Transparent=yes",
    ],
    without: [],
  },
  {
    name: "steered, with the client's address",
    listener: { mode: 'steered', addresses: ['192.0.2.80'], ports: [80], source: 'client' },
    unprivileged: [`listeners[0].source: ${CAPABILITY}`],
    without: [`listeners[0].source: ${KOFFI}`],
  },
  {
    name: 'steered',
    listener: { mode: 'steered', addresses: ['192.0.2.80'], ports: [80] },
    unprivileged: [],
    without: [],
    isNeeded: false,
  },
  {
    name: 'a mark',
    listener: {},
    upstream: { mark: 7 },
    unprivileged: [`upstream.mark: ${CAPABILITY}`],
    without: [`upstream.mark: ${KOFFI}`],
  },
  {
    name: 'source addresses',
    listener: {},
    upstream: { sourceAddresses: ['127.0.0.1', '198.51.100.1', '::1'] },
    unprivileged: ['upstream.sourceAddresses[1]: is not an address of this machine'],
    without: [0, 1, 2].map((index) => `upstream.sourceAddresses[${index}]: ${KOFFI}`),
  },
])('$name', ({ listener, upstream = {}, unprivileged, without, isNeeded = true }) => {
  const wanted = config(listener, upstream);
  expect(nativeFaults(wanted, INHERITED, new Unprivileged())).toEqual(unprivileged);
  expect(nativeFaults(wanted, INHERITED, null)).toEqual(without);
  expect(needsNativeSockets(wanted.listeners, wanted.upstream)).toBe(isNeeded);
});
