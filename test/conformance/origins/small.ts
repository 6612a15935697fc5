/** Small servers in C, as devices and programs have them built in: CivetWeb and Merecat (thttpd). Files, as they are shipped. */
import { configuration } from './origin.ts';
import type { Family, OriginSetup, Ports } from './origin.ts';
import { freePorts } from './free-ports.ts';

export const civetweb: Family = {
  name: 'civetweb',
  needs: ['civetweb'],
  configurations: [configuration('civetweb')],
  start: async (setup) =>
    await started(setup, 'civetweb', (port) => [
      '-document_root',
      setup.root,
      '-listening_ports',
      `127.0.0.1:${port}`,
      '-enable_keep_alive',
      'yes',
      '-tcp_nodelay',
      '1',
      '-num_threads',
      '12',
    ]),
};

export const merecat: Family = {
  name: 'merecat',
  needs: ['merecat'],
  // It serves a page with a slash at the end too.
  configurations: [configuration('merecat', { fold: ['slash'] })],
  start: async (setup) =>
    await started(setup, 'merecat', (port) => ['-n', '-p', String(port), setup.root, '127.0.0.1']),
};

async function started(setup: OriginSetup, name: string, args: (port: number) => readonly string[]): Promise<Ports> {
  const ports = await freePorts([name]);
  const port = ports.get(name)!;
  await setup.run(name, args(port)).listens([port]);
  return ports;
}
