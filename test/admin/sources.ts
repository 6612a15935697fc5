/** What the admin side shows, without an instance behind it. */
import { DEADLINES } from '../../src/lib/deadlines.ts';
import type { AdminSources } from '../../src/admin/server.ts';
import type { ControlView } from '../../src/observe/control-view.ts';
import { counterLayout } from '../../src/observe/counter-layout.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { CONFIG, controlView, NOW } from '../observe/fixtures.ts';
import { stretched } from '../support/stretched.ts';

export function adminSources(overrides: Partial<ControlView> = {}): AdminSources {
  const view = controlView(overrides);
  const layout = counterLayout(CONFIG);
  const counters = new SharedArrayBuffer(layout.bytes(CONFIG.workers));
  const now = (): number => NOW;
  const slots = { listeners: [0, 1], lists: [0, 1] };
  return {
    view,
    metrics: createMetrics({ config: () => CONFIG, slots: () => slots, layout, counters, view, now }),
    now,
    keeper: null,
    askers: { refuses: () => Promise.resolve(null), told: () => {} },
    onError: () => {},
    deadlines: stretched(DEADLINES.admin),
  };
}
