/**
 * dnsdist with the shipped configuration serves DoT and DoH, and tells what is behind it who the client is. Behind it stands Unbound,
 * which reads PROXY headers as the front does, and answers one address of loopback and refuses another; or our own front, before a resolver.
 */
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startUnbound } from '../support/unbound.ts';
import { certificate } from './support/certificate.ts';
import { startEngine, type Engine } from './support/engine.ts';
import { relocated, shippedFile } from './support/relocate.ts';
import { write } from './support/site.ts';

const STRANGER = '127.0.0.99';

async function kdig(...args: readonly string[]): Promise<string> {
  const all = ['@127.0.0.1', '+retry=0', '+time=30', ...args];
  return await new Promise((resolve) => {
    execFile(programPath('kdig') ?? 'kdig', all, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

describeWith(['dnsdist', 'unbound', 'kdig', 'openssl'])('dnsdist before the front', () => {
  const directory = temporaryDirectory();
  const ports = { dot: 0, doh: 0, front: 0 };
  let engines: Engine[] = [];

  beforeAll(async () => {
    certificate(directory.path, 'dns.isp.example');
    for (const name of ['dot', 'doh', 'front'] as const) ports[name] = await freePort();
    engines = [await startFront(directory.path, ports.front), await startDnsdist(directory.path, ports)];
  });
  afterAll(async () => {
    await Promise.all(engines.map(async (engine) => await engine.stop()));
    directory[Symbol.dispose]();
  });

  const trusted = [`+tls-ca=${join(directory.path, 'certificate.pem')}`, '+tls-host=dns.isp.example'];
  const ways = [
    ['DoT', () => ['-p', String(ports.dot), '+tls', ...trusted]],
    ['DoH', () => ['-p', String(ports.doh), '+tls', '+https=dns.isp.example/dns-query', ...trusted]],
  ] as const;

  test.each(ways)('%s: a client has its answer, and what is behind knows its address', async (_, options) => {
    expect(await kdig(...options(), 'known.example', 'A')).toMatch(/known\.example\.\s+\d+\s+IN\s+A\s+198\.51\.100\.9/);
    expect(await kdig(...options(), '-b', '127.0.0.77', 'known.example', 'A')).toContain('status: REFUSED');
  });

  test.each(ways)('%s: who is no customer has no answer', async (_, options) => {
    expect(await kdig(...options(), '-b', STRANGER, '+time=10', 'known.example', 'A')).not.toContain('status:');
  });

  test.each(ways)(
    '%s: the canary domain does not exist, and the resolvers of the house are told',
    async (_, options) => {
      expect(await kdig(...options(), 'use-application-dns.net', 'A')).toContain('status: NXDOMAIN');
      const told = await kdig(...options(), '_dns.resolver.arpa', 'TYPE64');
      expect(told).toMatch(/SVCB\s+1 dns\.isp\.example\. alpn="h2" port=443 dohpath="\/dns-query\{\?dns\}"/);
      expect(told).toMatch(/SVCB\s+2 dns\.isp\.example\. alpn="dot" port=853/);
      expect(await kdig(...options(), '_dns.resolver.arpa', 'A')).toMatch(/status: NOERROR[^]*ANSWER: 0/);
    },
  );
});

describeWith(['dnsdist', 'unbound', 'kdig', 'openssl'])('dnsdist before our own front, over DoT and DoH', () => {
  const directory = temporaryDirectory();
  const ports = { dot: 0, doh: 0, front: 0 };
  const stack = new AsyncDisposableStack();
  let front: ProxyProcess;

  beforeAll(async () => {
    certificate(directory.path, 'dns.isp.example');
    for (const name of ['dot', 'doh', 'front'] as const) ports[name] = await freePort();
    const known = ['known', 'blocked', 'steered'].map((host) => `local-data: "${host}.example. 60 IN A 198.51.100.9"`);
    const resolver = stack.use(await startUnbound({ lines: known }));
    const listener = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: ports.front };
    front = stack.use(
      await startProxy({
        lists: { national: 'blocked.example dns\nsteered.example steer\n' },
        config: {
          listeners: [{ ...listener, upstream: [resolver.server], proxyProtocol: { from: ['127.0.0.1'] } }],
          resolver: { answers: { steer: { a: ['203.0.113.1'] } } },
          clients: { allow: ['127.0.0.1', '127.0.0.77'] },
          exempt: { clients: ['127.0.0.77'] },
        },
      }),
    );
    const dnsdist = await startDnsdist(directory.path, ports);
    stack.defer(async () => await dnsdist.stop());
  });
  afterAll(async () => {
    await stack.disposeAsync();
    directory[Symbol.dispose]();
  });

  const trusted = [`+tls-ca=${join(directory.path, 'certificate.pem')}`, '+tls-host=dns.isp.example'];
  const ways = [
    ['DoT', () => ['-p', String(ports.dot), '+tls', ...trusted]],
    ['DoH', () => ['-p', String(ports.doh), '+tls', '+https=dns.isp.example/dns-query', ...trusted]],
  ] as const;
  const address = (said: string): string | undefined => /^\S+\s+\d+\s+IN\s+A\s+([\d.]+)$/m.exec(said)?.[1];

  test.each(ways)('%s: what is listed is refused and steered, what is not passes', async (_, options) => {
    expect(address(await kdig(...options(), 'known.example', 'A'))).toBe('198.51.100.9');
    expect(address(await kdig(...options(), 'steered.example', 'A'))).toBe('203.0.113.1');
    expect(await kdig(...options(), 'blocked.example', 'A')).toMatch(/status: NXDOMAIN[^]*EDE: 15/);
  });

  test.each(ways)('%s: the client is judged, and not dnsdist', async (_, options) => {
    expect(address(await kdig(...options(), '-b', '127.0.0.77', 'blocked.example', 'A'))).toBe('198.51.100.9');
    // One of dnsdist’s customers, and none of the filter’s.
    expect(address(await kdig(...options(), '-b', '127.0.0.78', '+time=10', 'known.example', 'A'))).toBeUndefined();
  });

  test('many at once over one connection, each its own answer', async () => {
    const names = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 'known.example' : 'blocked.example'));
    const said = await kdig(
      '-p',
      String(ports.dot),
      '+tls',
      ...trusted,
      '+keepopen',
      ...names.flatMap((name) => [name, 'A']),
    );
    expect(said.match(/status: NOERROR/g)).toHaveLength(25);
    expect(said.match(/status: NXDOMAIN/g)).toHaveLength(25);
    expect((await front.metrics()).get('cleanfeed_dns_dropped_total{reason="proxy_header_invalid"}')).toBe(0);
  });
});

async function startDnsdist(folder: string, ports: { dot: number; doh: number; front: number }): Promise<Engine> {
  const configuration = relocated(shippedFile('dnsdist.conf'), [
    ['192.0.2.25:853', `127.0.0.1:${ports.dot}`],
    ['192.0.2.25:443', `127.0.0.1:${ports.doh}`],
    ['127.0.0.1:5353', `127.0.0.1:${ports.front}`],
    ["'192.0.2.0/24'", "'127.0.0.1/32', '127.0.0.77/32', '127.0.0.78/32'"],
    ['/etc/dnsdist/fullchain.pem', join(folder, 'certificate.pem')],
    ['/etc/dnsdist/key.pem', join(folder, 'certificate.key')],
  ]);
  const file = write(folder, 'dnsdist.conf', configuration);
  return await startEngine({
    program: 'dnsdist',
    port: ports.dot,
    args: ['--supervised', '--disable-syslog', '-C', file],
    folder,
    isReady: async () => (await portAccepts(ports.dot)) && (await portAccepts(ports.doh)),
  });
}

/** Refuses 127.0.0.77 by its own access list. */
async function startFront(folder: string, port: number): Promise<Engine> {
  const text = `server:
    interface: 127.0.0.1@${port}
    proxy-protocol-port: ${port}
    access-control: 127.0.0.77/32 refuse
    directory: "${folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    module-config: "iterator"
    local-data: "known.example. 60 IN A 198.51.100.9"
remote-control:
    control-enable: no
`;
  return await startEngine({
    program: 'unbound',
    port,
    args: ['-d', '-c', write(folder, 'front.conf', text)],
    folder,
    isReady: (log) => log.includes('start of service'),
  });
}
