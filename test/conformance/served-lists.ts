/** The lists of a run as a real `serve` is given them, and what it answers with. */
import type { ProxySetup } from '../support/proxy-process.ts';
import type { ListTexts } from './filter.ts';

/** Status of the page of a block: no origin of the run answers with it. */
export const BLOCKED = 451;

export function servedLists({ block, allow }: ListTexts): NonNullable<ProxySetup['lists']> {
  return {
    block: { text: block, action: 'block', status: BLOCKED },
    allow: { text: allow, action: 'allow' },
  };
}
