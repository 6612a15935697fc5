/** `npm run release` in a checkout with a version that its CHANGELOG has: built twice, the same, signed so that others can tell, and a tag. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROOT } from '../docs/markdown.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { cloneOf, environment } from './built-packages.ts';

const VERSION = '0.9.9';
const KEY = 'packages@isp.example';

describeWith(['dpkg-buildpackage', 'dh', 'apt-ftparchive', 'gpg', 'openssl'])('a release', () => {
  let directory: TemporaryDirectory;
  let checkout: string;
  let keys: NodeJS.ProcessEnv;
  beforeAll(() => {
    directory = temporaryDirectory();
    checkout = cloneOf(directory.file('checkout'), VERSION);
    writeFileSync(join(checkout, '.git/info/exclude'), 'node_modules\n');
    keys = { GNUPGHOME: directory.file('gpg'), GIT_CONFIG_GLOBAL: '/dev/null', HOME: directory.path };
    run('sh', [
      '-ec',
      `mkdir -m 700 "$GNUPGHOME"; gpg --batch --quiet --passphrase '' --quick-generate-key ${KEY} ed25519 sign`,
    ]);
    run('sh', [
      '-ec',
      'openssl genpkey -algorithm ed25519 -out ../release.key && openssl pkey -in ../release.key -pubout -out ../release.pem',
    ]);
    for (const [name, value] of [
      ['user.name', 'T'],
      ['user.email', KEY],
    ] as const)
      run('git', ['config', name, value]);
    run('git', ['commit', '-qam', 'the version']);
  });
  afterAll(() => {
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, ...keys } });
    directory?.[Symbol.dispose]();
  });

  function run(program: string, args: readonly string[]): string {
    return execFileSync(program, args, {
      cwd: checkout,
      env: environment(keys),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  function release(...more: readonly string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  } {
    const args = ['--key', '../release.key', '--apt-key', KEY, '--arch', 'amd64', ...more];
    return spawnSync(join(checkout, 'packaging', 'release.sh'), args, {
      cwd: checkout,
      env: environment({ ...keys, INIT_CWD: checkout }),
      encoding: 'utf8',
    });
  }

  test('is not made without what it needs, and says which', () => {
    expect(release('--dry-run')).toMatchObject({
      status: 65,
      stderr: expect.stringContaining(`no section '## [${VERSION}]`),
    });
    const changes = join(checkout, 'CHANGELOG.md');
    writeFileSync(
      changes,
      readFileSync(changes, 'utf8').replace('## [Unreleased] – 0.1.0', `## [${VERSION}] – 2026-12-03`),
    );
    expect(release('--dry-run')).toMatchObject({ status: 65, stderr: expect.stringContaining('CHANGELOG.md') });
    run('git', ['commit', '-qam', 'the changes']);
    expect(release('--dry-run', '--apt-key', 'nobody@isp.example')).toMatchObject({ status: 66 });
    expect(release('--dry-run')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`would build ${VERSION}`),
    });
    expect(run('git', ['tag'])).toBe('');
  });

  test('has packages, tarball, bill of materials, notes and repository, which its key vouches for; and its tag is signed', () => {
    const { status, stdout, stderr } = release();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const folder = stdout.trim();
    expect(readdirSync(folder).toSorted()).toEqual([
      'NOTES.md',
      'SHA256SUMS',
      'SHA256SUMS.sig',
      'apt',
      `cleanfeed-${VERSION}.tgz`,
      `cleanfeed-${VERSION}_${VERSION}_amd64.deb`,
      `cleanfeed_${VERSION}_all.deb`,
      'sbom.cdx.json',
    ]);
    expect(readFileSync(join(folder, 'NOTES.md'), 'utf8')).toContain('### Added');
    const verified = (): unknown =>
      spawnSync(join(ROOT, 'bin/cleanfeed'), ['verify-release', folder, '--key', directory.file('release.pem')]).status;
    expect(verified()).toBe(0);
    // The programs that others have say the same.
    run('sh', [
      '-ec',
      `cd ${folder}; openssl pkeyutl -verify -rawin -pubin -inkey ${directory.file('release.pem')} -in SHA256SUMS -sigfile SHA256SUMS.sig; sha256sum --check --quiet SHA256SUMS`,
    ]);
    run('git', ['verify-tag', `v${VERSION}`]);
    appendFileSync(join(folder, 'sbom.cdx.json'), ' ');
    expect(verified()).toBe(1);
    rmSync(folder, { recursive: true });
    expect(release()).toMatchObject({ status: 73, stderr: expect.stringContaining(`there is a tag v${VERSION}`) });
  });
});
