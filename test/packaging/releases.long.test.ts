/**
 * Releases from a signed apt repository behind a real web server, on a machine that was booted: installed, upgraded and taken back under load, a release
 * that cannot run, autoremove, removal. What docs/operations.md says of it is run as it stands there.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { bootMachine, describeOnBootedMachine } from '../support/booted-machine.ts';
import type { BootedMachine, Said } from '../support/booted-machine.ts';
import { commandsBelow } from '../support/installable-machine.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { built, cloneOf, cloneOfBroken, environment } from './built-packages.ts';

const GUIDE = 'docs/operations.md';
const LISTED = 'http://www.listed.example/bad/page.html?x=1';
const OTHER = 'http://other.listed.example/';
const FETCHED = 'fetched.example';
const KEY = 'packages@isp.example';
const ROOT = '/usr/lib/cleanfeed';
/** Six clients, each request on a connection of its own; one line each: status and milliseconds. */
const CLIENTS = `import http.client, os, threading, time
def ask(file):
    while not os.path.exists('/root/enough'):
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection('127.0.0.1', 3128, timeout=60)
            connection.request('GET', '${LISTED}')
            status = connection.getresponse().status
            connection.close()
        except Exception as error:
            status = type(error).__name__
        file.write('%s %d\\n' % (status, (time.monotonic() - began) * 1000))
        file.flush()
        time.sleep(0.002)
with open('/root/answers', 'w') as file:
    threads = [threading.Thread(target=ask, args=(file,)) for _ in range(6)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
`;

describeWith(['dpkg-buildpackage', 'dh', 'apt-ftparchive', 'gpg', 'nginx'])('releases from an apt repository', () => {
  let directory: TemporaryDirectory;
  const more = (): NodeJS.ProcessEnv => ({ GNUPGHOME: directory.file('gpg'), DEB_COMPRESSION: 'zstd' });
  /** `npm run package`, into the one output folder. */
  const packaged = (checkout: string, options: readonly string[] = ['--key', KEY]): string =>
    execFileSync(
      'bash',
      [
        '-c',
        '"$@" 2>&1',
        'bash',
        join(checkout, 'packaging/package.sh'),
        '--output',
        directory.file('dist'),
        ...options,
      ],
      { encoding: 'utf8', env: environment(more()) },
    );
  let first = '';
  beforeAll(() => {
    directory = temporaryDirectory();
    mkdirSync(directory.file('gpg'), { mode: 0o700 });
    execFileSync(
      'gpg',
      [
        '--batch',
        '--quiet',
        '--passphrase',
        '',
        '--quick-generate-key',
        `Packages <${KEY}>`,
        'ed25519',
        'sign',
        'never',
      ],
      { env: environment(more()), stdio: 'pipe' },
    );
    first = cloneOf(directory.file('one'), '0.1.0');
    packaged(first);
    packaged(cloneOf(directory.file('two'), '0.2.0'));
    cpSync(directory.file('dist/apt'), directory.file('good'), { recursive: true, preserveTimestamps: true });
    packaged(cloneOfBroken(directory.file('broken'), '0.3.0'));
  });
  afterAll(() => {
    execFileSync('gpgconf', ['--kill', 'all'], { env: environment(more()) });
    directory?.[Symbol.dispose]();
  });

  test('without a key there are packages and no repository, and a message; a release that was published stays as it is', () => {
    const folder = directory.file('unsigned');
    const output = packaged(first, ['--output', folder]);
    expect(output).toMatch(/cleanfeed-0\.1\.0_0\.1\.0_\w+\.deb\npackage: no apt repository was made: --key KEY/);
    expect(execFileSync('ls', [folder], { encoding: 'utf8' })).not.toMatch(/apt/);
    expect(() => packaged(first, ['--key', 'nobody@isp.example'])).toThrow(/failed/i);
    const { all } = built(directory.file('changed'), cloneOf(directory.file('three'), '0.1.0'), [], {
      SOURCE_DATE_EPOCH: '1790000001',
    });
    const again = ['--key', KEY, '--repository', directory.file('dist/apt'), all];
    expect(() =>
      execFileSync(join(first, 'packaging/apt-repository.sh'), again, { env: environment(more()), stdio: 'pipe' }),
    ).toThrow(/has other content: a release that was published stays as it is/);
  });

  describeOnBootedMachine(['apt-get', 'python3', 'nginx'])('on a machine', () => {
    let machine: BootedMachine;
    beforeAll(async () => {
      machine = await bootMachine((folder) => {
        cpSync(directory.file('good'), join(folder, 'srv/good'), { recursive: true, preserveTimestamps: true });
        cpSync(directory.file('dist/apt'), join(folder, 'srv/broken'), {
          recursive: true,
          preserveTimestamps: true,
        });
        for (const name of ['root', 'usr/sbin', 'etc/apt/apt.conf.d', 'etc/nginx'])
          mkdirSync(join(folder, name), { recursive: true });
        // Whatever the machine of the tests says: services may be started.
        writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
        writeFileSync(
          join(folder, 'etc/apt/apt.conf.d/99test'),
          'Acquire::http::Proxy::packages.isp.example "DIRECT";\n',
        );
        writeFileSync(
          join(folder, 'etc/nginx/nginx.conf'),
          'events {}\nhttp { server { listen 80; root /srv/apt; access_log off; } }\n',
        );
        writeFileSync(join(folder, 'root/clients.py'), CLIENTS);
      });
      await machine.ask(
        `rm -f /var/lib/man-db/auto-update /etc/apt/sources.list /etc/apt/sources.list.d/*; mkdir -p /etc/apt/keyrings
        ln -s good /srv/apt; cp /etc/hosts /root/hosts; { cat /root/hosts; echo 127.0.0.1 packages.isp.example; } > /etc/hosts; systemd-run -q --unit=web nginx -g 'daemon off;'`,
      );
      await machine.until('curl -s -o /dev/null http://packages.isp.example/');
    });
    afterAll(async () => await machine?.[Symbol.asyncDispose]());

    const property = async (name: string): Promise<string> => await machine.ask(`systemctl show -P ${name} cleanfeed`);
    const status = (url: string): string =>
      `curl -s -o /dev/null -w '%{http_code}' --max-time 60 -x http://127.0.0.1:3128 '${url}' || :`;
    const answer = async (url = LISTED): Promise<string> => await machine.ask(status(url));
    /** The release whose Node runs the service. */
    const running = async (): Promise<string> =>
      (await machine.ask('readlink /proc/$(systemctl show -P MainPID cleanfeed)/exe')).split('/')[4] ?? '';
    const apt = async (words: string): Promise<Said> => await machine.run(`apt-get ${words} < /dev/null`);
    const block = (heading: string): string =>
      commandsBelow(GUIDE, heading).replaceAll('https://packages', 'http://packages');

    const unpack =
      'cd /root && rm -f *.deb && apt-get download -q cleanfeed=0.2.0 cleanfeed-0.2.0 && dpkg --unpack *.deb';

    /** As the guide says, at 0.1.0, with socket units and two workers. */
    beforeEach(async () => {
      await machine.run(
        `dpkg --purge cleanfeed; dpkg --purge $(dpkg-query -W -f '\${Package} ' 'cleanfeed-*'); rm -rf /etc/cleanfeed /etc/systemd/system/cleanfeed* /root/enough /root/answers`,
      );
      await machine.ask(
        block('### From a Debian package').replace(
          '-y cleanfeed',
          '-y cleanfeed=0.1.0 cleanfeed-0.1.0 && apt-mark auto cleanfeed-0.1.0',
        ),
      );
      await machine.ask(
        `${commandsBelow(GUIDE, 'A first configuration, and the start:')}
        echo 'shutdown: { lameDuck: 0s }' >> /etc/cleanfeed/cleanfeed.yaml; sed -i 's/^workers:.*//' /etc/cleanfeed/cleanfeed.yaml; echo 'workers: 2' >> /etc/cleanfeed/cleanfeed.yaml
        echo '${LISTED.replace('http://', '')}' >> /etc/cleanfeed/own.txt
        ${commandsBelow(GUIDE, 'To switch to socket units')}`,
      );
      expect([await running(), await answer()]).toEqual(['0.1.0', '403']);
    });

    test('upgraded and taken back under load: no request is lost, none waits for more than five seconds', async () => {
      await machine.ask('systemd-run -q --unit=clients python3 /root/clients.py');
      await machine.until('[ $(wc -l < /root/answers) -ge 500 ]');
      const upgraded = await apt('install -y cleanfeed');
      expect(upgraded).toEqual({ code: 0, output: expect.not.stringMatching(/fail|warn|error/i) });
      expect(await running()).toBe('0.2.0');
      const back = await machine.run(commandsBelow(GUIDE, '**Going back** is one command'));
      expect(back).toEqual({ code: 0, output: expect.stringMatching(/release 0\.1\.0 runs/) });
      expect(await running()).toBe('0.1.0');
      await machine.until('[ $(wc -l < /root/answers) -ge 5000 ]');
      await machine.ask('touch /root/enough; while systemctl -q is-active clients; do sleep 0.1; done');
      const answers = (await machine.ask('cat /root/answers')).split('\n').map((line) => line.split(' '));
      const longest = Math.max(...answers.map(([, took]) => Number(took)));
      process.stderr.write(`upgrade and going back: ${answers.length} requests, longest wait ${longest} ms\n`);
      expect(answers.length).toBeGreaterThanOrEqual(5000);
      expect(answers.filter(([code]) => code !== '403')).toEqual([]);
      expect(longest).toBeLessThanOrEqual(5000);
      // What the package is, and what runs.
      expect(await machine.ask('cleanfeed-release')).toBe(
        '0.1.0\tcurrent\n0.2.0\tbefore\ncleanfeed.service\tactive\t0.1.0',
      );
      expect(await machine.ask('apt-get autoremove -y > /dev/null; ls /usr/lib/cleanfeed')).toBe(
        '0.1.0\n0.2.0\ncurrent\nprevious',
      );
      expect(await apt('remove -y cleanfeed-0.1.0')).toEqual({
        code: 100,
        output: expect.stringMatching(/release 0\.1\.0 runs \(process \d+\) and stays/),
      });
      expect([await running(), await answer()]).toEqual(['0.1.0', '403']);
    });

    test('unpacked and not configured: the old release takes a list change, starts again when it is killed, and goes on', async () => {
      await machine.ask(unpack);
      expect(await machine.ask("dpkg-query -W -f '${db:Status-Status}' cleanfeed")).toBe('unpacked');
      await machine.ask(`echo '${OTHER.replace('http://', '')}' >> /etc/cleanfeed/own.txt; systemctl reload cleanfeed`);
      expect([await running(), await answer(OTHER)]).toEqual(['0.1.0', '403']);
      const before = await property('MainPID');
      await machine.ask(`kill -KILL ${before}`);
      await machine.until(
        `[ "$(systemctl show -P MainPID cleanfeed)" != ${before} ] && systemctl -q is-active cleanfeed`,
      );
      expect([await running(), await answer()]).toEqual(['0.1.0', '403']);
      await machine.ask('dpkg --configure cleanfeed-0.2.0 cleanfeed');
      expect([await running(), await answer()]).toEqual(['0.2.0', '403']);
    });

    test('the server of a list by URL is away during the upgrade: the new release serves what was kept of it', async () => {
      await machine.ask(`mkdir -p /root/lists/files; cd /root/lists; echo '0.0.0.0 ${FETCHED}' > files/hosts
        openssl req -x509 -newkey ed25519 -nodes -days 30 -subj /CN=lists -addext subjectAltName=DNS:lists.isp.example -keyout key.pem -out cert.pem 2> /dev/null
        cp cert.pem /etc/cleanfeed/lists.pem; chmod 644 /etc/cleanfeed/lists.pem; echo 127.0.0.1 lists.isp.example >> /etc/hosts
        printf 'pid /root/lists/pid;\nevents {}\nhttp { server { listen 8443 ssl; root /root/lists/files; ssl_certificate /root/lists/cert.pem; ssl_certificate_key /root/lists/key.pem; access_log off; } }\n' > nginx.conf
        chmod 755 /root /root/lists /root/lists/files; systemd-run -q --unit=lists nginx -c /root/lists/nginx.conf -g 'daemon off;'
        sed -i 's|^lists:.*|&\\n  - { name: fetched, ca: ./lists.pem, source: { url: "https://lists.isp.example:8443/hosts", format: hosts } }|' /etc/cleanfeed/cleanfeed.yaml
        systemctl reload cleanfeed`);
      await machine.until(`[ "$(${status(`http://${FETCHED}/`)})" = 403 ]`);
      await machine.ask(unpack);
      await machine.ask('systemctl stop lists; dpkg --configure cleanfeed-0.2.0 cleanfeed');
      expect([await running(), await answer(`http://${FETCHED}/`), await answer()]).toEqual(['0.2.0', '403', '403']);
    });

    test('a list that the new release refuses: nothing is restarted, and dpkg says so, until the list is mended', async () => {
      await machine.ask(unpack);
      const before = await property('MainPID');
      await machine.ask(`cp -p /etc/cleanfeed/own.txt /root/own.txt; echo 'a b c' > /etc/cleanfeed/own.txt`);
      expect(await machine.run('dpkg --configure -a')).toEqual({
        code: 1,
        output: expect.stringMatching(
          /own\.txt:1[^]*refuses the configuration or the lists of cleanfeed\.service[^]*Nothing was restarted: release 0\.1\.0 goes on[^]*dpkg --configure cleanfeed/,
        ),
      });
      expect([await property('MainPID'), await running(), await answer()]).toEqual([before, '0.1.0', '403']);
      await machine.ask('cp -p /root/own.txt /etc/cleanfeed/own.txt; dpkg --configure cleanfeed');
      expect([await running(), await answer()]).toEqual(['0.2.0', '403']);
    });

    test('a release that checks well and ends at its start: apt fails, the old one runs again, no request is lost', async () => {
      await machine.ask('systemd-run -q --unit=clients python3 /root/clients.py');
      await machine.until('[ $(wc -l < /root/answers) -ge 500 ]');
      await machine.ask('ln -sfn broken /srv/apt; apt-get update');
      const { code, output } = await apt('install -y cleanfeed');
      expect(code).toBe(100);
      expect(output).toMatch(
        /cleanfeed\.service was not ready within 5m by release 0\.3\.0, or did not start[^]*release 0\.1\.0 runs again[^]*dpkg --configure cleanfeed/,
      );
      const lines = Number(await machine.ask('wc -l < /root/answers'));
      await machine.until(`[ $(wc -l < /root/answers) -ge ${lines + 100} ]`);
      await machine.ask('touch /root/enough; while systemctl -q is-active clients; do sleep 0.1; done');
      expect(await machine.ask("cut -d ' ' -f 1 /root/answers | sort -u")).toBe('403');
      expect([await running(), await answer()]).toEqual(['0.1.0', '403']);
      // The package settles at the release that runs.
      expect(await apt('install -y --allow-downgrades cleanfeed=0.1.0')).toMatchObject({ code: 0 });
      expect(await machine.ask('dpkg --audit; cleanfeed-release')).toMatch(/0\.1\.0\tcurrent/);
      // apt takes no older index in place of a newer one.
      await machine.ask('ln -sfn good /srv/apt; rm -rf /var/lib/apt/lists/*');
    });

    test('going back from units that have failed, with their sockets: one command, and it serves', async () => {
      expect(await apt('install -y cleanfeed')).toMatchObject({ code: 0 });
      // systemd gives a socket up when it has started its service too often, by default 200 times in two seconds.
      await machine.ask(
        `sed -i "1a if (process.argv[2] === 'serve') process.exit(78);" ${ROOT}/0.2.0/dist/cleanfeed.mjs
        folder=/etc/systemd/system/cleanfeed-explicit@.socket.d; mkdir $folder; printf '[Socket]\nTriggerLimitIntervalSec=4s\nTriggerLimitBurst=1\n' > $folder/limit.conf
        systemctl daemon-reload; systemctl restart cleanfeed || :`,
      );
      await machine.until(
        `${status(LISTED)} > /root/code; systemctl -q is-failed cleanfeed-explicit@0.socket && systemctl -q is-failed cleanfeed-explicit@1.socket && systemctl -q is-failed cleanfeed`,
      );
      await machine.ask('cleanfeed-release back');
      expect([await running(), await answer()]).toEqual(['0.1.0', '403']);
      expect(await machine.ask('systemctl is-active cleanfeed-explicit@0.socket cleanfeed-explicit@1.socket')).toBe(
        'active\nactive',
      );
    });

    test('removed, nothing runs; purged, nothing is left but what only the operator has', async () => {
      expect(await apt('install -y cleanfeed')).toMatchObject({ code: 0 });
      expect(await apt('remove -y cleanfeed')).toMatchObject({ code: 0 });
      expect(
        await machine.ask(
          'systemctl list-units --state=active,activating,deactivating,failed --plain --no-legend "cleanfeed*"; ls -d /etc/apt/apt.conf.d/*cleanfeed* /usr/lib/cleanfeed/current /usr/lib/cleanfeed/previous 2> /dev/null || :',
        ),
      ).toBe('');
      expect(await apt(`purge -y '^cleanfeed'`)).toMatchObject({ code: 0 });
      expect(
        await machine.ask(
          `find / -xdev -path /root -prune -o -path /srv -prune -o -path /tmp -prune -o -path /proc -prune -o -path /work -prune -o -name '*cleanfeed*' -print 2> /dev/null | grep -v -e '^/var/lib/apt/lists/' -e '^/etc/apt/' -e '^/var/cache/apt/' -e '^/var/log/' | sort`,
        ),
      ).toBe('/etc/cleanfeed\n/etc/cleanfeed/cleanfeed.yaml');
    });
  });
});
