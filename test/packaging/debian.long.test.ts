/**
 * The Debian package, built from a checkout and handed to Debian's own programs: lintian, dpkg and apt on a machine that was booted, systemd. What
 * docs/operations.md says of it is run as it stands there.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { bootMachine, describeOnBootedMachine } from '../support/booted-machine.ts';
import type { BootedMachine, Said } from '../support/booted-machine.ts';
import { curl } from '../support/curl.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { commandsBelow } from '../support/installable-machine.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { built, cloneOf } from './built-packages.ts';
import type { Packages } from './built-packages.ts';

const LISTED = 'http://www.listed.example/bad/page.html?x=1';
const GUIDE = 'docs/operations.md';
const HEADING = 'A first configuration, and the start:';
const LIST = `echo '${LISTED.replace('http://', '')}' >> /etc/cleanfeed/own.txt`;

/** The libraries of arm64 below a folder, as Debian has them. */
const ARM64_ROOT = `mkdir "$1"; mmdebstrap --quiet --arch=arm64 --variant=extract --include=libatomic1,libstdc++6 trixie - | tar -x -C "$1" --exclude=./dev
  ln -sfn usr/lib "$1/lib"`;

function configurationOf(port: number): string {
  return `listeners: [{ name: explicit, mode: explicit, address: 127.0.0.1, port: ${port} }]
lists: [{ name: own, source: ./own.txt }]
admin: { port: 0 }
state: { directory: ./state }
workers: 1
shutdown: { lameDuck: 0s }
`;
}

/** Both packages, on the machine. */
const filesOf = (version: string): string =>
  `/root/cleanfeed_${version}_all.deb /root/cleanfeed-${version}_${version}_amd64.deb`;

/** Those that are not scripts. */
function programsOf(deb: string, tree: string): string[] {
  execFileSync('dpkg-deb', ['--extract', deb, tree]);
  return execFileSync('find', [join(tree, 'usr/lib/cleanfeed'), '-path', '*/bin/node', '-o', '-name', '*.node'], {
    encoding: 'utf8',
  })
    .trim()
    .split('\n');
}

describeWith(['dpkg-buildpackage', 'dh', 'lintian'])('the Debian package', () => {
  let directory: TemporaryDirectory;
  let checkout: string;
  let deb: Packages;
  beforeAll(() => {
    directory = temporaryDirectory();
    checkout = cloneOf(directory.file('one'), '0.1.0');
    deb = built(directory.file('first'), checkout);
  });
  afterAll(() => directory?.[Symbol.dispose]());

  test('lintian has nothing to say', () => {
    const unpacked = ['uses-no-compression-for-control-tarball', 'uses-no-compression-for-data-tarball'];
    expect(
      execFileSync(
        'lintian',
        ['--allow-root', '--fail-on', 'none', '--suppress-tags', unpacked.join(','), ...Object.values(deb)],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      ),
    ).toBe('');
  });

  test('the same commit in another clone gives the same bytes, whatever the modes there, and what git does not know is left out', () => {
    const clone = cloneOf(directory.file('other'), '0.1.0');
    execFileSync('chmod', ['-R', 'go=', clone]);
    writeFileSync(join(clone, 'config', 'own.txt'), 'www.listed.example/bad\n');
    const other = built(directory.file('a folder'), clone);
    const digests = (packages: Packages): readonly string[] =>
      Object.values(packages).map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
    const [a, b] = [deb, other].map(digests);
    expect(b).toEqual(a);
  });

  test('what its programs ask of other packages is in its dependencies', () => {
    const programs = programsOf(deb.release, directory.file('tree'));
    expect(programs.map((path) => basename(path)).sort()).toEqual(['koffi.node', 'node']);
    const asked = programs
      .map((path) => execFileSync('objdump', ['-p', '-T', path], { encoding: 'utf8', maxBuffer: 1 << 28 }))
      .join('');
    const newest = (name: string): string =>
      [...asked.matchAll(new RegExp(`\\b${name}_([0-9.]+)`, 'g'))]
        .map(([, version = '']) => version)
        .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
        .at(-1)!;
    // Of libstdc++ that of GCC 7 (its manual, "ABI Policy and Guidelines").
    expect({ glibc: newest('GLIBC'), libstdc: newest('CXXABI') }).toEqual({ glibc: '2.28', libstdc: '1.3.11' });
    expect(new Set([...asked.matchAll(/NEEDED +(\S+)/g)].map(([, name]) => name))).toEqual(
      new Set([
        'libatomic.so.1',
        'libdl.so.2',
        'libstdc++.so.6',
        'libm.so.6',
        'libgcc_s.so.1',
        'libpthread.so.0',
        'libc.so.6',
        'ld-linux-x86-64.so.2',
      ]),
    );
    expect(execFileSync('dpkg-deb', ['--field', deb.release, 'Depends'], { encoding: 'utf8' })).toMatch(
      /^libatomic1, libc6 \(>= 2\.28\), libgcc-s1, libstdc\+\+6 \(>= 8\)\n/,
    );
  });

  test('for arm64, of a pre-release: its programs are of arm64', () => {
    const { release: arm64 } = built(directory.file('arm64'), cloneOf(directory.file('three'), '0.1.0-rc.1'), [
      '--arch',
      'arm64',
    ]);
    // Older than the release, to dpkg.
    const version = execFileSync('dpkg-deb', ['--field', arm64, 'Version'], { encoding: 'utf8' }).trim();
    expect(version).toBe('0.1.0~rc.1');
    execFileSync('dpkg', ['--compare-versions', version, 'lt', '0.1.0']);
    expect(execFileSync('dpkg-deb', ['--field', arm64, 'Architecture'], { encoding: 'utf8' })).toBe('arm64\n');
    const machines = programsOf(arm64, directory.file('tree-arm64')).map((path) =>
      readFileSync(path).readUInt16LE(0x12),
    );
    // EM_AARCH64 (elf.h).
    expect(machines).toEqual([183, 183]);
  });

  describeWith(['qemu-aarch64', 'mmdebstrap'])('on arm64, which qemu plays', () => {
    test('it says what it is, checks a configuration, calls the kernel, and refuses what is listed', async () => {
      const root = directory.file('root-arm64');
      execFileSync('bash', ['-euc', ARM64_ROOT, 'bash', root], { stdio: 'pipe' });
      const { release } = built(directory.file('for-qemu'), checkout, ['--arch', 'arm64']);
      const tree = directory.file('tree-qemu');
      programsOf(release, tree);
      const folder = join(tree, 'usr/lib/cleanfeed/0.1.0');
      const port = await freePort();
      writeFileSync(directory.file('own.txt'), 'www.listed.example/bad/*\n');
      writeFileSync(directory.file('cleanfeed.yaml'), configurationOf(port));
      const words = ['-L', root, 'node_modules/.bin/node'];
      const said = (...more: readonly string[]): string =>
        execFileSync('qemu-aarch64', [...words, ...more], { cwd: folder, encoding: 'utf8' });
      expect(said('dist/cleanfeed.mjs', '--version')).toMatch(/^cleanfeed 0\.1\.0\nnode \S+, linux-arm64/);
      expect(said('-p', 'require("koffi").load("libc.so.6").func("int getpid()")() === process.pid')).toBe('true\n');
      const config = directory.file('cleanfeed.yaml');
      expect(said('dist/cleanfeed.mjs', 'check', '-c', config)).toMatch(/: ok\nlist own: 1 entry\n/);
      const program = spawn('qemu-aarch64', [...words, 'dist/cleanfeed.mjs', 'serve', '-c', config], {
        cwd: folder,
        stdio: 'ignore',
      });
      const ended = once(program, 'exit');
      try {
        await eventually('it listens', async () => program.exitCode !== null || (await portAccepts(port)));
        expect((await curl(port, [LISTED])).status).toBe(403);
      } finally {
        program.kill('SIGTERM');
      }
      expect(await ended).toEqual([0, null]);
    });
  });

  test('another architecture, or an argument nobody knows: which ones there are', () => {
    expect(() => built(directory.file('x'), checkout, ['--arch', 'riscv64'])).toThrow(
      /--arch is amd64 or arm64, not 'riscv64'/,
    );
    expect(() => built(directory.file('x'), checkout, ['--arc'])).toThrow(/unknown argument '--arc'/);
    expect(() => built(directory.file('x'), checkout, ['--arch'])).toThrow(/--arch needs a value/);
  });

  test('where git knows nothing, or files of which it knows are gone, or npm brings nothing: which of them', () => {
    const clone = cloneOf(directory.file('four'), '0.1.0');
    const offline = { npm_config_offline: 'true', npm_config_cache: directory.file('empty') };
    expect(() => built(directory.file('x'), clone, [], offline)).toThrow(/npm did not bring the run-time packages/);
    expect(() => built(directory.file('x'), clone, [], { TMPDIR: directory.file('a folder') })).toThrow(
      /TMPDIR is '.*': debhelper takes no path with a blank/,
    );
    rmSync(join(clone, 'docs', 'guard.md'));
    expect(() => built(directory.file('x'), clone)).toThrow(/git knows files that are not there: docs\/guard\.md/);
    rmSync(join(clone, '.git'), { recursive: true });
    expect(() => built(directory.file('x'), clone)).toThrow(/is no checkout of git/);
  });

  describeOnBootedMachine(['apt-get', 'man'])('on a machine', () => {
    let machine: BootedMachine;
    beforeAll(async () => {
      const next = built(directory.file('next'), cloneOf(directory.file('two'), '0.2.0'));
      machine = await bootMachine((folder) => {
        mkdirSync(join(folder, 'root'), { recursive: true });
        mkdirSync(join(folder, 'usr/sbin'), { recursive: true });
        for (const file of [deb, next].flatMap((packages) => Object.values(packages)))
          cpSync(file, join(folder, 'root', basename(file)));
        // Whatever the machine of the tests says: services may be started.
        writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
      });
      // Else each installation indexes every page of the machine, which takes longer than all else.
      await machine.ask('rm -f /var/lib/man-db/auto-update');
    });
    afterAll(async () => await machine?.[Symbol.asyncDispose]());

    const property = async (name: string, unit = 'cleanfeed'): Promise<string> =>
      await machine.ask(`systemctl show -P ${name} ${unit}`);
    /** Of the answer to a listed page; 000: none came. */
    const answer = async (): Promise<string> =>
      await machine.ask(
        `curl -s -o /dev/null -w '%{http_code}' --max-time 60 -x http://127.0.0.1:3128 '${LISTED}' || :`,
      );
    /** The version of what runs. */
    const running = async (unit = 'cleanfeed'): Promise<string> =>
      (
        await machine.ask(`journalctl -b --no-pager -o cat -u ${unit} | grep -o '"version":"[0-9.]*"' | tail -n 1`)
      ).replaceAll(/[^0-9.]/g, '');
    /** Another release, up or down: what dpkg says, and how it ends. */
    const change = async (version: string): Promise<Said> => await machine.run(`dpkg -i ${filesOf(version)}`);
    /** What customers got meanwhile, each status once. */
    const whileAsked = async (work: () => Promise<void>): Promise<string> => {
      await machine.ask(`rm -f /root/answers; cat > /root/ask <<'END'
while :; do curl -s -o /dev/null -w '%{http_code}\\n' --max-time 60 -x http://127.0.0.1:3128 '${LISTED}' >> /root/answers || :; done
END
systemd-run -q --unit=asking sh /root/ask`);
      const more = async (): Promise<void> => {
        const before = Number(await machine.ask('cat /root/answers 2> /dev/null | wc -l'));
        await machine.until(`[ $(cat /root/answers 2> /dev/null | wc -l) -ge ${before + 20} ]`);
      };
      await more();
      await work();
      await more();
      await machine.ask('systemctl stop asking');
      // The last may have been cut short.
      return await machine.ask("sed '$d' /root/answers | sort | uniq -c | awk '{ print $2 }'");
    };

    const purge = `dpkg --purge cleanfeed && dpkg --purge $(dpkg-query -W -f '\${Package} ' 'cleanfeed-*')`;

    /** As it is after the guide's commands, with nothing of an earlier test. */
    beforeEach(async () => {
      await machine.run(`${purge}; rm -rf /etc/cleanfeed /etc/systemd/system/cleanfeed*`);
      await machine.ask(`dpkg -i ${filesOf('0.1.0')}; ${commandsBelow(GUIDE, HEADING)}`);
      // Nobody here looks at /readyz before a process ends.
      await machine.ask(
        `echo 'shutdown: { lameDuck: 0s }' >> /etc/cleanfeed/cleanfeed.yaml; ${LIST} && systemctl reload cleanfeed`,
      );
    });

    test('what the guide says: installed, it starts nothing; configured and started, it refuses what is listed', async () => {
      await machine.ask(
        `apt-get purge -y cleanfeed; rm -r /etc/cleanfeed; dpkg -i ${filesOf('0.1.0')}; ${commandsBelow(GUIDE, HEADING).trim()}; ${LIST} && systemctl reload cleanfeed`,
      );
      expect(await answer()).toBe('403');
      expect(await machine.ask('stat -c "%a %U %G %n" /etc/cleanfeed /var/lib/cleanfeed')).toBe(
        '2750 root cleanfeed /etc/cleanfeed\n750 cleanfeed cleanfeed /var/lib/cleanfeed',
      );
      expect(await machine.ask('cat /proc/sys/net/ipv4/tcp_migrate_req; cat /proc/sys/net/ipv4/ip_forward')).toBe(
        '1\n0',
      );
      await machine.ask('apt-get purge -y cleanfeed; rm -r /etc/cleanfeed');
      const { output } = await change('0.1.0');
      expect(output).toMatch(/nothing runs yet: 'cd \/etc\/cleanfeed && cleanfeed init' writes a first configuration/);
      expect(output).not.toMatch(/fail|warn|error/i);
      expect(
        await machine.ask(
          'systemctl list-units --all --plain --no-legend "cleanfeed*"; systemctl is-enabled cleanfeed || :',
        ),
      ).toBe('disabled');
      // What the program cannot be without where it speaks to the kernel; it is silent when it is missing.
      expect(
        await machine.ask(
          `cd /usr/lib/cleanfeed/current && node_modules/.bin/node -p 'require("koffi").load("libc.so.6").func("int getpid()")() === process.pid'`,
        ),
      ).toBe('true');
      // Anybody may call it, and reads what it can do.
      expect(await machine.ask('runuser -u nobody -- cleanfeed --version')).toMatch(/^cleanfeed 0\.1\.0/);
      expect(await machine.ask('man cleanfeed | cat')).toMatch(
        /cleanfeed — refuses listed URLs[^]*cleanfeed ctl bypass on/,
      );
    });

    test('an upgrade under load, with sockets of systemd: no request is lost; the guard runs the new release too', async () => {
      await machine.ask(
        'systemctl stop cleanfeed; systemctl start cleanfeed-explicit@0.socket cleanfeed-explicit@1.socket',
      );
      await machine.ask(
        `sed -i 's/^workers:.*//' /etc/cleanfeed/cleanfeed.yaml; printf 'workers: 2\nguard: { probes: [{ listener: explicit }], actions: { out: [[/bin/true]], back: [[/bin/true]] } }\n' >> /etc/cleanfeed/cleanfeed.yaml; systemctl start cleanfeed cleanfeed-guard`,
      );
      const before = await property('MainPID', 'cleanfeed-guard');
      let said: Said | null = null;
      expect(
        await whileAsked(async () => {
          said = await change('0.2.0');
        }),
      ).toBe('403');
      expect(said).toEqual({ code: 0, output: expect.not.stringMatching(/fail|warn|error/i) });
      expect([await running(), await property('ActiveState', 'cleanfeed-guard')]).toEqual(['0.2.0', 'active']);
      expect(await property('MainPID', 'cleanfeed-guard')).not.toBe(before);
      await change('0.1.0');
      expect([await running(), await answer()]).toEqual(['0.1.0', '403']);
    });

    test('two instances: one after the other, and a customer always gets an answer', async () => {
      await machine.ask(
        `systemctl disable --now cleanfeed; cd /etc/cleanfeed; for name in a b; do sed "s/lameDuck: 0s/lameDuck: 1s/; s/9090/909$name/; s/909a/9091/; s/909b/9092/" cleanfeed.yaml > $name.yaml; chgrp cleanfeed $name.yaml; done; systemctl start cleanfeed@a cleanfeed@b`,
      );
      expect(await whileAsked(async () => expect(await change('0.2.0')).toMatchObject({ code: 0 }))).toBe('403');
      expect([await running('cleanfeed@a'), await running('cleanfeed@b')]).toEqual(['0.2.0', '0.2.0']);
    });

    test('a relay, as the guide sets one up, runs the new release after an upgrade, and publishes', async () => {
      const published = (entries: number): string =>
        `journalctl -b --no-pager -o cat -u cleanfeed-relay | grep -q '"entries":${entries},.*relay.published'`;
      await machine.ask(`mkdir -p /root/relay; cd /root/relay; age-keygen -o fleet.age 2> /dev/null; grep -o 'age1.*' fleet.age > fleet.recipient; echo http://one.listed.example/a > list.txt
        printf 'source: ./list.txt\\npublish: { repo: /var/lib/cleanfeed-relay/repo, keys: /var/lib/cleanfeed-relay/keys }\\n' > relay.yaml`);
      // Its user is in the package.
      const [, , ...commands] = commandsBelow(GUIDE, 'As a service, after')
        .replaceAll('/opt/cleanfeed', '/usr/lib/cleanfeed/current')
        .split('\n');
      await machine.ask(`cd /root/relay; ${commands.join('\n')}`);
      await machine.until(published(1));
      const before = await property('MainPID', 'cleanfeed-relay');
      expect(await change('0.2.0')).toMatchObject({ code: 0 });
      await machine.ask(
        'echo http://two.listed.example/b >> /etc/cleanfeed-relay/list.txt; systemctl reload cleanfeed-relay',
      );
      await machine.until(published(2));
      expect(await property('MainPID', 'cleanfeed-relay')).not.toBe(before);
      await machine.ask('dpkg --purge cleanfeed');
      expect(await machine.ask('ls -d /etc/cleanfeed-relay /var/lib/cleanfeed-relay/keys')).toBe(
        '/etc/cleanfeed-relay\n/var/lib/cleanfeed-relay/keys',
      );
    });

    test('a configuration that the release refuses: the old one goes on, dpkg says so, and goes on when it is mended', async () => {
      const before = await property('MainPID');
      await machine.ask(
        'cp -p /etc/cleanfeed/cleanfeed.yaml /root/good.yaml; echo "workerz: 1" >> /etc/cleanfeed/cleanfeed.yaml',
      );
      const { code, output } = await change('0.2.0');
      expect(code).not.toBe(0);
      expect(output).toMatch(
        /cleanfeed\.yaml:\d+:1: .*workerz[^]*refuses the configuration or the lists of cleanfeed\.service[^]*dpkg --configure cleanfeed/,
      );
      expect([await property('MainPID'), await answer()]).toEqual([before, '403']);
      // Its workers and its reload need nothing of the release that is gone.
      await machine.ask('cp -p /root/good.yaml /etc/cleanfeed/cleanfeed.yaml; systemctl reload cleanfeed');
      expect([await property('MainPID'), await answer()]).toEqual([before, '403']);
      await machine.ask('dpkg --configure cleanfeed');
      expect([await running(), await answer()]).toEqual(['0.2.0', '403']);
    });

    test('a unit that had failed is started by the upgrade where it is enabled, and left where it is not', async () => {
      const folder = '/etc/systemd/system/cleanfeed.service.d';
      await machine.ask(
        `mkdir ${folder}; printf '[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\n' > ${folder}/false.conf; systemctl daemon-reload; systemctl restart cleanfeed || :`,
      );
      expect(await property('ActiveState')).toBe('failed');
      // Nobody has said that this one is to run.
      await machine.run(
        `cp -p /etc/cleanfeed/cleanfeed.yaml /etc/cleanfeed/old.yaml; cp -r ${folder} /etc/systemd/system/cleanfeed@old.service.d; systemctl daemon-reload; systemctl start cleanfeed@old; rm -r /etc/systemd/system/cleanfeed@old.service.d`,
      );
      await machine.ask(`rm -r ${folder}`);
      expect(await change('0.2.0')).toMatchObject({ code: 0 });
      expect(await answer()).toBe('403');
      expect(await property('ActiveState', 'cleanfeed@old')).toBe('failed');
    });

    test('a configuration that a drop-in names is the one that is checked, as the user of the unit: what that one cannot read is refused', async () => {
      await machine.ask(`mkdir -p /etc/isp /etc/systemd/system/cleanfeed.service.d
        sed 's|./own.txt|/etc/cleanfeed/own.txt|' /etc/cleanfeed/cleanfeed.yaml > '/etc/isp/the filter.yaml'; rm /etc/cleanfeed/cleanfeed.yaml
        printf '%s\n' '[Service]' ExecStartPre= ExecStart= 'ExecStart=/usr/lib/cleanfeed/current/node_modules/.bin/node /usr/lib/cleanfeed/current/dist/cleanfeed.mjs serve -c "/etc/isp/the filter.yaml"' > /etc/systemd/system/cleanfeed.service.d/file.conf
        systemctl daemon-reload; systemctl restart cleanfeed`);
      // Of a release that an operator had installed by hand: not what checks.
      await machine.ask(
        String.raw`printf '#!/bin/sh\nexit 78\n' > /usr/local/bin/cleanfeed; chmod +x /usr/local/bin/cleanfeed`,
      );
      const upgrade = await change('0.2.0');
      await machine.ask(`rm /usr/local/bin/cleanfeed; chmod 600 '/etc/isp/the filter.yaml'`);
      expect(upgrade).toEqual({
        code: 0,
        output: expect.stringMatching(/\/usr\/local\/bin\/cleanfeed hides the command of the package/),
      });
      expect([await running(), await answer()]).toEqual(['0.2.0', '403']);
      const before = await property('MainPID');
      expect(await change('0.1.0')).toEqual({
        code: 1,
        output: expect.stringMatching(
          /the filter\.yaml:1:1: cannot be read: permission denied[^]*Nothing was restarted/,
        ),
      });
      expect([await property('MainPID'), await answer()]).toEqual([before, '403']);
      await machine.ask('rm -r /etc/isp');
    });

    test('a guard without a filter beside it, whose configuration is refused: nothing is restarted; a relay whose configuration is: dpkg says so', async () => {
      await machine.ask(`cd /etc/cleanfeed; cp -p cleanfeed.yaml a.yaml; systemctl disable --now cleanfeed; systemctl start cleanfeed@a
        printf 'guard: { probes: [{ listener: explicit }], actions: { out: [[/bin/true]], back: [[/bin/true]] } }\n' >> cleanfeed.yaml
        systemctl start cleanfeed-guard; echo 'workerz: 1' >> cleanfeed.yaml`);
      const pids = async (): Promise<readonly string[]> => [
        await property('MainPID', 'cleanfeed-guard'),
        await property('MainPID', 'cleanfeed@a'),
      ];
      const before = await pids();
      expect(await change('0.2.0')).toEqual({
        code: 1,
        output: expect.stringMatching(/workerz[^]*refuses the configuration or the lists of cleanfeed-guard\.service/),
      });
      expect(await pids()).toEqual(before);
      await machine.ask(`sed -i /workerz/d /etc/cleanfeed/cleanfeed.yaml; mkdir -p /etc/cleanfeed-relay /run/systemd/system/cleanfeed-relay.service.d
        echo 'nonsense: 1' > /etc/cleanfeed-relay/relay.yaml
        printf '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n' > /run/systemd/system/cleanfeed-relay.service.d/x.conf
        systemctl daemon-reload; systemctl start cleanfeed-relay; rm -r /run/systemd/system/cleanfeed-relay.service.d`);
      expect(await machine.run('dpkg --configure cleanfeed')).toEqual({
        code: 1,
        output: expect.stringMatching(/cleanfeed-relay\.service was not ready/),
      });
      await machine.ask(
        'systemctl reset-failed cleanfeed-relay; rm -r /etc/cleanfeed-relay; dpkg --configure cleanfeed',
      );
      expect(await running('cleanfeed@a')).toBe('0.2.0');
    });

    test('what an operator has beside, under names like ours, is not told to go and goes on over removal and purge; a socket that starts the filter stops', async () => {
      await machine.ask(`cd /etc/systemd/system; sed 's/3128/3129/; s/=explicit/=second/' /usr/lib/systemd/system/cleanfeed-explicit@.socket > cleanfeed-second@.socket
        printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' > cleanfeed-exporter.service
        mkdir -p /var/cache/cleanfeed-mirror; systemctl daemon-reload; systemctl enable --now cleanfeed-exporter; systemctl stop cleanfeed; systemctl start cleanfeed-second@0.socket`);
      const { output } = await change('0.2.0');
      expect(output).not.toMatch(/hides/);
      await machine.ask('dpkg --purge cleanfeed');
      expect(
        await machine.ask(
          'systemctl is-active cleanfeed-exporter cleanfeed-second@0.socket || :; systemctl is-enabled cleanfeed-exporter; ls -d /var/cache/cleanfeed-*',
        ),
      ).toBe('active\ninactive\nenabled\n/var/cache/cleanfeed-mirror');
      await machine.ask('systemctl disable --now cleanfeed-exporter; rm -r /var/cache/cleanfeed-mirror');
    });

    test('a setting of the kernel that a later file of the operator makes is never another one, not for the moment of the restart', async () => {
      await machine.ask(`printf 'net.core.somaxconn = 65000\n' > /etc/sysctl.d/99-isp.conf; sysctl -q -p /etc/sysctl.d/99-isp.conf
        mkdir -p /etc/systemd/system/cleanfeed.service.d
        printf '[Service]\nExecStartPre=+/bin/sh -c "cat /proc/sys/net/core/somaxconn > /root/somaxconn"\n' > /etc/systemd/system/cleanfeed.service.d/see.conf`);
      expect(await change('0.2.0')).toMatchObject({ code: 0 });
      expect(await machine.ask('cat /root/somaxconn; rm /etc/sysctl.d/99-isp.conf')).toBe('65000');
    });

    test('a unit that is masked and runs does not hold the others up; a removal that is broken off starts again what it stopped', async () => {
      await machine.ask(`cd /etc/cleanfeed; sed 's/port: 9090/port: 9091/' cleanfeed.yaml > a.yaml
        systemctl start cleanfeed@a; systemctl mask cleanfeed`);
      const before = await property('MainPID');
      expect(await change('0.2.0')).toEqual({ code: 0, output: expect.stringMatching(/cleanfeed\.service is masked/) });
      expect([await property('MainPID'), await running('cleanfeed@a')]).toEqual([before, '0.2.0']);
      await machine.ask(
        'systemctl unmask cleanfeed; cp -p /var/lib/dpkg/info/cleanfeed.prerm /root/prerm; echo "exit 3" >> /var/lib/dpkg/info/cleanfeed.prerm',
      );
      const broken = await machine.run('dpkg --remove cleanfeed');
      await machine.ask('cp -p /root/prerm /var/lib/dpkg/info/cleanfeed.prerm');
      expect(broken).toEqual({ code: 1, output: expect.stringMatching(/cleanfeed@a\.service starts again/) });
      await machine.until('systemctl is-active cleanfeed cleanfeed@a');
    });

    test('a unit of an installation by hand, which hides that of the package, is named', async () => {
      await machine.ask('cp /usr/lib/systemd/system/cleanfeed.service /etc/systemd/system/');
      expect((await change('0.2.0')).output).toMatch(
        /\/etc\/systemd\/system\/cleanfeed\.service hides the unit of the package: remove it/,
      );
    });

    test('removed: nothing runs, the configuration stays; purged: state goes, and what only the operator has stays', async () => {
      await machine.ask('systemctl enable --now cleanfeed-explicit@0.socket || :; systemctl enable cleanfeed@a');
      await machine.ask("apt-get remove -y '^cleanfeed'");
      expect(
        await machine.ask(
          'systemctl list-units --state=active,activating,deactivating,failed --plain --no-legend "cleanfeed*"; find /usr/lib /var/cache -maxdepth 2 -name "*cleanfeed*"; pgrep -u cleanfeed || :',
        ),
      ).toBe('');
      const links = 'find /etc/systemd/system -name "*cleanfeed*" | sort';
      const wants = '/etc/systemd/system/multi-user.target.wants';
      const socket = 'cleanfeed-explicit@0.socket';
      expect((await machine.ask(links)).split('\n')).toEqual([
        '/etc/systemd/system/cleanfeed.service.wants',
        `/etc/systemd/system/cleanfeed.service.wants/${socket}`,
        `${wants}/cleanfeed.service`,
        `${wants}/cleanfeed@a.service`,
        `/etc/systemd/system/sockets.target.wants/${socket}`,
      ]);
      expect(await machine.ask('ls /etc/cleanfeed; test -d /var/lib/cleanfeed && echo state')).toBe(
        'cleanfeed.yaml\nown.txt\nstate',
      );
      expect(await change('0.1.0')).toMatchObject({ code: 0 });
      expect(await machine.ask('systemctl is-active cleanfeed || :; systemctl is-enabled cleanfeed')).toBe(
        'inactive\nenabled',
      );
      // State on a file system of its own: its folder cannot be removed.
      await machine.ask('mount -t tmpfs tmpfs /var/lib/cleanfeed; systemctl start cleanfeed');
      expect(await answer()).toBe('403');
      const { code, output } = await machine.run("apt-get purge -y '^cleanfeed'");
      expect(await machine.ask('ls -A /var/lib/cleanfeed; umount /var/lib/cleanfeed; rm -r /var/lib/cleanfeed')).toBe(
        '',
      );
      expect([code, await machine.ask(links)]).toEqual([0, '']);
      expect(output).toMatch(/\/etc\/cleanfeed stays: it may hold keys/);
      expect(
        await machine.ask('ls /etc/cleanfeed; ls -d /var/lib/cleanfeed /usr/lib/cleanfeed 2> /dev/null || :'),
      ).toBe('cleanfeed.yaml\nown.txt');
    });
  });
});
