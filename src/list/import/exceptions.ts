/**
 * The exceptions of a file that are not carried over, by the hosts they reach: an entry that one of them may undo in part must not
 * be written, since here nothing would undo it.
 *
 *   @@||good.ads.example^   touches *.ads.example (covers it) · good.ads.example · x.good.ads.example · not ads.example alone
 *
 * Bounded in number. It must not decide what becomes of an entry.
 */
import type { ByteString } from '../../url/bytes.ts';
import { MAX_HOST_TEXT } from '../../url/host.ts';
import type { Draft, Reach } from './outcome.ts';

/** More than any list has; each takes about 200 bytes. */
const MOST = 250_000;

export class Exceptions {
  /** Host → whether its subdomains are excepted too. */
  readonly #hosts = new Map<string, boolean>();
  /** Every name above an excepted host. */
  readonly #above = new Set<string>();
  /** Line of the first that may reach any address; 0: none. */
  anywhereLine = 0;
  #isFull = false;

  add(reach: Reach, line: number): void {
    if (reach === 'anywhere') {
      if (this.anywhereLine === 0) this.anywhereLine = line;
      return;
    }
    // Nobody asks for such a name, and each name above it would be kept.
    if (reach.host.length > MAX_HOST_TEXT) return;
    // A copy: a part of a text keeps all of the piece of the file that it was read in.
    const host = Buffer.from(nameOf(reach.host), 'latin1').toString('latin1');
    if (this.#hosts.size >= MOST || this.#above.size >= MOST) {
      this.#isFull = true;
      return;
    }
    this.#hosts.set(host, reach.below || this.#hosts.get(host) === true);
    for (const parent of parentsOf(host)) this.#above.add(parent);
  }

  /** Too many to keep: nothing can be said about any entry. */
  get isFull(): boolean {
    return this.#isFull;
  }

  touch({ host: raw, below }: Draft): boolean {
    if (this.#hosts.size === 0) return false;
    const host = nameOf(raw);
    if (this.#hosts.has(host) || (below && this.#above.has(host))) return true;
    for (const parent of parentsOf(host)) if (this.#hosts.get(parent) === true) return true;
    return false;
  }
}

function nameOf(host: ByteString): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** Every name above it. */
export function* parentsOf(host: string): Generator<string> {
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1);
}
