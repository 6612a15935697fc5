/**
 * The client that is asked about: what the configuration says of its address, as the data plane would find it.
 * It must not ask who really asks.
 */
import { policyOf } from '../config/policy-of.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import { formatAddress, parseIpAddress } from '../lib/prefix.ts';
import { prefixSet } from '../lib/prefix-table.ts';

export interface AskingClient {
  /** It is null for anybody. */
  readonly address: string | null;
  readonly exempt: boolean;
  readonly policy: { readonly name: string; readonly listMask: number } | null;
  /** Why it may ask nothing at all; null: it may. */
  readonly refusal: string | null;
}

const ANYBODY: AskingClient = { address: null, exempt: false, policy: null, refusal: null };

/**
 * @param policyMask the lists of a policy, by its name; bit i: list i.
 * @returns null if this is no address.
 */
export function askingClient(
  { policies, exempt, clients }: Config,
  { mode }: ListenerConfig,
  text: string | null,
  policyMask: (name: string) => number,
): AskingClient | null {
  if (text === null) return ANYBODY;
  const bytes = parseIpAddress(text);
  if (bytes === null) return null;
  const policy = policyOf(policies, bytes);
  // Whose traffic comes to a transparent listener did not choose us.
  const isAllowed = mode === 'transparent' || prefixSet(clients.allow).find(bytes) !== null;
  return {
    address: formatAddress(bytes),
    exempt: prefixSet(exempt.clients).find(bytes) !== null,
    policy: policy === null ? null : { name: policy.name, listMask: policyMask(policy.name) },
    refusal: isAllowed ? null : 'clients.allow does not contain the client',
  };
}
