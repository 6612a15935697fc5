/**
 * Policy zones as docs/dns tells it, word for word, with the units of Debian's packages, their users and ours: the resolvers in networks of their
 * own, as machines beside this one. Whatever a page's commands do not do is not done, but for where `example.` is found.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnBootedMachine } from '../support/booted-machine.ts';
import type { BootedMachine } from '../support/booted-machine.ts';
import { bootInstallable, CHECKOUT, commandsBelow } from '../support/installable-machine.ts';

const RELEASE = '/opt/cleanfeed';
const RELOAD = 'cleanfeed ctl reload -c /etc/cleanfeed/cleanfeed.yaml';
const WORLD = '192.0.2.53';

/** Each its own addresses, by a cable to the machine; a unit that is named lives there. */
const NETWORKS = `ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward
for a in 10 24 53; do ip address add 192.0.2.$a/32 dev lo; done
network() {
  ip netns add $1; ip link add v$1 type veth peer name eth0 netns $1; ip link set v$1 up
  ip -n $1 link set lo up; ip -n $1 link set eth0 up
  ip -n $1 address add 192.0.2.$2/32 dev eth0; ip -n $1 address add 169.254.$2.2/30 dev eth0
  ip address add 169.254.$2.1/30 dev v$1
  ip route add 192.0.2.$2/32 dev v$1 src 192.0.2.10; ip -n $1 route add default via 169.254.$2.1 src 192.0.2.$2
  [ -z "$3" ] || { mkdir -p /etc/systemd/system/$3.service.d; printf "[Service]\\nNetworkNamespacePath=/run/netns/$1\\n" > /etc/systemd/system/$3.service.d/network.conf; }
}
network bind 21 named; network powerdns 22 pdns-recursor; network unbound 23 unbound; network client 99`;

const NAME_SERVER = `mkdir /run/world; cd /run/world
printf '$TTL 5\\n@ SOA ns hostmaster 1 60 60 60 5\\n@ NS ns\\nns A ${WORLD}\\nlisted A 198.51.100.3\\nbelow.listed A 198.51.100.4\\nnext A 198.51.100.5\\n' > example.zone
printf 'server:\\n  listen: ${WORLD}@53\\n  rundir: /run/world\\ndatabase:\\n  storage: /run/world\\nzone:\\n  - domain: example\\n    storage: /run/world\\n    file: example.zone\\n' > knot.conf
systemd-run -q --unit=world knotd -c /run/world/knot.conf`;

const FORWARD = {
  bind: `echo 'zone "example" { type forward; forward only; forwarders { ${WORLD}; }; };' >> /etc/bind/named.conf
    sed -i 's/dnssec-validation auto;/dnssec-validation no;/' /etc/bind/named.conf; systemctl restart named`,
  powerdns: String.raw`sed -i '/^recursor:/a\  forward_zones:\n    - zone: example\n      forwarders: [${WORLD}]' /etc/powerdns/recursor.yml
    printf 'dnssec:\n  validation: off\n' >> /etc/powerdns/recursor.yml; systemctl restart pdns-recursor`,
  unbound: `printf 'server:\\n  domain-insecure: "example"\\nforward-zone:\\n  name: "example"\\n  forward-addr: ${WORLD}\\n' > /etc/unbound/unbound.conf.d/world.conf`,
  knotResolver: `printf "trust_anchors.remove('.')\\npolicy.add(policy.suffix(policy.FORWARD('${WORLD}'), { todname('example') }))\\n" >> /etc/knot-resolver/kresd.conf
    systemctl restart kresd@1`,
};

/** Of the key that the commands for Knot have made. */
const secretOf = (name: string): string =>
  `$(awk '/id: ${name}[.]block/ { found = 1 } found && /secret/ { print $2; exit }' /etc/knot/cleanfeed-keys.conf)`;

describeOnBootedMachine(['knotd', 'named', 'pdns_recursor', 'unbound', 'kresd', 'dig', 'openssl', 'ip'])(
  'policy zones in units of Debian, as docs/dns has them set up',
  () => {
    let machine: BootedMachine;

    const follow = async (document: string, heading: string): Promise<void> => {
      const { code, output } = await machine.run(commandsBelow(document, heading), { cwd: RELEASE });
      expect({ document, code, output }).toEqual({ document, code: 0, output });
    };
    /** Until a resolver says so to a customer. */
    const says = async (resolver: string, name: string, status: 'NOERROR' | 'NXDOMAIN'): Promise<void> =>
      await machine.until(
        `ip netns exec client dig +time=1 +tries=1 @192.0.2.${resolver} ${name} A | grep -q "status: ${status}"`,
      );
    const expectBlocked = async (...resolvers: readonly string[]): Promise<void> => {
      for (const resolver of resolvers) {
        for (const name of ['listed.example', 'below.listed.example']) await says(resolver, name, 'NXDOMAIN');
        await says(resolver, 'next.example', 'NOERROR');
      }
    };
    const expectToFollow = async (...resolvers: readonly string[]): Promise<void> => {
      await machine.ask(`echo 'next.example dns' >> /etc/cleanfeed/own.txt; ${RELOAD}`);
      for (const resolver of resolvers) await says(resolver, 'next.example', 'NXDOMAIN');
      await machine.ask(`sed -i '/^next/d' /etc/cleanfeed/own.txt; ${RELOAD}`);
      for (const resolver of resolvers) await says(resolver, 'next.example', 'NOERROR');
    };
    const configure = async (notify: string): Promise<void> =>
      void (await machine.ask(`printf '*.listed.example dns\\n' > /etc/cleanfeed/own.txt
        printf 'admin: { address: 127.0.0.1, port: 9090 }\\nstate: { directory: /var/lib/cleanfeed }\\nlisteners: [{ name: explicit, mode: explicit, address: 127.0.0.1, port: 3128 }]\\nlists: [{ name: own, source: ./own.txt }]\\nresolver:\\n  zones: [{ name: block.rpz.example, file: /var/lib/cleanfeed/zones/block.rpz.example.zone, lists: [own], notify: ${notify} }]\\n' > /etc/cleanfeed/cleanfeed.yaml
        systemctl enable --now cleanfeed`));
    const expectClosed = async (...folders: readonly string[]): Promise<void> => {
      const names = `find ${folders.join(' ')} -type f -exec grep -l listed {} +`;
      expect((await machine.run(names)).output.split('\n').length).toBeGreaterThan(folders.length);
      expect(await machine.ask(`runuser -u nobody -- ${names} 2> /dev/null || :`)).toBe('');
    };
    /** The status names a zone of which nobody could be told. */
    const expectTold = async (): Promise<void> =>
      await machine.until('! cleanfeed ctl status -c /etc/cleanfeed/cleanfeed.yaml | grep -q FAILS');

    beforeAll(async () => {
      machine = await bootInstallable();
      await machine.ask(NETWORKS);
      await machine.ask(NAME_SERVER);
      const { code, output } = await machine.run(commandsBelow('docs/operations.md', '## Install'), { cwd: CHECKOUT });
      expect({ code, output }).toEqual({ code: 0, output });
      await machine.ask(`ln -sfn ${RELEASE}/bin/cleanfeed /usr/local/bin/`);
    });
    afterAll(async () => await machine?.[Symbol.asyncDispose]());

    test('a hidden primary with BIND, PowerDNS and Unbound: they block, follow the list, and go on without the primary', async () => {
      await configure('[knotc, -b, zone-reload, block.rpz.example]');
      await follow('docs/dns/knot.md', '## Set it up');
      await machine.ask(
        `printf 'key "bind.block.rpz.example" { algorithm hmac-sha256; secret "%s"; };\\n' ${secretOf('bind')} | install -m 640 -g bind /dev/stdin /etc/bind/cleanfeed.key`,
      );
      await follow('docs/dns/bind.md', '## Set it up');
      await machine.ask(FORWARD.bind);
      // The secret stands in the file before the unit starts.
      await machine.ask(
        `sed -i "s|REPLACE+THIS+BY+THE+SECRET+OF+THE+KEY=|${secretOf('powerdns')}|" ${RELEASE}/config/dns/pdns-recursor.yml`,
      );
      await follow('docs/dns/powerdns.md', '## Set it up');
      await machine.ask(FORWARD.powerdns);
      await machine.ask(`install -m 644 /etc/knot/primary.crt /etc/unbound/primary-ca.pem; ${FORWARD.unbound}`);
      await follow('docs/dns/unbound.md', '<!-- steps: Unbound from the primary -->');

      const resolvers = ['21', '22', '23'];
      await expectBlocked(...resolvers);
      await expectToFollow(...resolvers);
      await expectTold();
      await machine.ask('systemctl stop knot cleanfeed; systemctl restart named pdns-recursor unbound');
      await expectBlocked(...resolvers);
      // Knot has no zone then, though its page said that the journal would do.
      const isThere = 'knotc zone-status block.rpz.example +serial | grep -q "serial: [0-9]"';
      await machine.ask('rm /var/lib/cleanfeed/zones/block.rpz.example.zone; systemctl start knot');
      await machine.until('journalctl -b -u knot | grep -q "failed to parse zone file.*not exists"');
      expect((await machine.run(isThere)).code).toBe(1);
      await machine.ask('systemctl restart named pdns-recursor unbound');
      await expectBlocked(...resolvers);
      await machine.ask('systemctl start cleanfeed');
      await machine.until(isThere);
      await expectToFollow(...resolvers);
    });

    // Was a fault: BIND and Unbound make their copies for everybody to read, in folders that let everybody in.
    test('nobody but root and the programs reads a name of the list off the disk', async () => {
      await expectClosed(
        '/var/cache/bind',
        '/var/lib/unbound',
        '/var/lib/powerdns',
        '/var/lib/knot',
        '/var/lib/cleanfeed',
      );
    });

    test('Unbound from the file: the service may tell it, also what it has already', async () => {
      await machine.ask('systemctl stop unbound knot');
      await configure('[/etc/unbound/cleanfeed-zone.sh]');
      await follow('docs/dns/unbound.md', '<!-- steps: Unbound from the file -->');
      await expectBlocked('23');
      await expectTold();
      await expectToFollow('23');
      await machine.ask('systemctl restart cleanfeed');
      await expectTold();
      await machine.ask(`systemctl stop unbound; echo 'next.example dns' >> /etc/cleanfeed/own.txt; ${RELOAD}`);
      await machine.ask('systemctl start unbound');
      await says('23', 'next.example', 'NXDOMAIN');
      await expectTold();
      await expectClosed('/var/lib/unbound');
    });

    test('Knot Resolver: it reads the file, and a change of it', async () => {
      await configure('[]');
      await follow('docs/dns/knot-resolver.md', '## Set it up');
      await machine.ask(FORWARD.knotResolver);
      await expectBlocked('24');
      await expectToFollow('24');
      await machine.ask('systemctl stop cleanfeed; systemctl restart kresd@1');
      await expectBlocked('24');
    });
  },
);
