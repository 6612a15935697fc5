/**
 * A steered name without signatures that is an alias of a name with them, asked for with the DO bit: nobody takes the filter's address for a forgery, so
 * it is answered, and a resolver that validates (Unbound) takes it. A name that has signatures of its own passes as before.
 *
 *   dig ─▶ Unbound that validates ─▶ front ─▶ Unbound ─▶ Knot: example. unsigned, signed.example. signed
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FREE_PORTS, freePort } from '../support/free-port.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ask } from './support/dig.ts';
import { startEngine, type Engine } from './support/engine.ts';
import { startUpstream } from './support/upstream.ts';

const STEERED = 'A 203.0.113.1';
const ZONE = ['alias CNAME a.signed', 'plain A 198.51.100.11', 'nowhere CNAME absent.signed'];
const SIGNED = ['a A 198.51.100.30', 'own CNAME a', 'd DNAME e', 'x.e A 198.51.100.31'];
const LIST = ['alias', 'plain', 'nowhere', 'a.signed', 'own.signed', 'x.d.signed', 'absent.signed']
  .map((name) => `${name}.example steer\n`)
  .join('');

async function startUnbound(
  folder: string,
  name: string,
  { upstream, server = '' }: { readonly upstream: number; readonly server?: string },
): Promise<Engine> {
  const home = join(folder, name);
  mkdirSync(home);
  const port = await freePort();
  const file = join(home, 'unbound.conf');
  const module = server === '' ? 'iterator' : 'validator iterator';
  writeFileSync(
    file,
    `server:\n  interface: 127.0.0.1@${port}\n  directory: "${home}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no
  outgoing-port-avoid: ${FREE_PORTS.first}-${FREE_PORTS.end - 1}
  do-not-query-localhost: no\n  module-config: "${module}"\n${server}
remote-control:\n  control-enable: no
forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${upstream}\n`,
  );
  const isReady = async (): Promise<boolean> => (await ask(port, { name: 'ns.example' })).records.length === 1;
  return await startEngine({ program: 'unbound', port, args: ['-d', '-c', file], folder: home, isReady });
}

/** The keys of the signed zone as a trust anchor. */
function anchorOf(port: number): string {
  const args = ['@127.0.0.1', '-p', String(port), '+short', 'signed.example', 'DNSKEY'];
  const keys = execFileSync(programPath('dig') ?? 'dig', args, { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  return keys.map((key) => `  trust-anchor: "signed.example. DNSKEY ${key}"\n`).join('');
}

describeWith(['knotd', 'unbound', 'dig'])('steered names and signatures', () => {
  const directory = temporaryDirectory();
  const engines: Engine[] = [];
  let front: ProxyProcess;
  let validating: Engine;

  beforeAll(async () => {
    const zones = await startUpstream(directory.path, { example: ZONE, signed: SIGNED });
    engines.push(zones);
    const resolver = await startUnbound(directory.path, 'resolver', { upstream: zones.port });
    engines.push(resolver);
    const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [`127.0.0.1:${resolver.port}`] };
    front = await startProxy({
      lists: { names: LIST },
      config: { listeners: [dns], resolver: { answers: { steer: { a: ['203.0.113.1'] } } } },
    });
    validating = await startUnbound(directory.path, 'validating', {
      upstream: front.port,
      server: anchorOf(zones.port),
    });
    engines.push(validating);
  });
  afterAll(async () => {
    await front.stop();
    for (const engine of engines.toReversed()) await engine.stop();
    directory[Symbol.dispose]();
  });

  test.each(['alias', 'plain'])('%s.example has none: it is steered, and that is taken', async (name) => {
    for (const options of [['+dnssec'], ['+dnssec', '+tcp'], []])
      expect((await ask(front.port, { name: `${name}.example`, options })).records).toEqual([STEERED]);
    expect(await ask(validating.port, { name: `${name}.example` })).toMatchObject({
      status: 'NOERROR',
      records: [STEERED],
    });
  });

  test('an alias of a name that is not there is steered too, with the DO bit and without', async () => {
    for (const options of [['+dnssec'], []])
      expect((await ask(front.port, { name: 'nowhere.example', options })).records).toEqual([STEERED]);
  });

  test.each([
    ['a.signed.example', 'A 198.51.100.30'],
    ['own.signed.example', 'A 198.51.100.30'],
    ['x.d.signed.example', 'A 198.51.100.31'],
  ])('%s has its own, or a DNAME above it has: it passes, and is secure', async (name, record) => {
    const { status, records, flags } = await ask(validating.port, { name, options: ['+dnssec'] });
    expect([status, flags.includes('ad')]).toEqual(['NOERROR', true]);
    expect(records).toContain(record);
    expect((await ask(front.port, { name })).records).toEqual([STEERED]);
  });

  test('what is proved to be absent passes', async () => {
    const { status, flags } = await ask(validating.port, { name: 'absent.signed.example', options: ['+dnssec'] });
    expect([status, flags.includes('ad')]).toEqual(['NXDOMAIN', true]);
  });
});
