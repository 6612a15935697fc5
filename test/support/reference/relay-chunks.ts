/** What the chunk reader lets travel on of a body that comes in pieces. */
import { ChunkedReader } from '../../../src/wire/chunked.ts';
import type { ChunkLimits } from '../../../src/wire/chunked.ts';

export interface RelayedBody {
  readonly out: string;
  readonly done: boolean;
  /** Bytes taken. */
  readonly length: number;
}

/** `cuts`: offsets, ascending. Null: malformed. */
export function relayChunks(
  text: string,
  limits: ChunkLimits,
  cuts: readonly number[] = [],
  framing = true,
): RelayedBody | null {
  const reader = new ChunkedReader(limits);
  reader.begin(framing);
  let out = '';
  let at = 0;
  for (const end of [...cuts, text.length]) {
    if (reader.done) break;
    const bytes = Buffer.from(text.slice(at, end), 'latin1');
    const sink = {
      raw: (from: number, to: number) => void (out += bytes.toString('latin1', from, to)),
      text: (made: string) => void (out += made),
    };
    const came = reader.read(bytes, 0, bytes.length, sink);
    if (came < 0) return null;
    at += came;
  }
  return { out, done: reader.done, length: at };
}
