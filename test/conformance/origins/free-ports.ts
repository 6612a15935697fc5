/** A free port for each name, for programs that cannot be asked to choose one themselves. */
import { freePort } from '../../support/free-port.ts';

export async function freePorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  return ports;
}
