/** The file for Knot Resolver goes on watching the zone after an error: once an error ended it in silence, and no change was taken any more. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { shippedFile } from './support/relocate.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NXDOMAIN = 3;
const REFUSED = 5;

/** At the first change the watcher raises an error, as cqueues may. */
const RAISES_ONCE = `
local notify = require('cqueues.notify')
local open, times = notify.opendir, 0
notify.opendir = function(folder)
  local watcher = open(folder)
  times = times + 1
  if times > 1 then return watcher end
  return {
    add = function(_, ...) return watcher:add(...) end,
    changes = function()
      local following = watcher:changes()
      return function(...)
        following(...)
        error('raised once')
      end
    end,
  }
end
`;

const zoneOf = (name: string, serial: number): string =>
  `$ORIGIN rpz.example.\n@ 60 SOA localhost. hostmaster.localhost. ${serial} 60 60 600 60\n@ 60 NS localhost.\n${name} 60 CNAME .\n`;

async function rcodeOf(name: string, port: number): Promise<number | null> {
  const socket = createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<number | null>();
  socket.on('message', (answer) => resolve((answer[3] ?? 0) & 15));
  socket.on('error', () => resolve(null));
  socket.on('connect', () => socket.send(queryBytes({ name })));
  socket.connect(port, '127.0.0.1');
  try {
    return await promise;
  } finally {
    socket.close();
  }
}

describeWith(['kresd'])('Knot Resolver', () => {
  test('an error while the zone is watched: the next change is taken all the same, and the log has the error', async () => {
    using folder = temporaryDirectory();
    const port = await freePort();
    const [zone, loader, next] = [folder.file('rpz.zone'), folder.file('zone.lua'), folder.file('next')];
    writeFileSync(zone, zoneOf('one.example', 1));
    writeFileSync(loader, shippedFile('knot-resolver-zone.lua'));
    writeFileSync(
      folder.file('kresd.conf'),
      `net.listen('127.0.0.1', ${port}, { kind = 'dns' })\nmodules = { 'policy' }\n${RAISES_ONCE}
policy.add(dofile('${loader}')('${zone}'))\npolicy.add(policy.all(policy.REFUSE))\n`,
    );
    const words = ['-n', '-c', folder.file('kresd.conf'), folder.path];
    const resolver = spawn(programPath('kresd')!, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [resolver.stdout, resolver.stderr])
      stream.on('data', (piece: Buffer) => {
        said += String(piece);
      });
    const has = async (name: string, rcode: number): Promise<void> => {
      await eventually(`${name}: ${rcode}`, async () => (await rcodeOf(name, port)) === rcode);
    };
    await has('one.example', NXDOMAIN);
    for (const [name, serial] of [
      ['two.example', 2],
      ['three.example', 3],
    ] as const) {
      writeFileSync(next, zoneOf(name, serial));
      renameSync(next, zone);
      await has(name, NXDOMAIN);
      await has('one.example', REFUSED);
    }
    expect(said).toMatch(/policy zone not watched, tried again in a second: .*raised once/);
    resolver.kill();
    await once(resolver, 'exit');
  });
});
