/**
 * Which names that were known of a list are not in force of it any more, where those that are cannot be read: what the filter serves is asked for each
 * of them. So a removal reaches whoever goes on by the names that were known. It must not add a name: only what was known is asked for.
 */
import type { Steps } from '../../lib/steps.ts';
import { Matcher } from '../../match/matcher.ts';
import { openSnapshot } from '../../match/snapshot.ts';
import { Judge } from '../../policy/judge.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { namedWithIds } from './list-names.ts';
import type { ListNames } from './list-names.ts';

/** Looked up between two rests of the thread (lib/steps.ts). */
const NAMES_A_STEP = 32;
/** Bytes of a name in DNS. */
const MAX_NAME = 253;
/** A label that no entry has: whether what is below a name is listed. */
const NOBODYS = 'x-no-list-has-this-name-5d41402abc4b';

/**
 * @param segment of the list in force. @param today UTC days since 1970-01-01.
 * @returns ids, as `ListNames.withdrawn` has them. @throws CleanfeedError `snapshot_invalid`
 */
export function* unlistedNamesSteps(known: ListNames, segment: Uint8Array, today: number): Steps<readonly bigint[]> {
  const matcher = new Matcher({ cacheEntries: 1 });
  matcher.use(openSnapshot([{ bytes: segment, entries: 0, list: 0 }]));
  const judge = new Judge(matcher, [{ action: known.action }]);
  const when = { port: 0, listMask: 1, today };
  const isListed = (host: string, { dns, steer }: { readonly dns: boolean; readonly steer: boolean }): boolean => {
    const facts = matcher.lookup(host);
    if (facts === null) return false;
    return (dns && judge.name(facts, when).action !== 'pass') || (steer && judge.steers(facts, when));
  };
  const gone: bigint[] = [];
  let asked = 0;
  for (const [id, named] of namedWithIds(known, today)) {
    asked += 1;
    if (asked % NAMES_A_STEP === 0) yield;
    const hosts: readonly string[] = named.subdomains ? [named.host, below(named.host)] : [named.host];
    if (!hosts.every((host) => isListed(host, named))) gone.push(BigInt(id));
  }
  return gone;
}

/** Too long for a name: then nobody can be asked for it, and its own name decides. */
function below(host: CanonicalHost): string {
  const name = `${NOBODYS}.${host}`;
  return name.length <= MAX_NAME ? name : host;
}
