/**
 * docs/fifteen-minutes.md, command by command, on a machine that was booted: a customer and a web server behind it, each by a cable of its own. What the
 * customer gets tells whether the page is right.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { blocksOf, document } from '../docs/markdown.ts';
import { built, cloneOf } from '../packaging/built-packages.ts';
import { bootMachine, describeOnBootedMachine } from '../support/booted-machine.ts';
import type { BootedMachine } from '../support/booted-machine.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PAGE = 'docs/fifteen-minutes.md';
/** The site of the page is a web server behind the machine; the customer looks it up in its own hosts file. */
const SITE = 'www.shop.example';
const NETWORK = `
for name in customer origin; do ip netns add $name; ip link add to-$name type veth peer name wire netns $name; ip link set dev to-$name up; ip -n $name link set dev wire up; done
ip address add 192.0.2.1/24 dev to-customer; ip -n customer address add 192.0.2.10/24 dev wire; ip -n customer route add default via 192.0.2.1
ip address add 203.0.113.1/24 dev to-origin; ip -n origin address add 203.0.113.10/24 dev wire; ip -n origin route add default via 203.0.113.1
sysctl -q -w net.ipv4.ip_forward=1
mkdir -p /srv/origin /etc/netns/customer; echo hello > /srv/origin/listed; echo '203.0.113.10 ${SITE}' > /etc/netns/customer/hosts
systemd-run -q -p NetworkNamespacePath=/run/netns/origin -p StandardError=append:/root/origin.log --working-directory=/srv/origin python3 -m http.server 80
`;
/** No filter goes to a documentation prefix unless it is told; this machine may open fewer files than others. */
const HERE = 'upstream: { allow: [203.0.113.0/24] }\nlimits: { connections: 512 }';

describeOnBootedMachine(['nft', 'ip', 'python3', 'apt-get', 'dpkg-buildpackage', 'dh'])('fifteen minutes', () => {
  const directory = temporaryDirectory();
  let machine: BootedMachine;

  beforeAll(async () => {
    const { all, release } = built(directory.file('packages'), cloneOf(directory.file('clone'), '0.1.0'));
    machine = await bootMachine((folder) => {
      for (const name of ['root', 'usr/sbin']) mkdirSync(join(folder, name), { recursive: true });
      for (const path of [all, release]) copyFileSync(path, join(folder, 'root', basename(path)));
      // Whatever the machine of the tests says: services may be started.
      writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    });
    await machine.ask(NETWORK);
    await machine.until(`[ "$(ip netns exec customer ${curlTo('/listed')})" = 200 ]`);
  });
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  test('the commands of the page, in their order, do what it says', async () => {
    await machine.ask(commandsOf('install'));
    await machine.ask(commandsOf('configure').replace('lists:', `${HERE}\nlists:`));
    expect(await machine.ask(commandsOf('start'))).toMatch(/\bown\b/);
    await machine.ask(commandsOf('inline'));
    // Counted, and passed.
    expect(await machine.ask(asCustomer(commandsOf('asked')))).toBe('200\n200');
    expect(await machine.ask(commandsOf('counted'))).toMatch(/\{list="own",action="count"\} 1$/m);
    await machine.ask(commandsOf('refuse'));
    expect(await machine.ask(asCustomer(commandsOf('asked')))).toBe('403\n200');
    // Origins see the customer's own address.
    expect(new Set((await machine.ask('cut -d " " -f 1 /root/origin.log | sed s/::ffff://')).split('\n'))).toEqual(
      new Set(['192.0.2.10']),
    );
    await machine.ask(commandsOf('out'));
    expect(await machine.ask(asCustomer(commandsOf('asked')))).toBe('200\n200');
    await machine.ask(commandsOf('back'));
    expect(await machine.ask(asCustomer(commandsOf('asked')))).toBe('403\n200');
    await machine.ask(commandsOf('remove'));
    expect(await machine.ask(asCustomer(commandsOf('asked')))).toBe('200\n200');
    expect(await machine.run('ls -d /etc/cleanfeed /usr/lib/cleanfeed /var/lib/cleanfeed 2> /dev/null')).toMatchObject({
      output: '',
    });
    expect(await machine.ask('ip rule show; ip route show table 207; nft list tables')).not.toMatch(
      /0xcf|local default|cleanfeed/,
    );
  });
});

function commandsOf(name: string): string {
  const block = blocksOf(document(PAGE)).find(({ comment }) => comment === `step: ${name}`);
  if (block === undefined) throw new Error(`${PAGE} has no block 'step: ${name}'`);
  return block.text;
}

function curlTo(path: string): string {
  return `curl -s -o /dev/null -w '%{http_code}' --max-time 5 http://${SITE}${path}`;
}

function asCustomer(commands: string): string {
  return `cat > /root/customer <<'END'\n${commands}\nEND\nip netns exec customer bash /root/customer`;
}
