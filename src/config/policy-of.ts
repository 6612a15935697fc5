/**
 * Which policy a client has: of all prefixes of all policies the longest that holds its address. Asked wherever that matters, so that there is one answer.
 * It must not decide what the policy means: the masks of the lists do.
 */
import { PrefixTable } from '../lib/prefix-table.ts';
import type { PolicyConfig } from './types.ts';

const TABLES = new WeakMap<readonly PolicyConfig[], PrefixTable<PolicyConfig>>();

/**
 * @param address 4 or 16 bytes, as `parseIpAddress` gives it.
 * @returns null if the client is in none: the lists of its listener apply.
 */
export function policyOf(policies: readonly PolicyConfig[], address: Uint8Array): PolicyConfig | null {
  let table = TABLES.get(policies);
  if (table === undefined) {
    table = new PrefixTable(policies.flatMap((policy) => policy.clients.map((prefix) => [prefix, policy] as const)));
    TABLES.set(policies, table);
  }
  return table.find(address);
}
