/** The server built into PHP: files, front controllers that take the path from the address in several ways, and one that has a name of its own. */
import { join } from 'node:path';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';
import { freePorts } from './free-ports.ts';

const ROUTER = join(import.meta.dirname, 'programs', 'router.php');
/** Its `index.php` serves what is no file. */
const FRONT = join(import.meta.dirname, 'programs', 'front');

/** What the router is told; null: no router, files. */
const SERVERS: Readonly<Record<string, string | null>> = {
  'php-static': null,
  'php-parse-url-router': 'parse_url',
  'php-parse-url-raw-router': 'parse_url-raw',
  'php-uri-router': 'uri',
  'php-front-uri': 'uri',
  'php-front-path-info': 'path-info',
  'php-front-prefix': 'prefix',
};

export const php: Family = {
  name: 'php',
  needs: ['php'],
  // It closes every connection.
  configurations: Object.keys(SERVERS).map((name) =>
    configuration(name, { depth: 1, connections: 8, fold: name === 'php-static' ? ['slash'] : [] }),
  ),
  async start(setup) {
    const { root } = setup;
    const ports = await freePorts(Object.keys(SERVERS));
    const programs = Object.entries(SERVERS).map(([name, router]) => {
      const isFront = name.startsWith('php-front');
      const place = ['-n', '-S', `127.0.0.1:${ports.get(name)!}`, '-t', isFront ? FRONT : root];
      const args = router === null || isFront ? place : [...place, ROUTER];
      return setup.run('php', args, { env: { CONFORMANCE_ROUTER: router ?? '' } });
    });
    await Promise.all(programs.map(async (program, i) => await program.listens([[...ports.values()][i]!])));
    return ports;
  },
};
