/**
 * Addresses that refused names are sent to. `0.0.0.0` and the machine itself lead nowhere; any other is somebody's server, and
 * only who runs the tool knows whether that one is its block page. 127.0.1.1 is what Debian gives a machine's own name.
 * It must not look an address up.
 */
import type { ByteString } from '../../url/bytes.ts';
import { isIpv4, isIpv6 } from './words.ts';

export type SinkKind = 'ipv4' | 'ipv6' | 'name' | 'none';

const NOWHERE_6 = /^(?:::|::1|(?:0{1,4}:){7}0{0,3}[01]|::(?:ffff:)?(?:0\.0\.0\.0|127\.0\.0\.1))$/i;

/** @param sinks as the user names them, in small letters. */
export function sinkKind(address: ByteString, sinks: ReadonlySet<string>): SinkKind {
  if (isIpv4(address)) return address === '0.0.0.0' || address === '127.0.0.1' || sinks.has(address) ? 'ipv4' : 'none';
  if (isIpv6(address)) return NOWHERE_6.test(address) || sinks.has(address.toLowerCase()) ? 'ipv6' : 'none';
  return sinks.has(address.toLowerCase().replace(/\.$/, '')) ? 'name' : 'none';
}
