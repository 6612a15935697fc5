/**
 * What axe-core, the checker of accessibility that the field uses, has against a page as Chromium shows it just now: every rule that it
 * has, best practice too. It must not stand in for a person with a screen reader: axe finds what a machine can find.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Evaluated by the browser's debugger, so that a page's policy, which permits no script of others, stays in force.
 * @returns a line for each violation: rule, what it is about, the elements; none where axe has nothing to say.
 */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>(`typeof globalThis.axe === 'object'`))) await page.evaluate<unknown>(AXE);
  return await page.evaluate<
    string[]
  >(`globalThis.axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => id + ': ' + help + ' (' + nodes.map(({ target }) => target.join(' ')).join(', ') + ')'))`);
}
