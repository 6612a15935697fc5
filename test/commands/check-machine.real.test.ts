/** `check --host` on a machine of a network of its own, which has everything, and then lacks one thing after the other. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { ADDRESSES, InlineNetwork } from '../network/support/inline-network.ts';
import { describeNetwork } from '../network/support/programs.ts';
import { connectFrom } from '../network/support/sockets.ts';
import { TransparentRelay } from '../network/support/transparent-relay.ts';
import { ROOT } from './cli-process.ts';

const ROUTES = join(ROOT, 'config', 'routes-transparent.sh');
/** As few as any machine has descriptors for. */
const FEW = `workers: 1\nlimits: { connections: 100 }\n`;
const TRANSPARENT = `${FEW}listeners:
  - name: inline
    mode: transparent
    address: 127.0.0.1
    port: 8080
    source: client
  - name: inline6
    mode: transparent
    address: "::1"
    port: 8080
upstream: { pool: { maxIdle: 100 } }
`;
const STEERED = `${FEW}listeners:
  - name: steered
    mode: steered
    addresses: [192.0.2.80/29]
    ports: [80, 443]
upstream:
  sourceAddresses: [198.51.100.2]
  pool: { maxIdle: 100 }
`;

interface Report {
  readonly code: number;
  readonly faults: readonly string[];
}

interface ReportAndWarnings extends Report {
  readonly warnings: readonly string[];
}

describeNetwork()('check --host', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    directory = temporaryDirectory();
    resources.use(directory);
  });
  beforeEach(async () => await network.installRules());
  afterAll(async () => await resources.end());

  /** Each fault as `key: message`. */
  async function check(config: string, ...under: readonly string[]): Promise<Report> {
    const { code, faults } = await checkWithWarnings(config, ...under);
    return { code, faults };
  }

  async function checkWithWarnings(config: string, ...under: readonly string[]): Promise<ReportAndWarnings> {
    writeFileSync(directory.file('f.yaml'), config);
    const command = [process.execPath, join(ROOT, 'src', 'cli.ts'), 'check', '--host', '--json', '-c', 'f.yaml'];
    const [program = '', ...words] = [...network.machines.filter.under, ...under, ...command];
    return await new Promise((resolve, reject) => {
      const env = { ...process.env, NODE_OPTIONS: '' };
      execFile(program, words, { cwd: directory.path, env }, (error, stdout, stderr) => {
        if (stdout === '') {
          reject(new Error(stderr));
          return;
        }
        const { faults, warnings } = JSON.parse(stdout) as {
          readonly faults: readonly { key: string; message: string }[];
          readonly warnings: readonly string[];
        };
        resolve({
          code: Number(error?.code ?? 0),
          faults: faults.map(({ key, message }) => `${key}: ${message}`),
          warnings: warnings.filter((warning) => !warning.startsWith('there is no list')),
        });
      });
    });
  }

  test('nothing is missing', async () => {
    expect(await check(TRANSPARENT)).toEqual({ code: 0, faults: [] });
  });

  // Was so: rule and routes of IPv6 were wanted for an IPv4 listener, and the script that makes them failed before it had made all of IPv4's.
  test('a machine without IPv6, and a listener of IPv4: nothing is missing', async () => {
    const isOff = 'net.ipv6.conf.all.disable_ipv6';
    const { filter } = network.machines;
    await filter.script(`sh '${ROUTES}' down; sysctl -q -w ${isOff}=1; sh '${ROUTES}' up`);
    expect(await filter.run('ip', '-4', 'address', 'show', 'lo')).toContain(ADDRESSES.probeTo.ipv4);
    const [ipv4 = ''] = TRANSPARENT.split('  - name: inline6');
    const reported = await check(`${ipv4}upstream: { pool: { maxIdle: 100 } }\n`);
    await filter.script(`sysctl -q -w ${isOff}=0; ip -6 address replace ${ADDRESSES.filter.ipv6}/64 dev wire nodad
      ip -6 route replace default via 2001:db8:2::1`);
    expect(reported).toEqual({ code: 0, faults: [] });
  });

  test('explicit mode needs none of it', async () => {
    const { filter } = network.machines;
    await filter.run('nft', 'flush', 'ruleset');
    await filter.run('sysctl', '-q', '-w', 'net.ipv4.ip_forward=0');
    expect(await check(`${FEW}listeners: [{ name: explicit }]\nupstream: { pool: { maxIdle: 100 } }\n`)).toEqual({
      code: 0,
      faults: [],
    });
  });

  test.each([
    {
      name: 'rules',
      command: 'nft flush ruleset',
      faults: [
        /^listeners\[0\]\.mode: no rule of nftables sends IPv4 here with tproxy and a mark: adapt config\/nftables-transparent\.nft and load it$/,
        /^listeners\[0\]\.source: no rule keeps what origins send to addresses of clients/,
        /^listeners\[1\]\.mode: no rule of nftables sends IPv6 here/,
      ],
    },
    {
      name: 'a rule for the port that is listened on',
      command:
        "nft -a list chain inet cleanfeed catch | sed -n 's/.*ipv6.*handle //p' | xargs -I H nft replace rule inet cleanfeed catch handle H meta nfproto ipv6 meta l4proto tcp tproxy ip6 to '[::1]:8081' meta mark set 0xcf accept",
      faults: [
        /^listeners\[1\]\.mode: no rule of nftables sends IPv6 here with tproxy and a mark \(there are rules for ::1:8081\)/,
      ],
    },
    {
      name: 'the rule that keeps what is here',
      command:
        "nft -a list chain inet cleanfeed prerouting | sed -n 's/.*socket transparent.*handle //p' | xargs nft delete rule inet cleanfeed prerouting handle",
      faults: [
        /^listeners\[0\]\.mode: no rule keeps packets of connections that are here \(socket transparent 1 meta mark set 0xcf\)/,
        /^listeners\[0\]\.source: no rule keeps what origins send/,
        /^listeners\[1\]\.mode: no rule keeps packets/,
      ],
    },
    {
      name: 'ports that are caught',
      command: 'nft flush set inet cleanfeed ports',
      faults: [
        /^listeners\[0\]\.mode: the filter is out of the path: set inet cleanfeed ports is empty; back with nft add element inet cleanfeed ports '\{ 80, 443 \}'$/,
        /^listeners\[1\]\.mode: the filter is out/,
      ],
    },
    {
      name: 'the rule for marked packets, IPv4',
      command: 'ip -4 rule del fwmark 0xcf lookup 207',
      faults: [
        /^listeners\[0\]\.mode: packets with mark 0xcf have no rule: ip -4 rule add fwmark 0xcf lookup 207/,
        /^listeners\[0\]\.source: packets with mark 0xcf have no rule: ip -4/,
      ],
    },
    {
      name: 'the route of marked packets, IPv6',
      command: 'ip -6 route flush table 207',
      faults: [
        /^listeners\[1\]\.mode: packets with mark 0xcf are routed on: ip -6 route add local default dev lo table 207/,
      ],
    },
    ...[
      ['net.ipv4.ip_forward', 0, 1],
      ['net.ipv6.conf.all.forwarding', 0, 1],
      ['net.ipv4.tcp_mtu_probing', 0, '1 or 2'],
    ].map(([name, value, right]) => ({
      name: String(name),
      command: `sysctl -q -w ${name}=${value}`,
      faults: [new RegExp(`^listeners\\[0\\]\\.mode: ${String(name)} is ${value}, and must be ${right}`)],
    })),
    {
      name: 'a loose check of sources',
      command: 'sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wire.rp_filter=1',
      faults: [/^listeners\[0\]\.mode: rp_filter of wire is 1, and must be 2 or 0/],
    },
    {
      name: 'no redirects',
      command: 'sysctl -q -w net.ipv4.conf.wire.send_redirects=1',
      faults: [/^listeners\[0\]\.mode: send_redirects of wire is 1, and must be 0/],
    },
  ])('missing: $name', async ({ command, faults }) => {
    const { filter } = network.machines;
    await filter.script(command);
    const found = await check(TRANSPARENT);
    await filter.script('sysctl -q -w net.ipv4.conf.wire.rp_filter=0 net.ipv4.conf.wire.send_redirects=0');
    expect(found).toEqual({ code: 78, faults: faults.map((fault) => expect.stringMatching(fault)) });
  });

  test('rules that keep what only a listener on all addresses fits', async () => {
    const { filter } = network.machines;
    const everywhere = TRANSPARENT.replace('127.0.0.1', '0.0.0.0');
    expect(await check(everywhere)).toEqual({ code: 0, faults: [] });
    await filter.script(
      "nft -a list chain inet cleanfeed prerouting | sed -n 's/.*socket wildcard.*handle //p' | xargs nft delete rule inet cleanfeed prerouting handle",
    );
    expect(await check(TRANSPARENT)).toEqual({ code: 0, faults: [] });
    expect(await check(everywhere)).toEqual({
      code: 78,
      faults: [
        expect.stringMatching(
          /^listeners\[0\]\.address: packets to port 8080 of any host are kept here, since a listener on all addresses fits them: let it listen on 127\.0\.0\.1, or put /,
        ),
      ],
    });
  });

  test('all at once', async () => {
    const { filter } = network.machines;
    await filter.script('nft flush ruleset; ip -4 rule del fwmark 0xcf; sysctl -q -w net.ipv4.ip_forward=0');
    expect((await check(TRANSPARENT)).faults).toHaveLength(4);
  });

  test('missing: a capability, and leave to read the rules', async () => {
    const without = ['setpriv', '--bounding-set', '-net_admin,-net_raw', '--inh-caps', '-net_admin,-net_raw'];
    expect(await check(TRANSPARENT, ...without)).toEqual({
      code: 78,
      faults: [
        'listeners: rules are shown to root only: run this command as root',
        ...['[0].mode', '[0].source', '[1].mode'].map((key) =>
          expect.stringMatching(`^listeners\\${key.replace(']', '\\]')}: needs CAP_NET_ADMIN or CAP_NET_RAW`),
        ),
      ],
    });
  });

  // Was a fault: the start alone found out.
  test('missing: the capability for ports below 1024', async () => {
    const { filter } = network.machines;
    const without = ['setpriv', '--bounding-set', '-net_bind_service', '--inh-caps', '-net_bind_service'];
    const low = `${FEW}listeners: [{ name: a, port: 80 }, { name: b, port: 3128 }, { name: dns, mode: dns, port: 53, upstream: [192.0.2.53] }]
admin: { port: 443 }\nupstream: { pool: { maxIdle: 100 } }\nresolver: { front: { receiveBuffer: 64KiB } }\n`;
    expect(await check(low)).toEqual({ code: 0, faults: [] });
    const says = (port: number): string =>
      `port ${port} takes CAP_NET_BIND_SERVICE, which this process does not have, or sockets of systemd`;
    expect(await check(low, ...without)).toEqual({
      code: 78,
      faults: [`listeners[0].port: ${says(80)}`, `listeners[2].port: ${says(53)}`, `admin.port: ${says(443)}`],
    });
    await filter.run('sysctl', '-q', '-w', 'net.ipv4.ip_unprivileged_port_start=53');
    const open = await check(low, ...without);
    await filter.run('sysctl', '-q', '-w', 'net.ipv4.ip_unprivileged_port_start=1024');
    expect(open).toEqual({ code: 0, faults: [] });
  });

  // Was a fault: root lacks nothing, and nothing was said of the user of the service.
  test('root is told which capabilities the unit of a service of another user needs; the user himself finds out', async () => {
    const { filter } = network.machines;
    const needed = (capability: string, keys: string): string =>
      `${capability} is needed for ${keys}: root has it; a service of another user needs AmbientCapabilities=${capability} in its unit (docs/deployment.md)`;
    const low = `${FEW}listeners: [{ name: a, port: 80 }, { name: b, port: 3128 }]\nadmin: { port: 443 }\nupstream: { mark: 3, pool: { maxIdle: 100 } }\n`;
    const warnings = [
      needed('CAP_NET_BIND_SERVICE', 'admin.port (443), listeners[0].port (80)'),
      needed('CAP_NET_RAW', 'upstream.mark'),
    ];
    expect(await checkWithWarnings(low)).toEqual({ code: 0, faults: [], warnings });
    await filter.run('sysctl', '-q', '-w', 'net.ipv4.ip_unprivileged_port_start=80');
    const open = await checkWithWarnings(low);
    await filter.run('sysctl', '-q', '-w', 'net.ipv4.ip_unprivileged_port_start=1024');
    expect(open.warnings).toEqual([warnings[1]]);
    expect(await checkWithWarnings(TRANSPARENT)).toEqual({
      code: 0,
      faults: [],
      warnings: [needed('CAP_NET_RAW', 'listeners[0].mode, listeners[0].source, listeners[1].mode')],
    });
    expect(
      await checkWithWarnings(
        STEERED,
        'setpriv',
        '--reuid',
        '65534',
        '--clear-groups',
        '--inh-caps',
        '+net_bind_service',
        '--ambient-caps',
        '+net_bind_service',
      ),
    ).toMatchObject({ warnings: [] });
  });

  test('missing: descriptors', async () => {
    expect(await check(TRANSPARENT, 'prlimit', '--nofile=500:500')).toEqual({
      code: 78,
      faults: [
        expect.stringMatching(
          /^limits\.connections: this process may open 500 files, and .*: LimitNOFILE=\d+ in its unit/,
        ),
      ],
    });
  });

  test('missing: room for datagrams', async () => {
    const most = Number(readFileSync('/proc/sys/net/core/rmem_max', 'latin1'));
    const dns = (receiveBuffer: string): string =>
      `${FEW}listeners: [{ name: dns, mode: dns, port: 5353, upstream: ['192.0.2.53:53'] }]\nupstream: { pool: { maxIdle: 100 } }\nresolver: { front: { receiveBuffer: ${receiveBuffer} } }\n`;
    expect(await check(dns('64KiB'))).toEqual({ code: 0, faults: [] });
    expect(await check(dns(`${most + 1}B`))).toEqual({
      code: 78,
      faults: [
        expect.stringMatching(
          `^resolver\\.front\\.receiveBuffer: net\\.core\\.rmem_max is ${most}, and must be ${most + 1} or more: `,
        ),
      ],
    });
  });

  test('missing: addresses of this machine', async () => {
    const { filter } = network.machines;
    const missing = await check(STEERED.replace('198.51.100.2]', '198.51.100.9]'));
    expect(missing).toEqual({
      code: 78,
      faults: [
        expect.stringMatching(
          /^listeners\[0\]\.addresses\[0\]: not every address of 192\.0\.2\.80\/29 is this machine's: ip route add local 192\.0\.2\.80\/29 dev lo$/,
        ),
        expect.stringMatching(/^upstream\.sourceAddresses\[0\]: is not an address of this machine$/),
      ],
    });
    await filter.run('ip', 'route', 'add', 'local', '192.0.2.80/29', 'dev', 'lo');
    expect(await check(STEERED)).toEqual({ code: 0, faults: [] });
    await filter.run('ip', 'route', 'del', 'local', '192.0.2.80/29', 'dev', 'lo');
  });

  test('missing: the way back of what goes out with addresses of clients', async () => {
    const { client, filter } = network.machines;
    await network.steer();
    using relay = await new TransparentRelay(filter, 'client').listen();
    const sockets = Array.from(
      { length: 6 },
      async () => await connectFrom(client, { address: ADDRESSES.origin.ipv4, port: 80 }),
    );
    await Promise.all(sockets);
    await eventually('all are taken', () => relay.seen.length === sockets.length);
    const found = await eventually(
      'it is seen',
      async () => await check(TRANSPARENT),
      ({ code }) => code === 78,
    );
    for (const socket of await Promise.all(sockets)) socket.destroy();
    await network.unsteer();
    expect(found.faults).toEqual([
      expect.stringMatching(
        /^listeners\[0\]\.source: 6 connections to origins from addresses of clients wait for an answer, and none has one: /,
      ),
    ]);
  });
});

describe('check without --host', () => {
  test('looks at no machine', async () => {
    const { cleanfeed, folderWith, endAll } = await import('./cli-process.ts');
    const cwd = await folderWith({ 'f.yaml': TRANSPARENT });
    expect(await cleanfeed(['check', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'f.yaml: ok\nf.yaml: warning: there is no list: everything passes\n',
    });
    await endAll();
  });
});
