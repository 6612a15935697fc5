/** Lists with a fully configured block page, for the tests of this module. */
import type { ListConfig } from '../../src/config/list-types.ts';
import type { PageConfig } from '../../src/config/page-types.ts';

export const OPERATOR_PAGE: PageConfig = {
  operator: { en: 'Réseau Example', fr: 'Réseau Example' },
  contact: 'mailto:help@isp.example?subject=Filter',
  appeal: 'https://isp.example/appeal',
  tipLine: { name: 'Example Tip Line', url: 'https://tipline.example/' },
  help: [{ name: { en: 'Someone to talk to', fr: 'Quelqu’un à qui parler' }, url: 'https://help.example/' }],
  reason: { en: null, fr: null },
};

export function pageList(overrides: Partial<ListConfig>): ListConfig {
  return {
    name: 'main',
    source: { kind: 'file', path: '/lists/main.txt' },
    action: 'block',
    optIn: false,
    maxBadLineRatio: 0,
    suffixes: 'refuse',
    gate: { growth: 0.5, shrink: 0.5, canaries: null, protected: null, protectedEntries: 'refuse' },
    named: false,
    status: 403,
    blockedBy: null,
    selfTest: { intervalMs: 900_000, address: null },
    page: OPERATOR_PAGE,
    ...overrides,
  };
}
