/**
 * Clients that know a cookie of the resolver behind a DNS front (RFC 7873) and hear answers of the front's own: c-ares drops what comes without its
 * cookie, BIND asks again over TCP.
 *
 *   c-ares, named (forward only) ─▶ front ─▶ named, which gives cookies ─▶ Knot
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { PYTHON } from '../support/python-tuf.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ask } from './support/dig.ts';
import { startEngine, type Engine } from './support/engine.ts';
import { startUpstream } from './support/upstream.ts';

/** Debian's binding of c-ares, the resolver of Envoy, gRPC, Home Assistant and others. */
const PYCARES = '/usr/lib/python3/dist-packages/pycares';
/** Asks for A records one after the other; of each its addresses, or the error's name. No time-out that a busy machine meets. */
const ASKS = `
import json, select, sys
import pycares
port, *names = sys.argv[1:]
channel = pycares.Channel(servers=['127.0.0.1'], udp_port=int(port), tcp_port=int(port), timeout=20, tries=1)
said = []
for name in names:
    count = len(said)
    channel.query(name, pycares.QUERY_TYPE_A, lambda result, error: said.append([r.host for r in result] if error is None else pycares.errno.errorcode[error]))
    while len(said) == count:
        readable, writable = channel.getsock()
        r, w, _ = select.select(readable, writable, [], channel.timeout())
        for fd in r: channel.process_fd(fd, pycares.ARES_SOCKET_BAD)
        for fd in w: channel.process_fd(pycares.ARES_SOCKET_BAD, fd)
        if not r and not w: channel.process_fd(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)
print(json.dumps(said))
`;
const STEERED = '203.0.113.1';

async function startNamed(folder: string, name: string, upstream: number): Promise<Engine> {
  const home = join(folder, name);
  mkdirSync(home);
  const port = await freePort();
  const file = join(home, 'named.conf');
  writeFileSync(
    file,
    `options { directory "${home}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion yes; allow-query { any; };
dnssec-validation no; pid-file none; session-keyfile none; forward only; forwarders { 127.0.0.1 port ${upstream}; }; };
controls {};\n`,
  );
  const isReady = async (): Promise<boolean> => (await ask(port, { name: 'www.example' })).records.length === 1;
  return await startEngine({ program: 'named', port, args: ['-g', '-n', '1', '-c', file], folder: home, isReady });
}

describeWith(['knotd', 'named', 'dig', PYCARES])(
  'answers of a front’s own to clients with a cookie of the resolver behind it',
  () => {
    const directory = temporaryDirectory();
    const engines: Engine[] = [];
    let front: ProxyProcess;

    beforeAll(async () => {
      const zones = await startUpstream(directory.path, {
        example: ['www A 198.51.100.10', 'steered A 198.51.100.11', 'blocked A 198.51.100.12'],
      });
      engines.push(zones);
      const resolver = await startNamed(directory.path, 'resolver', zones.port);
      engines.push(resolver);
      const upstream = [`127.0.0.1:${resolver.port}`];
      front = await startProxy({
        lists: { names: 'steered.example steer\nblocked.example dns\n' },
        config: {
          listeners: [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream }],
          resolver: { answers: { steer: { a: [`${STEERED}/32`] } } },
        },
      });
    });
    afterAll(async () => {
      await front.stop();
      for (const engine of engines.toReversed()) await engine.stop();
      directory[Symbol.dispose]();
    });

    test('c-ares takes them', async () => {
      const names = ['www.example', 'www.example', 'steered.example', 'blocked.example', 'www.example'];
      const { stdout } = await promisify(execFile)(PYTHON, ['-c', ASKS, String(front.port), ...names]);
      const passed = ['198.51.100.10'];
      expect(JSON.parse(stdout)).toEqual([passed, passed, [STEERED], 'ARES_ENOTFOUND', passed]);
    });

    test('BIND takes them, over UDP', async () => {
      const forwarder = await startNamed(directory.path, 'forwarder', front.port);
      engines.push(forwarder);
      expect((await ask(forwarder.port, { name: 'steered.example' })).records).toEqual([`A ${STEERED}`]);
      expect((await ask(forwarder.port, { name: 'blocked.example' })).status).toBe('NXDOMAIN');
      // It has a cookie of the resolver's, and would say that one is missing, and ask over TCP.
      expect(forwarder.log()).not.toMatch(/missing expected cookie/);
    });
  },
);
