/**
 * What axe-core, the checker of accessibility that the field uses, has against a page as Chromium shows it just now: every rule that it
 * runs by default, best practice too, and the one of WCAG 2.2 that it does not (the size of what is pressed). It must not stand in for a person with a screen reader: axe finds what a machine can find.
 */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * Evaluated by the browser's debugger, so that a page's policy, which permits no script of others, stays in force.
 * @returns a line for each violation: rule, what it is about, the elements; none where axe has nothing to say.
 */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>(`typeof globalThis.axe === 'object'`))) await page.evaluate<unknown>(axe.source);
  return await page.evaluate<
    string[]
  >(`globalThis.axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => id + ': ' + help + ' (' + nodes.map(({ target }) => target.join(' ')).join(', ') + ')'))`);
}
