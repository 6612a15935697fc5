/**
 * Requirement 57 on a machine that was booted: the units of the filter, of its transparent sockets and of the guard, with their sandboxes, the rules that are
 * shipped, the commands of docs/guard.md. What a customer behind the machine gets tells where the filter is: a listed page is refused (403), passes (200), or
 * no connection is to be had (000). How soon: test/network/guard.long.test.ts, and `npm run bench:guard`.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { blocksOf, document } from '../docs/markdown.ts';
import { describeOnBootedMachine } from '../support/booted-machine.ts';
import type { BootedMachine } from '../support/booted-machine.ts';
import { bootInstallable, CHECKOUT, commandsBelow } from '../support/installable-machine.ts';

const SOCKETS = 'cleanfeed-transparent@0.socket cleanfeed-transparent@1.socket';
const FILE = '/etc/cleanfeed/cleanfeed.yaml';
const CONFIG = `listeners: [{ name: inline, mode: transparent, socket: transparent }]
admin: { address: 127.0.0.1, port: 9090 }
upstream: { allow: [203.0.113.0/24] }
lists: [{ name: own, source: ./own.txt }]
shutdown: { lameDuck: 0s }
workers: 2
`;
const FAIL_OPEN = blocksOf(document('docs/guard.md')).find(({ text }) => text.includes('listener: inline'))!.text;
/** Each failure would double the time until it is back. */
const SOON = '  hold: 100ms\n  maxHold: 1s\n';
const FAIL_CLOSED = `guard:
  origin: { address: 198.18.0.2, port: 80 }
  probes: [{ listener: inline, from: 198.18.0.1 }]
  actions:
    out: [[nft, add, element, inet, cleanfeed, refused_ports, "{ 80, 443 }"]]
    back: [[nft, flush, set, inet, cleanfeed, refused_ports]]
`;
/** A customer and an origin, each in a namespace with a cable to this machine, which is their router. */
const NETWORK = `
for name in customer origin; do ip netns add $name; ip link add to-$name type veth peer name wire netns $name; ip link set dev to-$name up; ip -n $name link set dev wire up; done
ip address add 192.0.2.1/24 dev to-customer; ip -n customer address add 192.0.2.10/24 dev wire; ip -n customer route add default via 192.0.2.1
ip address add 203.0.113.1/24 dev to-origin; ip -n origin address add 203.0.113.10/24 dev wire; ip -n origin route add default via 203.0.113.1
mkdir /srv/origin; echo hello > /srv/origin/listed
systemd-run -q -p NetworkNamespacePath=/run/netns/origin --working-directory=/srv/origin python3 -m http.server 80
`;
const CUSTOMER = `ip netns exec customer curl -s -o /dev/null -w '%{http_code}' --max-time 3 http://203.0.113.10/listed || :`;
const FILTER = '$(systemctl show -P MainPID cleanfeed)';

describeOnBootedMachine(['nft', 'ip', 'python3'])(
  'the guard as a service beside a transparent filter with sockets of systemd',
  () => {
    let machine: BootedMachine;

    beforeAll(async () => {
      machine = await bootInstallable();
      await machine.ask(`cd ${CHECKOUT}; ${commandsBelow('docs/operations.md', '## Install')}`);
      await machine.ask(NETWORK);
      await machine.ask(commandsBelow('docs/deployment.md', '### At each boot'));
      await machine.ask(`echo 203.0.113.10/listed > /etc/cleanfeed/own.txt; systemctl enable --now ${SOCKETS}`);
    });
    afterAll(async () => await machine?.[Symbol.asyncDispose]());

    /** In the path, and healthy. The rules are loaded anew: commands of another policy undo nothing of this one's. */
    const guarded = async (guard: string): Promise<void> => {
      await machine.ask(
        `cat > ${FILE} <<'END'\n${CONFIG}${guard}${SOON}END\nsystemctl stop cleanfeed-guard; nft -f /opt/cleanfeed/config/nftables-transparent.nft; systemctl restart cleanfeed && systemctl start cleanfeed-guard`,
      );
      await becomes('^in the path; inline healthy');
      await expectCustomer('403');
    };
    const expectCustomer = async (status: string): Promise<void> => {
      await machine.until(`[ "$(${CUSTOMER})" = ${status} ]`);
    };
    const position = async (): Promise<string> => await machine.ask('systemctl show -P StatusText cleanfeed-guard');
    const becomes = async (words: string): Promise<void> => {
      await machine.until(`systemctl show -P StatusText cleanfeed-guard | grep -q '${words}'`);
    };

    beforeEach(async () => await guarded(FAIL_OPEN));

    test('stopped with SIGSTOP: out of the path, and back when it goes on', async () => {
      await machine.ask(`kill -STOP ${FILTER}`);
      await expectCustomer('200');
      await becomes('^OUT of the path (down)');
      await machine.ask(`kill -CONT ${FILTER}`);
      await expectCustomer('403');
      await becomes('^in the path');
    });

    test('in a crash loop: out as long as it lasts, and back when it is over', async () => {
      const folder = '/etc/systemd/system/cleanfeed.service.d';
      await machine.ask(
        `mkdir ${folder}; printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > ${folder}/crash.conf; systemctl daemon-reload; kill -KILL ${FILTER}`,
      );
      await expectCustomer('200');
      await machine.until('[ "$(systemctl show -P NRestarts cleanfeed)" -ge 3 ]');
      expect([await position(), await machine.ask(CUSTOMER)]).toEqual([
        expect.stringMatching(/^OUT of the path \(down\)/),
        '200',
      ]);
      await machine.ask(`rm -r ${folder}; systemctl daemon-reload`);
      await expectCustomer('403');
    });

    test('the service and its sockets are stopped: out; started again: back', async () => {
      await machine.ask(`systemctl stop ${SOCKETS} && systemctl stop cleanfeed`);
      await becomes('^OUT of the path');
      await expectCustomer('200');
      await machine.ask('systemctl start cleanfeed');
      await expectCustomer('403');
      await becomes('^in the path');
      expect(await machine.ask(`systemctl is-active ${SOCKETS}`)).toBe('active\nactive');
    });

    test('a connection that comes when one socket is open: the service opens the other one before it starts', async () => {
      await machine.ask(`systemctl stop cleanfeed-guard ${SOCKETS} && systemctl stop cleanfeed`);
      await machine.ask('systemctl start cleanfeed-transparent@0.socket');
      await machine.ask('nft -f /opt/cleanfeed/config/nftables-transparent.nft');
      await expectCustomer('403');
      expect(await machine.ask(`systemctl is-active ${SOCKETS}`)).toBe('active\nactive');
    });

    test('a guard that is killed while the filter hangs is started again, knows where it was, and puts it back', async () => {
      await machine.ask(`kill -STOP ${FILTER}`);
      await becomes('^OUT of the path');
      await machine.ask('systemctl kill -s KILL cleanfeed-guard');
      await machine.until(
        '[ "$(systemctl show -P NRestarts cleanfeed-guard)" -ge 1 ] && systemctl -q is-active cleanfeed-guard',
      );
      expect([await position(), await machine.ask(CUSTOMER)]).toEqual([
        expect.stringMatching(/^OUT of the path/),
        '200',
      ]);
      await machine.ask(`kill -CONT ${FILTER}`);
      await expectCustomer('403');
    });

    test('an upgrade: the guard goes on from the folder before, its restart changes nothing for customers, and the one of the new release does its work', async () => {
      const exe = `readlink /proc/$(systemctl show -P MainPID cleanfeed-guard)/exe | cut -d/ -f4`;
      await machine.ask(`cd ${CHECKOUT}; ${commandsBelow('docs/operations.md', '## Upgrade')}`);
      await becomes('^in the path; inline healthy');
      expect(await machine.ask(exe)).toBe('0.1.0');
      await expectCustomer('403');
      await machine.ask(`cat > /root/customer <<'END'
while :; do { ${CUSTOMER}; echo; } >> /root/statuses; done
END
systemd-run -q --unit=customers sh /root/customer`);
      for (const times of [1, 2]) {
        await machine.until(`[ $(wc -l < /root/statuses) -ge ${times * 20} ]`);
        await machine.ask('systemctl restart cleanfeed-guard');
        await becomes('^in the path; inline healthy');
      }
      await machine.until('[ $(wc -l < /root/statuses) -ge 60 ]');
      await machine.ask('systemctl stop customers');
      // The last may have been cut short.
      expect(await machine.ask("sed '$d' /root/statuses | sort -u")).toBe('403');
      expect(await machine.ask(exe)).toBe('0.2.0');
      await machine.ask(`rm -r /opt/cleanfeed-releases/0.1.0; kill -STOP ${FILTER}`);
      await expectCustomer('200');
      await machine.ask(`kill -CONT ${FILTER}`);
      await expectCustomer('403');
    });

    test('fail-closed: a filter that hangs is refused for, and serves again when it goes on', async () => {
      await guarded(FAIL_CLOSED);
      await machine.ask(`kill -STOP ${FILTER}`);
      await becomes('^OUT of the path');
      // A reset: nobody waits for a hung filter.
      expect(
        await machine.ask(
          `ip netns exec customer curl -s -o /dev/null --max-time 60 http://203.0.113.10/listed || echo $?`,
        ),
      ).toBe('7');
      await machine.ask(`kill -CONT ${FILTER}`);
      await expectCustomer('403');
    });
  },
);
