/**
 * The host names of a text list, for what refuses or steers by them: the text itself is not kept once it is compiled. In the form of the payload
 * `names` of protected lists (names-payload.ts): one line for each entry that permits something with its host alone, and it must not hold
 * anything of its path.
 *
 *   12 *.host.example dns expires=2027-03-31      the line of the text, then an entry on the whole host
 *
 * Which of them apply depends on the action of the list, which may change while the names stay: whoever reads them decides (list-names.ts).
 */
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { dayText, hostText } from '../text/host-text.ts';
import { NAMES_HEADER } from './names-payload.ts';

export class TextNames {
  readonly #isAllow: boolean;
  #lines = NAMES_HEADER;

  /** @param action by which the text is read. */
  constructor(action: ListAction) {
    this.#isAllow = action === 'allow';
  }

  add(entry: Entry): void {
    const { id, host, subdomains, path, port, expires } = entry;
    const isWhole = path.kind === 'host' && port === 0;
    const dns = isWhole && entry.dns;
    // On an allow list a line that did not stand for a whole host would take the whole host out.
    const isNamed = this.#isAllow ? isWhole : dns || entry.steer;
    if (!isNamed || entry.count) return;
    const address = `${subdomains ? '*.' : ''}${hostText(host)}`;
    const words = [`${id}`, address, ...(dns ? ['dns'] : []), ...(entry.steer ? ['steer'] : [])];
    this.#lines += `${words.join(' ')}${expires === 0 ? '' : ` expires=${dayText(expires)}`}\n`;
  }

  /** All of them, as `ListNames` of form `names` has them. */
  bytes(): Uint8Array {
    return new Uint8Array(Buffer.from(this.#lines, 'latin1'));
  }
}
