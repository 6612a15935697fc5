/**
 * The container image, built by buildah of the release's package on a Debian that mmdebstrap makes, and run by runc as the image says, with
 * what an operator gives it: a root that cannot be written to, no capability, volumes for the folders that it names.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { curl } from '../support/curl.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { ROOT } from '../docs/markdown.ts';
import { built, cloneOf } from './built-packages.ts';

const CONTAINERFILE = join(ROOT, 'packaging', 'container', 'Containerfile');
const USER = 10_001;
const CONFIG = '/etc/cleanfeed/cleanfeed.yaml';

/** What an image says of itself, of that what this test follows. */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly StopSignal: NodeJS.Signals;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** The parts of an OCI runtime configuration that differ from what `runc spec` gives. */
interface Bundle {
  process: Record<string, unknown>;
  root: object;
  mounts: { readonly destination: string; readonly type: string }[];
  linux: { namespaces: { readonly type: string }[]; resources?: object };
}

describeWith(['dpkg-buildpackage', 'dh', 'mmdebstrap', 'buildah', '/usr/lib/podman/netavark', 'runc'])(
  'the container image',
  () => {
    let directory: TemporaryDirectory;
    let image: ImageConfig;
    /** The files of the image. */
    let root: string;
    beforeAll(() => {
      directory = temporaryDirectory();
      const dist = directory.file('dist');
      const { release } = built(dist, cloneOf(directory.file('checkout'), '0.1.0'));
      // The folder of somebody who has made the next release, too.
      copyFileSync(release, release.replaceAll('0.1.0', '0.2.0'));
      const base = directory.file('base.tar');
      run('mmdebstrap', '--quiet', '--variant=apt', 'trixie', base);
      const scratch = buildah('from', 'scratch');
      buildah('add', '--quiet', scratch, base, '/');
      buildah('commit', '--quiet', '--rm', scratch, 'localhost/base:1');
      expect(() => buildImage()).toThrow(/one release is needed in the folder \(--build-arg VERSION=/);
      buildImage('--build-arg', 'VERSION=0.1.0');
      const said = JSON.parse(buildah('inspect', '--type', 'image', 'localhost/cleanfeed:1')) as {
        readonly Docker: { readonly config: ImageConfig };
      };
      image = said.Docker.config;
      root = buildah('mount', buildah('from', '--pull=never', 'localhost/cleanfeed:1'));
    });
    afterAll(() => {
      if (root !== undefined) buildah('umount', '--all');
      directory?.[Symbol.dispose]();
    });

    function run(program: string, ...args: readonly string[]): string {
      return execFileSync(program, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }).trim();
    }

    function buildah(...args: readonly string[]): string {
      const places = ['--root', directory.file('store'), '--runroot', directory.file('run')];
      return run('buildah', ...places, '--storage-driver', 'vfs', ...args);
    }

    function buildImage(...more: readonly string[]): void {
      const options =
        '--quiet --isolation chroot --network host --ulimit nproc=1024:1024 --ulimit nofile=1024:1024 --format docker --pull=never --build-arg BASE=localhost/base:1';
      const to = ['-f', CONTAINERFILE, '-t', 'localhost/cleanfeed:1', directory.file('dist')];
      buildah('build', ...options.split(' '), ...more, ...to);
    }

    let id = '';
    let port = 0;
    let bundle: string;
    let settings: string;
    let runs = 0;
    beforeEach(async () => {
      port = await freePort();
      id = `cleanfeed-test-${process.pid}-${(runs += 1)}`;
      bundle = directory.file(id);
      settings = directory.file(`${id}-settings`);
      mkdirSync(bundle);
      mkdirSync(settings);
      run('runc', 'spec', '--bundle', bundle);
      for (const name of Object.keys(image.Volumes)) mkdirSync(volume(name), { recursive: true, mode: 0o750 });
      run('chown', '-R', image.User, join(bundle, 'volumes'));
    });
    afterEach(() => void spawnSync('runc', ['delete', '--force', id]));

    const volume = (name: string): string => join(bundle, 'volumes', name);

    function configure(text: string, entries = 'listed.example/bad/*'): void {
      writeFileSync(join(settings, 'cleanfeed.yaml'), text);
      writeFileSync(join(settings, 'own.txt'), `${entries}\n`);
      for (const name of readdirSync(settings)) chmodSync(join(settings, name), 0o644);
      chmodSync(settings, 0o755);
      chmodSync(directory.path, 0o755);
    }

    /** As the image says, or with other words behind its entry point. */
    function begin(words: readonly string[] = image.Cmd): {
      readonly child: ChildProcess;
      readonly said: () => string;
    } {
      const file = join(bundle, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8')) as Bundle;
      const [uid, gid] = image.User.split(':').map(Number);
      Object.assign(config.process, {
        terminal: false,
        user: { uid, gid },
        args: [...image.Entrypoint, ...words],
        env: image.Env,
        cwd: image.WorkingDir,
        capabilities: {},
        noNewPrivileges: true,
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 4096, hard: 4096 }],
      });
      config.root = { path: root, readonly: true };
      config.mounts = [
        ...config.mounts.filter(({ type }) => type !== 'cgroup' && type !== 'sysfs'),
        ...Object.keys(image.Volumes).map((name) => bound(name, volume(name), 'rw')),
        bound('/etc/cleanfeed', settings, 'ro'),
      ];
      // Ports of this machine; and a container that is run by a container has no groups of its own.
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network' && type !== 'cgroup');
      delete config.linux.resources;
      writeFileSync(file, JSON.stringify(config));
      const child = spawn('runc', ['run', '--bundle', bundle, id], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      return { child, said: () => said };
    }

    function bound(destination: string, source: string, mode: string): Bundle['mounts'][number] & object {
      return {
        destination,
        type: 'bind',
        source,
        options: ['bind', mode],
      } as Bundle['mounts'][number];
    }

    const yaml = (): string =>
      `listeners: [{ name: explicit, mode: explicit, address: 127.0.0.1, port: ${port} }]
lists: [{ name: own, source: ./own.txt }]
upstream: { allow: [127.0.0.0/8] }
admin: { port: 0 }
state: { directory: /var/lib/cleanfeed }
`;

    test('serves with a root that is read only, without a right, says that it is healthy, and ends with 0', async () => {
      await using origin = await startOkOrigin();
      const at = `127.0.0.1:${origin.port}`;
      configure(yaml(), `${at}/bad/*`);
      const { child, said } = begin();
      const ended = once(child, 'exit');
      // The port opens before the line about it has come through two pipes.
      await eventually('it says that it listens', () => child.exitCode !== null || said().includes('listener.opened'));
      expect(await portAccepts(port)).toBe(true);
      const [, pid] = /"pid":\s*(\d+)/.exec(run('runc', 'state', id)) ?? [];
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:(\\t${USER}){4}$`, 'm'));
      for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) expect(status).toContain(`Cap${set}:\t0000000000000000\n`);
      expect(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).toMatch(/ \/ ro[, ]/);
      expect((await curl(port, [`${at}/bad/page.html`])).status).toBe(403);
      expect((await curl(port, [`${at}/fine`])).status).toBe(200);
      const [, ...health] = image.Healthcheck.Test;
      expect(run('runc', 'exec', id, ...health)).toMatch(/^0\s+listening/m);
      run('runc', 'kill', id, image.StopSignal);
      expect(await ended).toEqual([0, null]);
      expect(readdirSync(volume('/var/lib/cleanfeed')).length).toBeGreaterThan(0);
    });

    test('the check of its health fails while nothing answers', async () => {
      configure(yaml());
      const { child, said } = begin(image.Healthcheck.Test.slice(2));
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).not.toBe(0);
      expect(said()).toContain('/var/lib/cleanfeed');
    });

    test('a configuration that is wrong is told with its place, and the exit status is 78', async () => {
      configure('listeners: [{ name: explicit, mode: explicit, port: many }]\n');
      const { child, said } = begin();
      expect(await once(child, 'exit')).toEqual([78, null]);
      expect(said()).toContain(`${CONFIG}:1:`);
    });

    test('other commands are words behind its name', async () => {
      const { child, said } = begin(['--version']);
      expect(await once(child, 'exit')).toEqual([0, null]);
      expect(said()).toMatch(/^cleanfeed 0\.1\.0\nnode 26\./);
    });
  },
);
