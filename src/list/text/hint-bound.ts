/**
 * How many kinds of path entries of one list may lie above one another: a request for a host is read under each fold of the host and of every name above it
 * that has path entries for what is below (`*.NAME/…`), and each such kind is looked up.
 *
 *   entry ─▶ a name of eight labels or fewer ─▶ taken: eight folds at eight levels at most
 *         └▶ a longer one, `*.` in front ─▶ kinds below the same nine last labels: counted ─▶ the 17th is a fault
 *
 * It must not count what other hosts have: a host with a path entry of its own adds its own folds alone, whatever its name.
 */
import type { Entry } from '../../match/entry.ts';

/** Names with more labels are counted. */
const SHALLOW_LABELS = 8;
export const MAX_DEEP_KINDS = 16;

export const TOO_MANY_KINDS = `more than ${MAX_DEEP_KINDS} kinds of path entries ('*.NAME/…' by name and fold) lie below one name of ${SHALLOW_LABELS + 1} labels; list the hosts, or one '*.NAME' above them`;

export class HintBound {
  /** By the last labels of the name: the names, each with its fold. */
  readonly #kinds = new Map<string, Set<string>>();

  /** @returns false if it is one too many. */
  admit({ host, path, subdomains, fold }: Entry): boolean {
    if (!subdomains || path.kind === 'host') return true;
    const base = lastLabels(host);
    if (base === null) return true;
    let kinds = this.#kinds.get(base);
    if (kinds === undefined) this.#kinds.set(base, (kinds = new Set()));
    const kind = `${fold} ${host}`;
    if (kinds.has(kind)) return true;
    if (kinds.size === MAX_DEEP_KINDS) return false;
    kinds.add(kind);
    return true;
  }
}

/** @returns null for a name that has no more labels than need no count. */
function lastLabels(host: string): string | null {
  let dot = host.length;
  for (let labels = 0; labels < SHALLOW_LABELS; labels += 1) {
    dot = host.lastIndexOf('.', dot - 1);
    if (dot <= 0) return null;
  }
  return host.slice(host.lastIndexOf('.', dot - 1) + 1);
}
