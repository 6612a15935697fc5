/**
 * The installation as README.md and docs/operations.md tell it, word for word, on a Debian with systemd as process 1: what
 * is pasted there works, and the units do what they promise. npm fetches from its cache: the machine has no network.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnBootedMachine } from '../support/booted-machine.ts';
import type { BootedMachine } from '../support/booted-machine.ts';
import { bootInstallable, CHECKOUT, commandsBelow } from '../support/installable-machine.ts';

const SOCKET = '/var/lib/cleanfeed/control.sock';
const LISTED = 'http://www.listed.example/bad/page.html?x=1';

/** Done once, by the first that needs it: each test can be run by itself. */
function step(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return async () => await (done ??= work());
}

/** Of the answer to a page through the proxy; 000: none came. */
const status = (url: string): string =>
  `curl -s -o /dev/null -w '%{http_code}' --max-time 60 -x http://127.0.0.1:3128 '${url}'`;
const property = async (machine: BootedMachine, name: string): Promise<string> =>
  await machine.ask(`systemctl show -P ${name} cleanfeed`);

/** In a drop-in of the unit, as `systemctl edit` makes it; empty: as shipped. */
async function edit(machine: BootedMachine, settings: string): Promise<void> {
  const folder = '/etc/systemd/system/cleanfeed.service.d';
  await machine.ask(
    `rm -rf ${folder}; ${settings === '' ? '' : `mkdir ${folder}; printf '[Service]\n${settings}\n' > ${folder}/test.conf;`} systemctl daemon-reload`,
  );
}

/** Ends the main process so, and waits for another one that serves. */
async function comesBackAfter(machine: BootedMachine, signal: 'KILL' | 'STOP'): Promise<void> {
  const before = await property(machine, 'MainPID');
  await machine.ask(`kill -${signal} ${before}`);
  await machine.until(`[ "$(systemctl show -P MainPID cleanfeed)" != ${before} ] && systemctl -q is-active cleanfeed`);
  expect(await machine.ask(status(LISTED))).toBe('403');
}

describeOnBootedMachine()('the installation of README.md', () => {
  let machine: BootedMachine;

  beforeAll(async () => {
    machine = await bootInstallable();
  });
  afterAll(async () => await machine?.[Symbol.asyncDispose]());

  test('its commands, one after the other: the service runs and refuses what is listed', async () => {
    const { code, output } = await machine.run(commandsBelow('README.md', '**8. Make it a service.**'), {
      cwd: CHECKOUT,
    });
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^own +block +3 /m) });
    expect(await property(machine, 'StatusText')).toMatch(/^serving, generation \d+; own: 3 entries/);
    expect(await machine.ask(status(LISTED))).toBe('403');
    expect(await machine.ask('stat -c "%a %U %G %n" /etc/cleanfeed /etc/cleanfeed/*')).toBe(
      '2750 root cleanfeed /etc/cleanfeed\n640 root cleanfeed /etc/cleanfeed/cleanfeed.yaml\n640 root cleanfeed /etc/cleanfeed/own.txt',
    );
    expect(await machine.ask('ps -o user= -p "$(systemctl show -P MainPID cleanfeed)"')).toBe('cleanfeed');
    expect((await machine.run('journalctl -b --no-pager -p warning -t systemd | grep -i cleanfeed')).output).toBe('');
  });

  test('systemctl reload: a changed list is in force when it ends; a configuration with faults changes nothing', async () => {
    const before = await property(machine, 'MainPID');
    // No balancer looks: the restarts of what follows need not wait for one.
    await machine.ask("echo 'shutdown: { lameDuck: 0s }' >> /etc/cleanfeed/cleanfeed.yaml");
    await machine.ask("echo 'http://other.example/x.html' >> /etc/cleanfeed/own.txt; systemctl reload cleanfeed");
    expect(await machine.ask(status('http://other.example/x.html'))).toBe('403');
    const refused = await machine.run(
      "cp -p /etc/cleanfeed/cleanfeed.yaml /root/good; echo 'workerz: 1' >> /etc/cleanfeed/cleanfeed.yaml; systemctl reload cleanfeed",
    );
    expect(refused.code).not.toBe(0);
    expect(await property(machine, 'ActiveState')).toBe('active');
    expect(await property(machine, 'StatusText')).toMatch(
      /^reload refused: \/etc\/cleanfeed\/cleanfeed\.yaml:\d+:1: .*workerz.*; serving, generation \d+; own: 4 entries/,
    );
    expect(await machine.ask('journalctl -b --no-pager -p warning -o cat -u cleanfeed')).toMatch(
      /^cleanfeed: \/etc\/cleanfeed\/cleanfeed\.yaml:\d+:1: .*workerz/m,
    );
    expect(await machine.ask(status(LISTED))).toBe('403');
    await machine.run(
      "cp -p /root/good /etc/cleanfeed/cleanfeed.yaml; cp -p /etc/cleanfeed/own.txt /root/own.txt; echo 'a b c' > /etc/cleanfeed/own.txt",
    );
    expect((await machine.run('systemctl reload cleanfeed')).code).not.toBe(0);
    expect(await property(machine, 'StatusText')).toMatch(/^serving, .*own: 4 entries, .*, last update rejected: /);
    await machine.ask('cp -p /root/own.txt /etc/cleanfeed/own.txt; systemctl reload cleanfeed');
    expect(await property(machine, 'StatusText')).toMatch(/^serving, generation \d+; own: 4 entries, \d+ s old$/);
    expect(await property(machine, 'MainPID')).toBe(before);
  });

  test('a control thread that hangs is ended by the watchdog, and started again', async () => {
    await edit(machine, 'WatchdogSec=10s');
    await machine.ask('systemctl restart cleanfeed');
    await comesBackAfter(machine, 'STOP');
    expect(await machine.ask('journalctl -b --no-pager -u cleanfeed')).toMatch(/Watchdog timeout/);
    await edit(machine, '');
  });

  test('five deaths in a minute: it comes back, each time a little later', async () => {
    await machine.ask('systemctl restart cleanfeed');
    expect(await property(machine, 'NRestarts')).toBe('0');
    for (let deaths = 1; deaths <= 5; deaths++) {
      await comesBackAfter(machine, 'KILL');
      expect(await property(machine, 'NRestarts')).toBe(String(deaths));
    }
    const pauses = [
      ...(await machine.ask('journalctl -b --no-pager -o cat -u cleanfeed -t systemd')).matchAll(
        /Scheduled restart job, restart counter is at (\d)/g,
      ),
    ].map(([, count]) => count);
    expect(pauses.slice(-5)).toEqual(['1', '2', '3', '4', '5']);
    expect(await property(machine, 'RestartUSecNext')).toMatch(/^6\.81/);
  });

  test('a configuration that is wrong at a start: it is tried again, and serves soon after it has been mended', async () => {
    await machine.ask(
      "systemctl restart cleanfeed; echo 'workerz: 1' >> /etc/cleanfeed/cleanfeed.yaml; systemctl kill -s KILL cleanfeed",
    );
    await machine.until('[ "$(systemctl show -P NRestarts cleanfeed)" -ge 3 ]');
    expect(await property(machine, 'ActiveState')).toBe('activating');
    expect(await machine.ask('journalctl -b --no-pager -p warning -o cat -u cleanfeed')).toMatch(
      /^\/etc\/cleanfeed\/cleanfeed\.yaml:\d+:1: .*workerz/m,
    );
    await machine.ask('cp -p /root/good /etc/cleanfeed/cleanfeed.yaml');
    await machine.until('systemctl -q is-active cleanfeed');
    expect(await machine.ask(status(LISTED))).toBe('403');
  });

  test('stop: not ready at once, served all the same; longer than TimeoutStopSec= where the configuration takes longer', async () => {
    await edit(machine, 'TimeoutStopSec=1s');
    await machine.ask(
      "sed -i 's/lameDuck: 0s/lameDuck: 20s/' /etc/cleanfeed/cleanfeed.yaml; systemctl restart cleanfeed; systemctl --no-block stop cleanfeed",
    );
    await machine.until('curl -s http://127.0.0.1:9090/readyz | grep -q draining');
    expect(await machine.ask(status(LISTED))).toBe('403');
    expect(await property(machine, 'ActiveState')).toBe('deactivating');
    await machine.until('[ "$(systemctl show -P ActiveState cleanfeed)" != deactivating ]');
    expect([
      await property(machine, 'ActiveState'),
      await property(machine, 'Result'),
      await property(machine, 'ExecMainStatus'),
    ]).toEqual(['inactive', 'success', '0']);
    await edit(machine, '');
    await machine.ask('cp -p /root/good /etc/cleanfeed/cleanfeed.yaml');
  });

  test('socket units: restarts lose no connection attempt; stopped and started as the guide says', async () => {
    await machine.ask(
      'install -D -m 644 -t /etc/systemd/system /opt/cleanfeed/systemd/*.socket; systemctl daemon-reload',
    );
    await machine.ask(commandsBelow('docs/operations.md', 'To switch to socket units'));
    expect(await machine.ask(status(LISTED))).toBe('403');
    await machine.ask(
      `touch /run/loading; (while [ -e /run/loading ]; do ${status(LISTED)}; echo; done > /run/codes) > /dev/null 2>&1 &`,
    );
    for (let restarts = 0; restarts < 2; restarts++) await machine.ask('systemctl restart cleanfeed');
    await machine.until('[ "$(wc -l < /run/codes)" -ge 50 ]');
    await machine.ask('rm /run/loading');
    const codes = (await machine.ask('cat /run/codes')).split('\n').slice(0, -1);
    expect([...new Set(codes)]).toEqual(['403']);
    const [stop = '', start = ''] = commandsBelow('docs/operations.md', 'With socket units the next connection')
      .trimEnd()
      .split('\n');
    await machine.ask(stop);
    expect(await machine.ask('systemctl is-active cleanfeed cleanfeed-explicit@0.socket || true')).toBe(
      'inactive\ninactive',
    );
    expect((await machine.run(status(LISTED))).output).toBe('000');
    await machine.ask(start);
    expect(await machine.ask(status(LISTED))).toBe('403');
  });
});

describeOnBootedMachine()('the installation of docs/operations.md', () => {
  let machine: BootedMachine;
  const running = async (): Promise<string> =>
    await machine.ask('readlink /proc/$(systemctl show -P MainPID cleanfeed)/exe | cut -d/ -f4');

  beforeAll(async () => {
    machine = await bootInstallable();
  });
  afterAll(async () => await machine?.[Symbol.asyncDispose]());

  const follow = async (heading: string): Promise<string> => {
    const { code, output } = await machine.run(commandsBelow('docs/operations.md', heading), { cwd: CHECKOUT });
    expect({ heading, code, output }).toEqual({ heading, code: 0, output });
    return output;
  };
  /** Whichever test comes first. */
  const installed = step(async () => {
    await follow('## Install');
    // A umask that would keep the service from reading what root writes.
    await machine.ask(
      `umask 077; cd ${CHECKOUT}/local; cp cleanfeed.yaml own.txt /etc/cleanfeed/; chmod g+r /etc/cleanfeed/*; systemctl enable --now cleanfeed`,
    );
  });

  test('install, upgrade, rollback: its commands do it, and what is listed stays refused', async () => {
    await installed();
    expect(await machine.ask('cat /proc/sys/net/ipv4/tcp_migrate_req')).toBe('1');
    expect([await running(), await machine.ask(status(LISTED))]).toEqual(['0.1.0', '403']);
    // Set-up takes the packages for installed: what runs from them keeps them.
    const { output } = await machine.run(
      `stat -c %i node_modules; npm run -s cleanfeed -- ctl status -s ${SOCKET}; stat -c %i node_modules`,
      { cwd: '/opt/cleanfeed' },
    );
    expect(output).toMatch(/^(\d+)\ncleanfeed [^]*ready, generation [^]*\n\1\n$/);
    expect(await follow('## Upgrade')).toMatch(/"ready": true/);
    expect([await running(), await machine.ask(status(LISTED))]).toEqual(['0.2.0', '403']);
    await follow('## Rollback');
    expect([await running(), await machine.ask(status(LISTED))]).toEqual(['0.1.0', '403']);
  });

  const published = (entries: number): string =>
    `journalctl -b --no-pager -o cat -u cleanfeed-relay | grep -q '"entries":${entries},.*relay.published'`;
  /** A relay, as the guide says, which has published an entry. */
  const relaying = step(async () => {
    await installed();
    const folder = '/root/relay';
    await machine.ask(
      `umask 022; mkdir ${folder}; age-keygen -o ${folder}/fleet.age 2> /dev/null; grep -o 'age1.*' ${folder}/fleet.age > ${folder}/fleet.recipient
        printf 'http://one.listed.example/a\\n' > ${folder}/list.txt
        printf 'source: ./list.txt\\npublish: { repo: /var/lib/cleanfeed-relay/repo, keys: /var/lib/cleanfeed-relay/keys }\\n' > ${folder}/relay.yaml
        cp -r /opt/cleanfeed/systemd ${folder}/`,
    );
    const { code, output } = await machine.run(commandsBelow('docs/operations.md', 'As a service, after'), {
      cwd: folder,
    });
    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
    await machine.until(published(1));
  });

  test('a relay as a service: what the guide says; it publishes, and again after a reload; the filter reads neither keys nor list', async () => {
    await relaying();
    const list = '/etc/cleanfeed-relay/list.txt';
    await machine.ask(`echo http://two.listed.example/b >> ${list}; systemctl reload cleanfeed-relay`);
    await machine.until(published(2));
    expect(await machine.ask('systemctl show -P NRestarts -P ActiveState cleanfeed-relay')).toBe('0\nactive');
    for (const file of [list, '/var/lib/cleanfeed-relay/keys', '/var/lib/cleanfeed-relay/repo'])
      expect((await machine.run(`runuser -u cleanfeed -- ls ${file}`)).output).toMatch(/Permission denied/);
    const secrets = 'find /var/lib/cleanfeed-relay/keys -type f -perm /077';
    expect(await machine.ask(secrets)).toBe('');
  });

  test('an upgrade of its host: the relay goes on from the folder before until it is restarted; whoever fetches has whole files, and never an older one', async () => {
    await relaying();
    const exe = `readlink /proc/$(systemctl show -P MainPID cleanfeed-relay)/exe | cut -d/ -f4`;
    await machine.ask('rm -rf /opt/cleanfeed-releases/0.2.0');
    await follow('## Upgrade');
    expect(await machine.ask(exe)).toBe('0.1.0');
    await machine.ask(`cat > /root/fetch <<'END'
while :; do python3 -c 'import json; print(json.load(open("/var/lib/cleanfeed-relay/repo/fleet/metadata/timestamp.json"))["signed"]["version"])' >> /root/fetched || echo fault >> /root/fetched; done
END
systemd-run -q --unit=fetching sh /root/fetch`);
    const passes = `journalctl -b --no-pager -o cat -u cleanfeed-relay | grep -c relay.published`;
    /** What began before may have read what was there before, and the last one is cut short where it is stopped. */
    const fetchedOnce = async (): Promise<void> => {
      const lines = Number(await machine.ask('cat /root/fetched 2> /dev/null | wc -l'));
      await machine.until(`[ $(cat /root/fetched 2> /dev/null | wc -l) -ge ${lines + 3} ]`);
    };
    await fetchedOnce();
    for (const entry of ['three', 'four']) {
      const before = Number(await machine.ask(passes));
      await machine.ask(
        `echo http://${entry}.listed.example/c >> /etc/cleanfeed-relay/list.txt; systemctl restart cleanfeed-relay`,
      );
      await machine.until(`[ $(${passes}) -gt ${before} ]`);
      await fetchedOnce();
      expect(await machine.ask(exe)).toBe('0.2.0');
    }
    await machine.ask('systemctl stop fetching');
    const versions = (await machine.ask("sed '$d' /root/fetched | uniq")).split('\n').map(Number);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(versions.length).toBeGreaterThan(2);
    await follow('## Rollback');
    await machine.ask('systemctl restart cleanfeed-relay');
    expect([await machine.ask(exe), await machine.ask('systemctl is-active cleanfeed-relay')]).toEqual([
      '0.1.0',
      'active',
    ]);
  });

  test('a protected list whose identity is a credential, as the guide says: it refuses, root has the file; check and explain use those of the unit', async () => {
    await relaying();
    // The identity of the relay's recipient, and what it publishes, where the filter may read it.
    await machine.ask(
      `install -m 600 /root/relay/fleet.age /etc/cleanfeed/national.age
        install -m 640 -g cleanfeed /var/lib/cleanfeed-relay/keys/state/root/1.root.json /etc/cleanfeed/root.json
        mkdir -p /srv/lists && cp -r /var/lib/cleanfeed-relay/repo/fleet /srv/lists/ && chmod -R a+rX /srv/lists
        printf 'listeners: [{ name: explicit, address: 127.0.0.1, port: 3128 }]\nlists: [{ name: national, source: "tuf+file:///srv/lists/fleet/", root: ./root.json, identity: "credential:national" }]\n' > /etc/cleanfeed/cleanfeed.yaml`,
    );
    await edit(machine, 'LoadCredential=national:/etc/cleanfeed/national.age');
    await machine.ask('systemctl restart cleanfeed');
    expect(await machine.ask('stat -c "%a %U" /etc/cleanfeed/national.age')).toBe('600 root');
    expect(await machine.ask(status('http://one.listed.example/a'))).toBe('403');
    const check = 'cleanfeed check -c /etc/cleanfeed/cleanfeed.yaml';
    expect(await machine.ask('stat -c %a /run/credentials/cleanfeed.service/national')).toMatch(/^4[04]0$/);
    const asUnit = 'STATE_DIRECTORY=/var/lib/cleanfeed';
    const by = async (words: string): Promise<string> =>
      (await machine.run(`${words} /opt/cleanfeed/bin/${check}`)).output;
    expect(await by('')).toMatch(/STATE_DIRECTORY=/);
    expect(await by(asUnit)).toMatch(/CREDENTIALS_DIRECTORY=/);
    expect(await by(`${asUnit} CREDENTIALS_DIRECTORY=/run/credentials/cleanfeed.service`)).toMatch(
      /list national: [1-4] entr(?:y|ies)/,
    );
    expect(
      (
        await machine.run(
          '/opt/cleanfeed/bin/cleanfeed ctl explain -c /etc/cleanfeed/cleanfeed.yaml http://one.listed.example/a',
        )
      ).output,
    ).toMatch(/verdict +block/);
  });

  test('rule and routes of transparent listeners come with the boot', async () => {
    await installed();
    await machine.ask(commandsBelow('docs/deployment.md', '### At each boot'));
    const rules = 'ip -4 rule show; ip -6 rule show; ip -4 route show table 207; ip -6 route show table 207';
    expect(await machine.ask(rules)).toMatch(
      /fwmark 0xcf lookup 207[^]*fwmark 0xcf lookup 207[^]*local default dev lo[^]*local default dev lo/,
    );
    expect((await machine.run('systemd-analyze verify cleanfeed-routes.service')).output).not.toMatch(/cycle/);
  });

  // The last one: what the others need is gone.
  test('removal: its commands leave no unit, no user, no file and no process', async () => {
    await installed();
    await machine.ask('systemctl start cleanfeed && systemctl enable cleanfeed-explicit@0.socket cleanfeed-guard');
    const { code, output } = await machine.run(commandsBelow('docs/operations.md', '## Remove'));
    expect({ code, output }).toEqual({ code: 0, output: expect.not.stringMatching(/fail|error|cannot/i) });
    const left = [
      "systemctl list-unit-files --no-legend 'cleanfeed*'",
      "find /etc /opt /var/lib /var/cache /run /usr/local -xdev -iname '*cleanfeed*'",
      'getent passwd cleanfeed cleanfeed-relay; getent group cleanfeed cleanfeed-relay',
      'ip -4 rule show | grep 207; ip -4 address show | grep 198.18',
      'pgrep -u cleanfeed 2>/dev/null',
    ];
    for (const command of left)
      expect({ command, output: (await machine.run(`${command} || :`)).output.trim() }).toEqual({
        command,
        output: '',
      });
  });
});
