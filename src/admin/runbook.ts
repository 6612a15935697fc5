/**
 * Sections of docs/operations.md as texts, for an operator who has no other copy of it at hand.
 * It must not give a section that no line of "Needs attention" names.
 */
import { readFileSync } from 'node:fs';
import { ATTENTION } from './attention-table.ts';

const GUIDE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** @returns them by their paths on the admin address. */
export function runbooks(guide = GUIDE): ReadonlyMap<string, string> {
  const sections = guide.split(/^(?=#{2,3} )/m).map((section) => [anchorOf(section), section] as const);
  const wanted = new Set<string>(Object.values(ATTENTION).map(({ runbook }) => runbook));
  return new Map(
    sections.filter(([anchor]) => wanted.has(anchor)).map(([anchor, section]) => [`/runbook/${anchor}`, section]),
  );
}

/** The anchor that GitHub makes of a heading. */
function anchorOf(section: string): string {
  const [heading = ''] = section.split('\n', 1);
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
