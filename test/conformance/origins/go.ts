/** Go: the file server and the router of the standard library, and handlers that look at the path themselves. */
import { join } from 'node:path';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';
import { portsOf } from './process.ts';

const SOURCE = join(import.meta.dirname, 'programs', 'origin.go');

export const go: Family = {
  name: 'go',
  needs: ['go'],
  configurations: [
    'go-files',
    'go-mux',
    'go-mux-files',
    'go-path-router',
    'go-clean-router',
    'go-escaped-router',
    'go-uri-router',
  ].map((name) => configuration(name)),
  async start(setup) {
    const binary = join(setup.directory, 'origin');
    // Nothing but the standard library: no module is asked for anywhere.
    await setup
      .run('go', ['build', '-o', binary, SOURCE], { env: { GOPROXY: 'off', GO111MODULE: 'off', CGO_ENABLED: '0' } })
      .finished();
    return portsOf(await setup.run(binary, [setup.root]).firstLine());
  },
};
