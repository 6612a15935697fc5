/**
 * The datagram sockets that are to be had here: by the system's own calls, or by Node where koffi is missing.
 * It must not fail where koffi is missing.
 */
import type { Arena, Datagrams } from './datagrams.ts';
import { koffiFrom } from '../../lib/koffi.ts';
import { nativeDatagramsFrom } from './native-datagrams.ts';
import { NodeDatagrams } from './node-datagrams.ts';

/** @param library of the main thread's koffi; null: it is missing */
export function datagramsIn(arena: Arena, library: string | null): Datagrams {
  const native = library === null ? null : nativeDatagramsFrom(koffiFrom(library), arena);
  return native ?? new NodeDatagrams(arena);
}
