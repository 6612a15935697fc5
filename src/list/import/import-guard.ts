/**
 * What the gate would refuse of an imported entry: one on a protected host, or one that matches a canary. The import leaves it out, so that the list
 * that it writes loads. Public suffixes are asked for where an entry is written (written-entry.ts).
 *
 *   entry, address ──▶ protected hosts by name (sanity/protected-hosts.ts)
 *                 └──▶ on a canary's host, or above it: looked up as the gate does (sanity/findings.ts)
 *
 * It must not decide what becomes of the entry.
 */
import type { Entry } from '../../match/entry.ts';
import type { ByteString } from '../../url/bytes.ts';
import { parseTextList } from '../text/grammar.ts';
import { RelatedEntries, withParents } from '../sanity/findings.ts';
import { UNGUARDED } from '../sanity/guarded.ts';
import type { Guarded } from '../sanity/guarded.ts';
import { protectedMessage, ProtectedHosts } from '../sanity/protected-hosts.ts';

interface Refusal {
  readonly reason: 'protected_host' | 'canary';
  readonly message: string;
}

type Covering = Pick<Entry, 'host' | 'subdomains' | 'path'>;

/** Entries of an import have no last day. */
const ANY_DAY = 0;

export class ImportGuard {
  readonly #hosts: ProtectedHosts;
  readonly #canaries: Guarded['canaries'];
  readonly #aboveCanaries: ReadonlySet<string>;

  constructor({ hosts, canaries }: Pick<Guarded, 'hosts' | 'canaries'>) {
    this.#hosts = new ProtectedHosts(hosts);
    this.#canaries = canaries;
    this.#aboveCanaries = new Set(canaries.flatMap(({ host }) => withParents(host)));
  }

  /**
   * @param covering what the entry covers; a path that is not all of the host may be any other such path.
   * @param addresses the entries as they are written: one for each port.
   * @returns null if the gate has nothing against it.
   */
  refusalOf(covering: Covering, addresses: readonly ByteString[]): Refusal | null {
    const message = protectedMessage(this.#hosts.coveredBy(covering));
    if (message !== null) return { reason: 'protected_host', message };
    if (!this.#aboveCanaries.has(covering.host)) return null;
    const canary = this.#canaryOn(addresses);
    return canary === null
      ? null
      : { reason: 'canary', message: `covers a canary (${canary}), which no list may match` };
  }

  /** @returns where the canary stands that the entry matches. */
  #canaryOn(addresses: readonly ByteString[]): string | null {
    const text = Buffer.from(`${addresses.join('\n')}\n`, 'latin1');
    const outcomes = [...parseTextList(text, { list: 0, action: 'block' })];
    const matched = this.#canaries.find((canary) => {
      const asked = new RelatedEntries({ ...UNGUARDED, canaries: [canary] });
      for (const outcome of outcomes) if (outcome.kind === 'entry') asked.add(outcome.entry);
      return asked.findings(ANY_DAY).canaries !== null;
    });
    return matched?.where ?? null;
  }
}

export const NO_IMPORT_GUARD = new ImportGuard(UNGUARDED);
