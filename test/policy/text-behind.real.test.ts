/**
 * Real servers that hand text behind a page to its program (PATH_INFO): what they answer with a listed page is refused where the entry has `fold=info`
 * (requirement 82). What the server answers is asked of it directly, and comes first.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import { FOLD } from '../../src/url/fold.ts';
import { entry, snapshotOf } from '../match/support.ts';
import { runListening } from '../support/listening-program.ts';
import type { ListeningProgram } from '../support/listening-program.ts';
import { startNginx } from '../support/nginx.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const HOST = 'host.example';
const LISTED = ['/page.php', '/deep/er/page.cgi'] as const;
/** Beside them: names that begin alike, or that stand elsewhere. */
const OTHERS = ['/page.php5', '/page2.php', '/deep/page.php', '/deep/er/page.cgi2', '/dir/page.php', '/x.cgi'] as const;
const BEHIND = [
  '',
  '/',
  '/x',
  '/x/y.html',
  '//x',
  '/.',
  '/./x',
  '/x/..',
  '/x/../y',
  '/../x',
  '/..',
  '/x.php',
  '/x.php/y',
  '/page.php',
  '/%2e%2e',
  '/%2e%2e/x',
  '%2fx',
  '%2Fx/y',
  '/%2fx',
  '/x%00',
  '/x%0a',
  '/%3fx',
  '/x;y',
  ';x/y',
  '%00/x',
  '%0a/x',
  '%20/x',
  './x',
  '\\x',
  '/\\x',
  '%5cx',
  'x/y',
  '2/x',
  '.html/x',
  '5/x',
] as const;
const BEFORE = ['', '/.', '/deep/..', '//', '/%2e', '/deep/er/../..', '/x.php/..', '/page.php/..'] as const;
const QUERIES = ['', '?id=5', '?x=/page.php'] as const;

const TARGETS = [...LISTED, ...OTHERS].flatMap((page) =>
  BEFORE.flatMap((before) =>
    BEHIND.flatMap((behind) =>
      [page, page.replace('p', '%70'), page.replace('.php', '%2ephp')].map((spelled) => `${before}${spelled}${behind}`),
    ),
  ),
);
/** Each once, its query in turn. */
const ASKED = [...new Set(TARGETS)].map((target, i) => `${target}${QUERIES[i % QUERIES.length]!}`);

let directory: TemporaryDirectory;
let root: string;

beforeAll(() => {
  directory = temporaryDirectory();
  root = directory.file('site');
  for (const [i, page] of [...LISTED, ...OTHERS].entries()) {
    const file = join(root, page);
    const says = i < LISTED.length ? 'listed' : 'other';
    mkdirSync(dirname(file), { recursive: true });
    // A program for the shell; PHP prints it, and leaves out its first line.
    writeFileSync(file, `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\nserved: ${says}.\\n'\n`);
    chmodSync(file, 0o755);
  }
  for (const path of [directory.file('.'), root, join(root, 'deep'), join(root, 'deep/er'), join(root, 'dir')])
    chmodSync(path, 0o755);
});
afterAll(() => directory[Symbol.dispose]());

function judgeWith(fold: number): Judge {
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(snapshotOf([LISTED.map((page, i) => entry(`${HOST}${page}?*`, { fold, id: BigInt(i + 1) }))]));
  return new Judge(matcher, [{ action: 'block' }]);
}

function refuses(judge: Judge, target: string): boolean {
  return judge.url(judge.matcher.lookup(HOST)!, target, { port: 80, listMask: -1, today: 20_000 }).action !== 'pass';
}

/** The target goes out as it is. */
function answerTo(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: target, headers: { host: HOST }, agent: false })
      .on('error', reject)
      .on('response', (response) => void text(response).then(resolve, reject))
      .end();
  });
}

interface Outcome {
  /** How many were answered with a listed page. */
  readonly listed: number;
  /** Of these, those that an entry without the fold lets pass. */
  readonly missedWithout: number;
  readonly missed: readonly string[];
}

/** @param fold of the origin besides. @param targets fewer where each starts a program that is slow to start. */
async function asked({ port }: Pick<ListeningProgram, 'port'>, fold = 0, targets = ASKED): Promise<Outcome> {
  const [judge, without] = [judgeWith(FOLD.info | fold), judgeWith(fold)];
  const missed: string[] = [];
  let [listed, missedWithout] = [0, 0];
  for (let at = 0; at < targets.length; at += 16)
    await Promise.all(
      targets.slice(at, at + 16).map(async (target) => {
        if (!(await answerTo(port, target)).includes('served: listed.')) return;
        listed += 1;
        if (!refuses(without, target)) missedWithout += 1;
        if (!refuses(judge, target)) missed.push(target);
      }),
    );
  return { listed, missedWithout, missed };
}

function expectClosed({ listed, missedWithout, missed }: Outcome, share = 1): void {
  expect(missed).toEqual([]);
  expect(listed).toBeGreaterThan(100 * share);
  // The server is one of those that the fold is for.
  expect(missedWithout).toBeGreaterThan(30 * share);
}

function apacheBase(port: number, modules: readonly string[]): string {
  const loaded = modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
  return `ServerRoot "${root}"
ServerName localhost
PidFile ${directory.file('apache.pid')}
DefaultRuntimeDir "${directory.file('.')}"
ErrorLog ${directory.file('apache.log')}
${loaded.join('\n')}
TypesConfig /dev/null
User www-data
Group www-data
Listen 127.0.0.1:${port}
DocumentRoot "${root}"`;
}

describeWith(['apache2', '/usr/lib/apache2/modules'])('Apache with CGI', () => {
  test('0 listed pages', async () => {
    await using apache = await runListening({
      name: 'apache2',
      configuration: (port) => `
${apacheBase(port, ['mpm_event', 'authz_core', 'mime', 'cgid'])}
ScriptSock ${directory.file('cgid.sock')}
AllowEncodedSlashes On
<Directory "${root}">
  Require all granted
  Options +ExecCGI
  AddHandler cgi-script .php .cgi .cgi2 .php5
</Directory>`,
      args: (file) => ['-DFOREGROUND', '-f', file],
    });
    expectClosed(await asked(apache));
  });
});

const MOD_PHP = '/usr/lib/apache2/modules/libphp8.4.so';

describeWith(['apache2', 'setsid', MOD_PHP])('Apache with mod_php', () => {
  test('0 listed pages', async () => {
    await using apache = await runListening({
      // Its processes are ended as a group, which must not be that of the test.
      name: 'setsid',
      configuration: (port) => `
${apacheBase(port, ['mpm_prefork', 'authz_core', 'mime'])}
LoadModule php_module ${MOD_PHP}
<Directory "${root}">
  Require all granted
</Directory>
<FilesMatch ".+\\.ph(?:ar|p|tml)$">
  SetHandler application/x-httpd-php
</FilesMatch>`,
      args: (file) => [programPath('apache2') ?? '', '-DFOREGROUND', '-f', file],
    });
    expectClosed(await asked(apache));
  });
});

describeWith(['lighttpd'])('lighttpd with CGI', () => {
  test('0 listed pages', async () => {
    await using lighttpd = await runListening({
      name: 'lighttpd',
      configuration: (port) => `
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${root}"
server.modules += ( "mod_cgi" )
cgi.assign = ( ".php" => "", ".cgi" => "", ".cgi2" => "", ".php5" => "" )`,
      args: (file) => ['-D', '-f', file],
    });
    expectClosed(await asked(lighttpd, FOLD.slash));
  });
});

describeWith(['php'])('the server of PHP', () => {
  test('0 listed pages', async () => {
    let own = 0;
    await using php = await runListening({
      name: 'php',
      configuration: (port) => {
        own = port;
        return '';
      },
      args: () => ['-n', '-S', `127.0.0.1:${own}`, '-t', root],
    });
    expectClosed(await asked(php, FOLD.slash));
  });
});

function runFpm(): Promise<ListeningProgram> {
  return runListening({
    name: 'php-fpm8.4',
    configuration: (port) => `[global]
error_log = ${directory.file('fpm.log')}
[www]
user = www-data
group = www-data
listen = 127.0.0.1:${port}
pm = static
pm.max_children = 4`,
    args: (file) => ['-F', '-n', '-y', file],
  });
}

describeWith(['nginx', 'php-fpm8.4'])('nginx with FPM', () => {
  /** As Debian's snippets/fastcgi-php.conf has it. */
  const serverWith = (fpm: number, location: string): string => `
    location / { root ${root}; }
    location ~ ${location} {
      root ${root};
      fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
      try_files $fastcgi_script_name =404;
      set $path_info $fastcgi_path_info;
      fastcgi_param PATH_INFO $path_info;
      include /etc/nginx/fastcgi.conf;
      fastcgi_pass 127.0.0.1:${fpm};
    }`;

  test('0 listed pages, whether its location lets text behind a page through or not', async () => {
    await using fpm = await runFpm();
    for (const location of [String.raw`[^/]\.php(/|$)`, String.raw`\.php`]) {
      await using nginx = await startNginx({ server: serverWith(fpm.port, location) });
      expectClosed(await asked(nginx));
    }
    // What ends as it does goes through here, too: `/page.php/x.php`.
    await using closed = await startNginx({ server: serverWith(fpm.port, String.raw`\.php$`) });
    const outcome = await asked(closed);
    expect(outcome.missed).toEqual([]);
    expect(outcome.missedWithout).toBeGreaterThan(0);
  });
});

describeWith(['caddy', 'php-fpm8.4'])('Caddy with FPM', () => {
  test('0 listed pages', async () => {
    await using fpm = await runFpm();
    await using caddy = await runListening({
      name: 'caddy',
      configuration: (port) => `{
  admin off
  auto_https off
}
:${port} {
  bind 127.0.0.1
  root * ${root}
  php_fastcgi 127.0.0.1:${fpm.port}
  file_server
}`,
      args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
    });
    expectClosed(await asked(caddy));
  });
});

const UWSGI_PHP = '/usr/lib/uwsgi/plugins/php_plugin.so';

describeWith(['uwsgi', UWSGI_PHP])('uWSGI with PHP', () => {
  test('0 listed pages', async () => {
    await using uwsgi = await runListening({
      name: 'uwsgi',
      configuration: (port) => `[uwsgi]
plugin = http,php
http = 127.0.0.1:${port}
http-modifier1 = 14
master = true
processes = 2
php-docroot = ${root}
php-allowed-ext = .php
php-allowed-ext = .cgi
die-on-term = true`,
      args: (file) => ['--ini', file],
    });
    expectClosed(await asked(uwsgi));
  });
});

describeWith(['ruby', '/usr/share/doc/ruby-webrick'])('WEBrick with CGI', () => {
  test('0 listed pages', async () => {
    await using webrick = await runListening({
      name: 'ruby',
      configuration: (port) => `require 'webrick'
server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: ${port}, AccessLog: [])
files = WEBrick::HTTPServlet::FileHandler
%w[.php .cgi .cgi2 .php5].each { |ending| files.add_handler(ending.delete('.'), WEBrick::HTTPServlet::CGIHandler) }
server.mount('/', files, ${JSON.stringify(root)})
server.start`,
      args: (file) => [file],
    });
    const share = 1 / 16;
    const some = ASKED.filter((_, i) => i % (1 / share) === 0);
    expectClosed(await asked(webrick, 0, some), share);
  });
});
