/** ClientHellos of real clients, as test/wire/vectors has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const VECTORS = join(import.meta.dirname, '..', '..', 'test', 'wire', 'vectors', 'client-hellos.json');

export function realHello(client: string): Buffer {
  const vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as readonly { client: string; hex: string }[];
  const vector = vectors.find((one) => one.client === client);
  if (vector === undefined) throw new Error(`there is no ClientHello of ${client}`);
  return Buffer.from(vector.hex, 'hex');
}
