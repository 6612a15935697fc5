/** Addresses of single machines as ranges, however the configuration and the system write them. It must not look a name up. */
import { serverAddress } from '../../stub-resolver/server-address.ts';
import { parseIpAddress } from '../../lib/prefix.ts';
import type { Prefix } from '../../lib/types.ts';

/** @param texts addresses, or with a port behind them; what is neither, and the address of every machine (`0.0.0.0`), is left out. */
export function hostPrefixes(texts: readonly string[]): readonly Prefix[] {
  return texts.flatMap((text) => {
    const address = parseIpAddress(text) ?? parseIpAddress(serverAddress(text).address);
    return address === null || address.every((byte) => byte === 0) ? [] : [{ address, bits: address.length * 8 }];
  });
}
