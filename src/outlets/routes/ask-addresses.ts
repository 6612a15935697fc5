/**
 * Where a name leads, asked at every resolver: what one of them sees, some customer does. A family is known when one of them has said something
 * about it; addresses of all are taken together.
 *
 *   A, AAAA ─▶ resolver 1 ─┐
 *   A, AAAA ─▶ resolver 2 ─┴▶ addresses, the least TTL, whether both families are known
 *
 * It must not cache, and must not judge an address.
 */
import { askServers, type Outcome } from '../../stub-resolver/ask-servers.ts';
import type { NameServer } from '../../stub-resolver/name-server.ts';
import { formatAddress, parseIpAddress } from '../../lib/prefix.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { RECORD_TYPE, type RecordType } from '../../wire/dns-message.ts';

export interface Located {
  readonly addresses: readonly string[];
  /** Milliseconds, the least of all records; 0: there is none. */
  readonly ttlMs: number;
  /** What is not among them the name does not have. */
  readonly isComplete: boolean;
}

const TYPES = [RECORD_TYPE.a, RECORD_TYPE.aaaa] as const;
/** Of one answer: who has more is held for review long before. */
const MAX_ADDRESSES = 64;
const MAX_LABEL = 63;
const MAX_HOST = 253;

/** It never rejects. @param timeoutMs after which a resolver that says nothing is not waited for, twice at most. */
export async function askAddresses(
  servers: readonly NameServer[],
  host: CanonicalHost,
  timeoutMs: number,
): Promise<Located> {
  const literal = parseIpAddress(host.replace(/^\[(.*)\]$/, '$1'));
  // An address in a list needs no name server.
  if (literal !== null) return { addresses: [formatAddress(literal)], ttlMs: 0, isComplete: true };
  if (!isName(host)) return { addresses: [], ttlMs: 0, isComplete: false };
  // One that let somebody wait is not waited for by everybody, unless there is no other.
  const now = performance.now();
  const quick = servers.filter(({ avoidUntil }) => avoidUntil <= now);
  const asked = quick.length > 0 ? quick : servers;
  const families = await Promise.all(
    TYPES.map(
      async (type) => await Promise.all(asked.map(async (server) => await ask({ server, host, type, timeoutMs }))),
    ),
  );
  const records = families.flat().flatMap((outcome) => (typeof outcome === 'string' ? [] : outcome));
  return {
    addresses: [...new Set(records.map(({ address }) => address))],
    ttlMs: records.length === 0 ? 0 : Math.min(...records.map(({ ttl }) => ttl)) * 1000,
    isComplete: families.every((outcomes) => outcomes.some(isKnown)),
  };
}

interface Question {
  readonly server: NameServer;
  readonly host: CanonicalHost;
  readonly type: RecordType;
  readonly timeoutMs: number;
}

async function ask({ server, ...question }: Question): Promise<Outcome> {
  return await new Promise((resolve) => {
    askServers({ servers: [server], ...question }, (outcome) => {
      resolve(typeof outcome === 'string' ? outcome : outcome.slice(0, MAX_ADDRESSES));
    });
  });
}

function isKnown(outcome: Outcome): boolean {
  return typeof outcome !== 'string' || outcome === 'no_name';
}

/** What fits into a question. */
function isName(host: string): boolean {
  return host.length <= MAX_HOST && host.split('.').every((label) => label.length > 0 && label.length <= MAX_LABEL);
}
