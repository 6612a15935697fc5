/**
 * The keys of one listener, of whatever mode; which of them a mode has is a rule between keys (listener-modes.ts).
 * It must not compare keys with each other.
 */
import { listOf, mapping } from '../lib/shape.ts';
import { address, flag, integer, name, oneOf, port, prefix, resolver } from './fields.ts';
import { CLIENT_FIELDS, LISTENER_MODES, SOURCES } from './types.ts';

/** One bit each in the masks of the data plane. */
export const MAX_LISTENERS = 64;
export const MAX_LISTS = 32;
/** Prefixes that are searched one after the other. */
export const MAX_PREFIXES = 1000;
/** Each worker has sockets for each of the ports. */
const MAX_STEERED_PORTS = 16;
const MAX_STEERED_PREFIXES = 100;
const MAX_UPSTREAMS = 8;

export const listener = mapping({
  name: name(),
  mode: oneOf(...LISTENER_MODES).prefault('explicit'),
  address: address().prefault('127.0.0.1'),
  port: port().prefault(3128),
  socket: name().nullable().prefault(null),
  proxyProtocol: mapping({ from: listOf(prefix()).max(MAX_PREFIXES).min(1) })
    .nullable()
    .prefault(null),
  lists: listOf(name()).max(MAX_LISTS).nullable().prefault(null),
  source: oneOf(...SOURCES).prefault('proxy'),
  notHttp: oneOf('tunnel', 'refuse').prefault('tunnel'),
  notTls: oneOf('tunnel', 'refuse').nullable().prefault(null),
  clientField: oneOf(...CLIENT_FIELDS).prefault('none'),
  addresses: listOf(prefix()).max(MAX_STEERED_PREFIXES).prefault([]),
  ports: listOf(integer(1, 65_535)).max(MAX_STEERED_PORTS).prefault([]),
  others: oneOf('pass', 'refuse').prefault('pass'),
  resolver: listOf(resolver()).max(8).prefault([]),
  upstream: listOf(resolver()).max(MAX_UPSTREAMS).prefault([]),
  sendProxyProtocol: flag().prefault(false),
});
