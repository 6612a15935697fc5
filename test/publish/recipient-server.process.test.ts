/** config/nginx/protected-lists-server.conf on a real nginx: each recipient sees its own repository, by the certificate that it shows. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runNginx } from '../support/nginx.ts';
import type { BareNginx } from '../support/nginx.ts';
import { OwnAuthority } from '../support/own-authority.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const CONFIG = join(import.meta.dirname, '..', '..', 'config', 'nginx');
const SHIPPED = readFileSync(join(CONFIG, 'protected-lists-server.conf'), 'utf8');

/** Each of them must be there: what is not found would be tested as it is not shipped. */
function adapted(text: string, changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((all, [from, to]) => {
    expect(all).toContain(from);
    return all.replace(from, to);
  }, text);
}

describeWith(['nginx', 'curl', 'openssl'])('a server for recipients', () => {
  let directory: TemporaryDirectory;
  let nginx: BareNginx;
  let authority: OwnAuthority;
  let other: OwnAuthority;

  beforeAll(async () => {
    directory = temporaryDirectory();
    for (const folder of ['own', 'other', 'repo']) mkdirSync(directory.file(folder));
    authority = new OwnAuthority(directory.file('own'));
    other = new OwnAuthority(directory.file('other'));
    const server = authority.issue('server');
    for (const path of ['isp-a/metadata/timestamp.json', 'isp-b/metadata/timestamp.json', 'log_head.json', 'x.json']) {
      mkdirSync(dirname(directory.file(`repo/${path}`)), { recursive: true });
      writeFileSync(directory.file(`repo/${path}`), path);
    }
    nginx = await runNginx((port) => {
      const site = adapted(SHIPPED, [
        ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
        ['listen [::]:443 ssl;', ''],
        ['/srv/lists/repo', directory.file('repo')],
        ['/etc/nginx/lists.example.pem', server.certificate],
        ['/etc/nginx/lists.example.key', server.key],
        ['/etc/nginx/recipients.pem', authority.certificate],
        ['/opt/cleanfeed/config/nginx', CONFIG],
      ]);
      return `events { worker_connections 64; } http { access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; ${site} }`;
    });
  });
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  /** @returns what comes, or the status where it is another than 200. */
  const asked = (path: string, shown: { readonly certificate: string; readonly key: string } | null): string => {
    const certificate = shown === null ? [] : ['--cert', shown.certificate, '--key', shown.key];
    const words = ['-s', '--path-as-is', '-w', '\n%{http_code}', '--cacert', authority.certificate, ...certificate];
    const said = execFileSync('curl', [...words, `https://127.0.0.1:${nginx.port}${path}`], { encoding: 'utf8' });
    const [, body = '', status = ''] = /^([^]*)\n(\d+)$/.exec(said) ?? [];
    return status === '200' ? body : status;
  };

  test.each([
    ['/isp-a/metadata/timestamp.json', 'isp-a/metadata/timestamp.json'],
    ['/isp-a/metadata/9.root.json', '404'],
    ['/isp-b/metadata/timestamp.json', '404'],
    ['/isp-a/../isp-b/metadata/timestamp.json', '404'],
    ['/isp-a/%2e%2e/isp-b/metadata/timestamp.json', '404'],
    ['/isp-b/:/isp-a/metadata/timestamp.json', '404'],
    ['/isp-a-2/metadata/timestamp.json', '404'],
    ['/log_head.json', 'log_head.json'],
    ['/x.json', '404'],
  ])('whose certificate says isp-a and asks for %s', (path, want) => {
    expect(asked(path, authority.issue('isp-a'))).toBe(want);
  });

  test('nobody else sees a repository', () => {
    const path = '/isp-a/metadata/timestamp.json';
    expect(asked(path, null)).toBe('404');
    expect(asked('/log_head.json', null)).toBe('log_head.json');
    expect(asked(path, authority.issue('isp'))).toBe('404');
    expect(asked(path, other.issue('isp-a'))).toBe('400');
  });
});
