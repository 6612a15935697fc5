/**
 * Real clients that keep a connection and send one request after the other on it, bodies too, through a transparent listener: each is answered, as
 * without the filter, though it ends the connection behind some bodies (requirement 61).
 */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';

const COUNT = 20;
const ORIGIN = ADDRESSES.origin.ipv4;
const SERVER = `
const server = require('node:http').createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end('ok'));
});
server.keepAliveTimeout = 0;
server.listen(80, '${ORIGIN}', () => console.log('listens'));`;

/** Each prints how many of its requests were answered, on how many connections. @param method, host by its arguments. */
const CLIENTS = {
  node: `
const http = require('node:http');
const [method, host] = process.argv.slice(1);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ports = new Set();
const ask = () => new Promise((done) => {
  const headers = { Host: host, 'Content-Length': 3 };
  const request = http.request({ agent, method, host: '${ORIGIN}', path: '/x', headers }, (response) => {
    ports.add(response.socket.localPort);
    response.resume().on('end', () => done(1));
  });
  request.on('error', () => done(0)).end('a=b');
});
(async () => {
  let answered = 0;
  for (let i = 0; i < ${COUNT}; i++) answered += await ask();
  console.log(answered, ports.size);
  process.exit();
})();`,
  python3: `
import http.client, sys
method, host = sys.argv[1:]
connection, answered, ports = http.client.HTTPConnection('${ORIGIN}', 80), 0, set()
for i in range(${COUNT}):
    try:
        connection.request(method, '/x', body=b'a=b', headers={'Host': host})
        ports.add(connection.sock.getsockname()[1])
        connection.getresponse().read()
        answered += 1
    except Exception:
        connection.close()
print(answered, len(ports))`,
} as const;

describeNetwork(['python3'])('a client that keeps its connection', () => {
  const resources = new Resources();
  let network: InlineNetwork;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const server = network.machines.origin.spawn(process.execPath, '-e', SERVER);
    resources.defer(async () => {
      server.kill();
      await once(server, 'exit');
    });
    await once(server.stdout, 'data');
    await network.installRules();
  });
  afterAll(async () => await resources.end());

  describe.each(['proxy', 'client'] as const)('source: %s', (source) => {
    let filter: ProxyProcess;

    beforeAll(async () => {
      filter = await startFilter(network, { source, lists: { own: 'paths.example/listed\n' } });
      await network.steer({ returns: source === 'client' });
    });
    afterAll(async () => {
      await network.unsteer();
      await filter.stop();
    });

    async function passed(): Promise<number> {
      return (await filter.metrics()).get('cleanfeed_requests_total{listener="inline",verdict="pass"}') ?? 0;
    }

    describe.each(Object.entries(CLIENTS))('%s', (program, script) => {
      test.each([
        ['POST', 'plain.example'],
        ['POST', 'paths.example'],
        ['PROPFIND', 'plain.example'],
        ['DELETE', 'plain.example'],
      ])('%s to %s: each is answered, on one connection', async (method, host) => {
        const before = await passed();
        const words = program === 'node' ? [process.execPath, '-e'] : [program, '-c'];
        const said = await network.machines.client.run(...words, script, method, host);
        expect(said).toBe(`${COUNT} 1\n`);
        expect((await passed()) - before).toBe(COUNT);
      });
    });
  });
});
