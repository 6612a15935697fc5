/** Rules of ad blockers, judged by the engine of one (@ghostery/adblocker). */
import { FiltersEngine, Request } from '@ghostery/adblocker';
import { expect, test } from '@jest/globals';
import { ADDRESSES, expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';

const RULES: Tool = {
  row: 'ad blocker (browser)',
  from: 'adblock',
  options: { match: 'url' },
  head: ['[Adblock Plus 2.0]', '! Title: a list'],
  kinds: [
    (name) => [`||${name}^`],
    (name) => [`||${name}^$important`],
    (name) => [`||${name}^$all`],
    (name) => [`||${name}^$third-party`],
    (name) => [`||${name}^$image`],
    (name) => [`||${name}/dir/`],
    (name) => [`||${name}/dir/*`],
    (name) => [`||${name}/page`],
    (name) => [`||${name}/page^`],
    (name) => [`||${name}/page|`],
    (name) => [`||${name}/page?x=1|`],
    (name) => [`|http://${name}/page|`],
    (name) => [`|https://${name}/`],
    (name) => [`|http://${name}^`],
    (name) => [`||${name}`],
    (name) => [`||${name}/`],
    (name) => [`||${name}^|`],
    (name) => [`||${name}:8080^`],
    (name) => [`||*.${name}^`],
    (name) => [`||${name}/d*r/`],
    (name) => [`/${name.replace('.', '\\.')}\\/page/`],
    (name) => [`.${name}/page`],
    (name) => [`||${name}^`, `@@||good.${name}^`],
    (name) => [`||${name}^`, `@@||${name}/page$script`],
    (name) => [`||${name}^`, `||${name}^$badfilter`],
    (name) => [`${name}##.banner`],
    (name) => [name],
  ],
};

const WITH_ALLOW: Tool = {
  ...RULES,
  row: 'ad blocker (browser), with `--allow`',
  options: { match: 'url', allowUntil: '2099-12-31' },
};

test.each([RULES, WITH_ALLOW])('$row: an ad blocker does what the list does, or more for a named reason', (tool) => {
  const made = toolFile(tool);
  const engine = FiltersEngine.parse(made.text);
  const blocks = ADDRESSES.map(({ url }) => {
    // A part of a page of another site, of a kind that no rule names but for those with conditions.
    const asked = Request.fromRawDetails({ url, type: 'script', sourceUrl: 'https://page.invalid/' });
    return engine.match(asked).match;
  });
  expect(blocks.includes(true)).toBe(true);
  expectComparison(tool, made, blocks);
});
