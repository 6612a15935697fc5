/**
 * What the route feed announces and holds: one row a metric. Without a feed none has a sample.
 * It must not put an address or a host into a label.
 */
import type { RouteStatus } from './control-view.ts';
import type { MetricRow, Sample } from './metric-row.ts';

export const ROUTE_METRICS: readonly MetricRow<RouteStatus | null>[] = [
  {
    kind: 'gauge',
    name: 'routes',
    help: 'Addresses of the route feed, by state.',
    read: ofRoutes(({ announced, held, denied }) => counts('state', { announced, held, denied })),
  },
  {
    kind: 'counter',
    name: 'route_withdrawn_total',
    help: 'Routes that were withdrawn, by reason.',
    read: ofRoutes(({ withdrawn }) => counts('reason', withdrawn)),
  },
  {
    kind: 'counter',
    name: 'route_failures_total',
    help: 'What the route feed could not do, by reason; all of it is tried again.',
    read: ofRoutes(({ failures }) => counts('reason', failures)),
  },
];

function ofRoutes(samples: (routes: RouteStatus) => readonly Sample[]) {
  return (routes: RouteStatus | null): readonly Sample[] => (routes === null ? [] : samples(routes));
}

function counts(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([value, count]) => [{ [label]: value }, count]);
}
