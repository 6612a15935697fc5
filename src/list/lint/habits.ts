/**
 * What all entries of a list have in common, where that is how another tool writes lists and it means something else there.
 * Each line alone is in order, so it can be no more than a warning about the list. It must not refuse a list.
 */
import type { Entry } from '../../match/entry.ts';
import type { ByteString } from '../../url/bytes.ts';
import { MIN_ENTRIES_FOR_HABIT } from '../stats.ts';
import { lintMessage } from './lint-diagnostic.ts';
import type { LintMessage } from './lint-diagnostic.ts';

const TABLE = ': a table (CSV) whose other columns are taken for a part of each address? Write the addresses alone';

/** Not the root, and no file: lists of single pages are what this filter is for. */
const LIKE_A_DIRECTORY = /\/[^/.]+$/;

export class Habits {
  #entries = 0;
  #hostsAlone = 0;
  #pagesAlone = 0;
  /** How many entries have as many commas. */
  readonly #byCommas = new Map<number, number>();

  add({ path, subdomains, port }: Entry, address: ByteString): void {
    this.#entries += 1;
    const commas = address.includes(',') ? address.split(',').length - 1 : 0;
    this.#byCommas.set(commas, (this.#byCommas.get(commas) ?? 0) + 1);
    if (subdomains || port !== 0) return;
    if (path.kind === 'host') this.#hostsAlone += 1;
    if (path.kind === 'url' && path.query === null && LIKE_A_DIRECTORY.test(path.path) && !/^https?:/i.test(address))
      this.#pagesAlone += 1;
  }

  messages(): readonly LintMessage[] {
    const entries = this.#entries;
    if (entries < MIN_ENTRIES_FOR_HABIT) return [];
    const [commas = 0] = this.#byCommas.keys();
    if (this.#byCommas.size === 1 && commas > 0)
      return [lintMessage('warning', 'table', `all ${entries} addresses hold ${commas} of ','${TABLE}`)];
    if (entries === this.#hostsAlone)
      return [lintMessage('warning', 'hosts-alone', `all ${entries} entries are ${HOSTS_ALONE}`)];
    if (entries !== this.#pagesAlone) return [];
    return [
      lintMessage(
        'warning',
        'pages-alone',
        `all ${entries} entries are single addresses that look like directories: each covers that address only; squidGuard's urls mean everything below too ('host.example/directory/*' here)`,
      ),
    ];
  }
}

/** In the same words wherever it is said. */
export const HOSTS_ALONE =
  "hosts alone: each covers that host only; squidGuard, Blocky and others mean what is below it too ('*.host.example' here)";
