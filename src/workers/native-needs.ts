/**
 * What a configuration needs of this machine for sockets that Node cannot make: koffi, a capability, an address. Asked before it comes into
 * force, at the start and at each reload, so that no worker finds out at a client's connection. It must not open a socket that stays.
 */
import type { Config, ListenerConfig } from '../config/types.ts';
import { needsNative } from '../forward/egress.ts';
import { errnoOf } from '../lib/errors.ts';
import type { NativeSockets } from '../lib/native-sockets.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import type { InheritedSockets } from './inherited-sockets.ts';

/** Whether a worker with these listeners needs such sockets. */
export function needsNativeSockets(listeners: readonly ListenerConfig[], upstream: Config['upstream']): boolean {
  return (
    listeners.some(({ mode }) => mode === 'transparent') ||
    needsNative('proxy', upstream) ||
    listeners.some(({ source }) => needsNative(source, upstream))
  );
}

/** @param native null: koffi is missing. @returns what is missing, in words that name keys; empty if nothing is. */
export function nativeFaults(config: Config, sockets: InheritedSockets, native: NativeSockets | null): string[] {
  const { listeners, upstream } = config;
  const faults = listeners.flatMap((listener, index) => listenerFaults(listener, index, sockets, native));
  if (upstream.mark !== null)
    faults.push(...missing('upstream.mark', native, (own) => own.outgoing(4, null, upstream.mark ?? 0)));
  return faults.concat(upstream.sourceAddresses.flatMap((text, index) => addressFaults(text, index, native)));
}

/** Of the documentation (RFC 5737): certainly not this machine's. */
const FOREIGN = Uint8Array.of(192, 0, 2, 1);

function listenerFaults(
  listener: ListenerConfig,
  index: number,
  sockets: InheritedSockets,
  native: NativeSockets | null,
): string[] {
  const { mode, source } = listener;
  const key = `listeners[${index}]`;
  const name = sockets.nameFor(listener);
  const foreign = (own: NativeSockets): number => own.outgoing(4, { address: FOREIGN, port: 0, isForeign: true }, 0);
  const faults = source === 'client' ? missing(`${key}.source`, native, foreign) : [];
  if (mode !== 'transparent') return faults;
  if (name === null) return faults.concat(missing(`${key}.mode`, native, foreign));
  // Without koffi nobody can say.
  const areWrong =
    native !== null && !sockets.descriptors(name).every((descriptor) => native.isTransparent(descriptor));
  return areWrong
    ? [
        ...faults,
        `${key}.socket: the sockets named '${name}' are not transparent: their .socket units need Transparent=yes`,
      ]
    : faults;
}

function addressFaults(text: string, index: number, native: NativeSockets | null): string[] {
  const address = parseIpAddress(text);
  if (address === null) return [];
  return missing(`upstream.sourceAddresses[${index}]`, native, (own) =>
    own.outgoing(address.length, { address, port: 0, isForeign: false }, 0),
  );
}

/** Opens such a socket once. */
function missing(key: string, native: NativeSockets | null, open: (native: NativeSockets) => number): string[] {
  if (native === null) return [`${key}: needs the optional package koffi, which is not installed here`];
  try {
    native.close(open(native));
    return [];
  } catch (error) {
    return [`${key}: ${reason(errnoOf(error))}`];
  }
}

function reason(code: string): string {
  switch (code) {
    case 'EPERM':
      return 'needs CAP_NET_ADMIN or CAP_NET_RAW, and this process has neither';
    case 'EADDRNOTAVAIL':
      return 'is not an address of this machine';
    default:
      return `cannot be had on this machine: ${code}`;
  }
}
