/** Where a name server listens. It must not look anything up: addresses are literals. */

export interface ServerAddress {
  /** IPv6 with its zone where it has one. */
  readonly address: string;
  readonly port: number;
}

/** `192.0.2.53:53`, `[2001:db8::53]:53`, as the configuration has them. */
export function serverAddress(text: string): ServerAddress {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) };
}
