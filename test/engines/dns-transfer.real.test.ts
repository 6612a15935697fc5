/**
 * Zone transfers through a DNS front, of a real Knot, by kdig, dig and a client that stays: every record, in many messages, and nothing behind them.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StreamClient } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startEngine, type Engine } from './support/engine.ts';

const RECORDS = 5000;
const AXFR = 252;
const SOA = 6;

async function startKnot(folder: string): Promise<Engine> {
  const port = await freePort();
  mkdirSync(join(folder, 'knot'));
  const hosts = Array.from({ length: RECORDS }, (_, i) => `host${i} TXT "${'x'.repeat(100)}"`);
  writeFileSync(
    join(folder, 'big.zone'),
    `$ORIGIN big.example.\n$TTL 60\n@ SOA ns h 1 60 60 60 60\n@ NS ns\nns A 192.0.2.1\n${hosts.join('\n')}\n`,
  );
  const file = join(folder, 'knot.conf');
  writeFileSync(
    file,
    `server:
    listen: 127.0.0.1@${port}
    rundir: "${folder}/knot"
database:
    storage: "${folder}/knot"
log:
  - target: stderr
    any: info
acl:
  - id: all
    address: 127.0.0.0/8
    action: transfer
zone:
  - domain: big.example
    file: "${folder}/big.zone"
    journal-content: none
    zonefile-sync: -1
    acl: all
`,
  );
  const isReady = (log: string): boolean => log.includes('server started');
  return await startEngine({ program: 'knotd', port, args: ['-c', file], folder, isReady });
}

describeWith(['knotd', 'kdig', 'dig'])('a zone transfer through the front', () => {
  const directory = temporaryDirectory();
  let knot: Engine;
  let front: ProxyProcess;

  beforeAll(async () => {
    knot = await startKnot(directory.path);
    const upstream = [`127.0.0.1:${knot.port}`];
    const listeners = [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream }];
    front = await startProxy({ config: { listeners, resolver: { front: { timeout: '3s', tcpIdle: '9s' } } } });
  });
  afterAll(async () => {
    await front.stop();
    await knot.stop();
    directory[Symbol.dispose]();
  });

  test.each(['kdig', 'dig'])('%s has it whole', (program) => {
    const ask = (port: number): readonly string[] => {
      const args = ['@127.0.0.1', '-p', String(port), '+noall', '+answer', 'big.example', 'AXFR'];
      const said = execFileSync(programPath(program) ?? program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
      return said
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith(';'))
        .toSorted();
    };
    const through = ask(front.port);
    expect(through).toEqual(ask(knot.port));
    expect(through).toHaveLength(RECORDS + 4);
  });

  test('a client that stays is told nothing behind it, and asks on', async () => {
    await using client = await StreamClient.of(front.port);
    client.send(queryBytes({ id: 1, name: 'big.example', qtype: AXFR }));
    const records = (): number => client.came.reduce((sum, message) => sum + message.readUInt16BE(6), 0);
    await eventually('it is whole', () => records() === RECORDS + 4);
    const messages = client.came.length;
    expect(messages).toBeGreaterThan(1);
    client.send(queryBytes({ id: 2, name: 'big.example', qtype: SOA }));
    await eventually('it is answered', () => client.came.length === messages + 1);
    // Far behind the time-out.
    await client.ended;
    expect(client.came).toHaveLength(messages + 1);
    expect(client.came.every((message) => (message.readUInt16BE(2) & 0xf) === 0)).toBe(true);
  });
});
