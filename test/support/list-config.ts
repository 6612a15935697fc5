/** The configuration of a list in a file, all else left at its default. */
import type { GateConfig, ListConfig } from '../../src/config/list-types.ts';
import type { PageConfig } from '../../src/config/page-types.ts';
import type { ListAction } from '../../src/lib/types.ts';

const PAGE: PageConfig = {
  operator: { en: 'Example ISP', fr: 'Example ISP' },
  contact: null,
  appeal: null,
  tipLine: null,
  help: [],
  reason: { en: null, fr: null },
};

export const NO_GATE_FILES: GateConfig = {
  growth: 0.5,
  shrink: 0.5,
  canaries: null,
  protected: null,
  protectedEntries: 'refuse',
};

export function listConfig(name: string, path: string, action: ListAction = 'block'): ListConfig {
  return {
    name,
    source: { kind: 'file', path },
    action,
    optIn: false,
    maxBadLineRatio: 0,
    suffixes: 'refuse',
    gate: NO_GATE_FILES,
    named: false,
    status: 403,
    blockedBy: null,
    selfTest: { intervalMs: 900_000, address: null },
    page: PAGE,
  };
}
