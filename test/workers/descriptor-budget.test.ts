/** What fits below a limit of descriptors: never more than that, and all of it that is of use. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Config } from '../../src/config/types.ts';
import { memoryLog } from '../support/memory-log.ts';
import { CONFIG } from '../observe/fixtures.ts';
import { fitToDescriptors } from '../../src/workers/descriptor-budget.ts';
import { DescriptorWatch, descriptorLimit, openDescriptors } from '../../src/workers/descriptor-watch.ts';
import { Traffic } from '../admin/traffic.ts';

const config = (workers: number, connections: number, maxIdle: number): Config => ({
  ...CONFIG,
  workers,
  limits: { ...CONFIG.limits, connections },
  upstream: { ...CONFIG.upstream, pool: { ...CONFIG.upstream.pool, maxIdle } },
});

describe('fitToDescriptors', () => {
  test.each([
    { name: 'plenty', limit: 1_048_576, effective: 8192, lowered: false },
    { name: 'what is required, to the last', limit: 58_016, effective: 8192, lowered: false },
    { name: 'one too few: idle connections to origins give way first', limit: 58_015, effective: 8192, lowered: true },
    { name: 'too few for the clients', limit: 20_000, effective: 6442, lowered: true },
    { name: 'very few', limit: 600, effective: 91, lowered: true },
    { name: 'none', limit: 64, effective: 1, lowered: true },
    { name: 'the system does not tell', limit: null, effective: 8192, lowered: false },
  ])('$name: $limit', ({ limit, effective, lowered }) => {
    const { config: fitted, budget } = fitToDescriptors(config(2, 8192, 4096), limit);
    expect(budget).toEqual({ limit, required: 58_016, connections: 8192, lowered });
    expect(fitted.limits.connections).toBe(effective);
  });

  // Was a fault: it wanted what 8,192 clients of a proxy and their origins take, and said without an end that the limit was too low.
  test('where names alone are asked for there are only the clients of that', () => {
    const [first] = CONFIG.listeners;
    const dns = { ...first!, mode: 'dns' as const, dns: { upstream: [], sendProxyProtocol: false } };
    const front = { ...CONFIG.resolver.front, tcpConnections: 2048 };
    const names = { ...config(2, 8192, 4096), resolver: { ...CONFIG.resolver, front }, listeners: [dns] };
    const both = { ...names, listeners: [dns, first!] };
    const required = (each: Config): number => fitToDescriptors(each, null).budget.required;
    expect(required(names)).toBeLessThan(10_000);
    expect(required(both)).toBeGreaterThan(58_016);
    expect(fitToDescriptors(names, 10_000).budget.lowered).toBe(false);
    expect(fitToDescriptors(names, required(names)).budget.lowered).toBe(false);
    const { config: fitted, budget } = fitToDescriptors(names, Math.floor(required(names) / 2));
    expect(budget.lowered).toBe(true);
    expect(fitted.limits.connections).toBeLessThan(names.resolver.front.tcpConnections);
  });

  test('clients and upstream sockets of all workers together stay below the limit, and no cap is above what was configured', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 2_000_000 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.nat(100_000),
        (limit, workers, connections, total) => {
          const { config: fitted } = fitToDescriptors(config(workers, connections, total), limit);
          const { limits, upstream } = fitted;
          expect(limits.connections).toBeLessThanOrEqual(connections);
          expect(workers * (limits.connections + upstream.sockets)).toBeLessThan(limit);
        },
      ),
    );
  });
});

describe('the watch', () => {
  test('tells what was missed since the last look, and that there is none just now', () => {
    const log = memoryLog();
    const totals = new Traffic().totals();
    const traffic = { upstreamErrors: { ...totals.upstreamErrors }, dropped: { ...totals.dropped } };
    const probe = { code: null as string | null };
    const watch = new DescriptorWatch(
      log,
      () => traffic,
      () => probe.code,
    );
    watch.look();
    expect(log.events).toEqual([]);
    traffic.upstreamErrors.fd_limit += 3;
    watch.look();
    watch.look();
    traffic.dropped.fd_limit += 1;
    probe.code = 'ENFILE';
    watch.look();
    expect(log.named('descriptors.exhausted')).toMatchObject([
      { upstream: 3, clients: 0, code: 'none' },
      { upstream: 0, clients: 1, code: 'ENFILE' },
    ]);
  });

  test('reads what the system says of this process', () => {
    expect(descriptorLimit()).toBeGreaterThan(0);
    expect(descriptorLimit('/nonexistent')).toBeNull();
    expect(openDescriptors()).not.toBe(0);
  });
});
