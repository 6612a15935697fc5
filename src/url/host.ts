/**
 * The canonical host: one spelling for every way to write the same host. It judges and it connects (requirement 6), so
 * null, "not a host that can be connected to", must be refused and never forwarded.
 */
import type { Brand } from '../lib/types.ts';

/** A string whose characters are bytes 0..255: text as it came off the wire (latin-1 decoding), nothing interpreted. */
export type ByteString = string;

/** Lower-case ASCII name without empty labels, dotted-quad IPv4, or compressed IPv6 in brackets. */
export type CanonicalHost = Brand<string, 'CanonicalHost'>;

export declare function canonicalHost(raw: ByteString): CanonicalHost | null;
