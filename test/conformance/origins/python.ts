/** Python: the file server of the standard library, and programs that take the path from the address in several ways. */
import { join } from 'node:path';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';
import { portsOf } from './process.ts';

const SERVER = join(import.meta.dirname, 'programs', 'python_origin.py');

export const python: Family = {
  name: 'python',
  needs: ['python3'],
  configurations: [
    // It asks for no slash at the end before it decodes: `/page%2f` is the page.
    configuration('python-files', { fold: ['slash'] }),
    configuration('python-urlparse-router', { fold: ['params'] }),
    configuration('python-urlsplit-router'),
    // normpath leaves no slash at the end.
    configuration('python-normpath-router', { fold: ['slash'] }),
    // The server of wsgiref closes every connection.
    configuration('python-wsgi-router', { depth: 1, connections: 8 }),
  ],
  start: async (setup) => portsOf(await setup.run('python3', ['-I', '-B', SERVER, setup.root]).firstLine()),
};
