/** Node programs and Express, and the same programs behind other servers. */
import { join } from 'node:path';
import { configuration } from './origin.ts';
import type { Family, OriginSetup, Ports } from './origin.ts';
import { portsOf } from './process.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const NODE: string = join(ROOT, 'node_modules', '.bin', 'node');
const SERVER = join(import.meta.dirname, 'programs', 'node-origin.ts');

/** Express matches routes in any case and with a slash at the end, unless told otherwise. */
const ROUTES = ['case', 'slash'] as const;

export const node: Family = {
  name: 'node',
  needs: [],
  configurations: [
    ...[
      'node-raw-router',
      'node-decoding-router',
      'node-double-decoding-router',
      'node-normalising-router',
      'node-normalise-decode-router',
      'node-windows-router',
    ].map((name) => configuration(name)),
    ...[
      'node-url-router',
      'node-url-raw-router',
      'node-url-parse-router',
      'node-decoded-url-router',
      'node-url-files',
      'node-url-parse-files',
    ].map((name) => configuration(name)),
    configuration('node-semicolon-router', { fold: ['params'] }),
    configuration('node-dropping-router'),
    configuration('node-decoded-query-router'),
    configuration('express-static'),
    configuration('express-routes', { fold: ROUTES }),
    configuration('express-use', { fold: ROUTES }),
    configuration('express-use-static', { fold: ROUTES }),
  ],
  start: startNode,
};

export async function startNode(setup: OriginSetup): Promise<Ports> {
  return portsOf(await setup.run(NODE, [SERVER, setup.root], { cwd: ROOT }).firstLine());
}
