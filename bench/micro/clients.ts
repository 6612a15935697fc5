/**
 * Who a client is, asked once for each address that is not remembered: the same with ten and with ten thousand prefixes wherever
 * prefixes of clients may stand (allowed, exempt, policies).
 */
import { ClientRegistry } from '../../src/accept/client-registry.ts';
import { parseConfig } from '../../src/config/load.ts';
import { expectEqual, type Bench, type BenchCase } from './harness.ts';
import { combined } from './report/figure.ts';

const FEW = 10;
const MANY = 10_000;
/** More than are remembered. */
const ADDRESSES = 65_536;
/** The first byte of each prefix; addresses are spread over all of it. */
const NETWORK = 10;

export function bench(): Bench {
  return {
    name: 'clients',
    cases: [caseOf(FEW), caseOf(MANY)],
    derived: ([few, many]) => [
      combined(
        { bench: 'clients', name: `${MANY} prefixes over ${FEW}`, unit: 'times', target: 1.5 },
        many!,
        few!,
        (a, b) => a / b,
      ),
    ],
  };
}

function caseOf(prefixes: number): BenchCase {
  const registry = registryWith(prefixes);
  const addresses = Array.from({ length: ADDRESSES }, (_, i) => `${NETWORK}.${i & 255}.${i >> 8}.7`);
  let next = 0;
  return {
    name: `client never seen, ${prefixes.toLocaleString('en')} prefixes`,
    budget: 5000,
    check: () => {
      expectEqual(registry.client(`${NETWORK}.0.0.7`).policy?.name, 'even', 'the first prefix');
      expectEqual(registry.client(`${NETWORK + 1}.0.0.7`).policy, null, 'no prefix');
    },
    run: (iterations) => {
      let found = 0;
      for (let i = 0; i < iterations; i++) {
        found += registry.client(addresses[next]!).allowed ? 1 : 0;
        next = (next + 1) % ADDRESSES;
      }
      return found;
    },
  };
}

function registryWith(prefixes: number): ClientRegistry {
  const step = 65_536 / prefixes;
  const all = Array.from({ length: prefixes }, (_, i) => {
    const at = Math.floor(i * step);
    return `${NETWORK}.${at & 255}.${at >> 8}.0/24`;
  });
  const half = (rest: number): string => all.filter((_, i) => i % 2 === rest).join('\n');
  const loaded = parseConfig(
    JSON.stringify({
      clients: { allow: all.join('\n') },
      exempt: { clients: half(1) },
      policies: [
        { name: 'even', clients: half(0), lists: [] },
        { name: 'odd', clients: half(1), lists: [] },
      ],
    }),
    'bench.yaml',
    {},
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return new ClientRegistry(loaded.config, new Map());
}
