/**
 * Programs that fetch, each with its own HTTP client, told to use the proxy as each is told: what passes is what nginx has, byte for
 * byte; of what is listed none gets anything.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { startNginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECRET = 'listed content';
const FILES = {
  'small.txt': Buffer.from('hello\n'),
  'large.bin': randomBytes(3_000_000),
  'empty.txt': Buffer.alloc(0),
};
const GO = `package main
import ("io"; "net/http"; "os")
func main() {
  answer, err := http.Get(os.Args[1])
  if err != nil { panic(err) }
  io.Copy(os.Stdout, answer.Body)
}
`;
const JAVA = `import java.net.*; import java.net.http.*;
class Fetch {
  public static void main(String[] words) throws Exception {
    if (words[0].equals("old")) { new URL(words[1]).openConnection().getInputStream().transferTo(System.out); System.out.flush(); return; }
    var client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL)
      .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[2])))).build();
    var answer = client.send(HttpRequest.newBuilder(URI.create(words[1])).build(), HttpResponse.BodyHandlers.ofInputStream());
    answer.body().transferTo(System.out); System.out.flush();
  }
}
`;

interface Program {
  readonly name: string;
  /** For a shell in a folder of its own; $URL, $PORT of the proxy, $http_proxy. It writes what it got to its standard output. */
  readonly command: string;
}

const PROGRAMS: readonly Program[] = [
  { name: 'curl', command: 'curl -sSL "$URL"' },
  { name: 'curl in HTTP/1.0', command: 'curl -0 -sSL "$URL"' },
  { name: 'curl through CONNECT', command: 'curl -p -x "$http_proxy" -sSL "$URL"' },
  { name: 'wget', command: 'wget -q -O - "$URL"' },
  { name: 'aria2 in four parts', command: 'rm -f got; aria2c -q -x4 -s4 -k1M -o got "$URL" >&2 && cat got' },
  { name: 'lynx', command: 'lynx -source "$URL"' },
  {
    name: 'Python urllib',
    command: `/usr/bin/python3 -c 'import shutil, sys, urllib.request as u; shutil.copyfileobj(u.urlopen(sys.argv[1]), sys.stdout.buffer)' "$URL"`,
  },
  {
    name: 'Perl LWP',
    command: `perl -MLWP::UserAgent -e '$u = LWP::UserAgent->new; $u->env_proxy; print $u->get($ARGV[0])->content' "$URL"`,
  },
  {
    name: 'PHP streams',
    command: `php -r 'echo file_get_contents($argv[1], false, stream_context_create(["http" => ["proxy" => "tcp://127.0.0.1:$argv[2]", "request_fulluri" => true]]));' "$URL" "$PORT"`,
  },
  { name: 'Go net/http', command: 'go run fetch.go "$URL"' },
  {
    name: 'Java HttpURLConnection',
    command: 'java -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort="$PORT" Fetch.java old "$URL"',
  },
  { name: 'Java HttpClient', command: 'java Fetch.java new "$URL" "$PORT"' },
  {
    name: 'Node fetch',
    command: `"$NODE" --use-env-proxy -e 'fetch(process.argv[1]).then(async (answer) => process.stdout.write(await answer.bytes()))' "$URL"`,
  },
];
const NEEDED = [
  'nginx',
  'curl',
  'wget',
  'aria2c',
  'lynx',
  'python3',
  'perl',
  '/usr/share/perl5/LWP/UserAgent.pm',
  'php',
  'go',
  'java',
  'git',
];

describeWith(NEEDED)('programs that fetch through the proxy', () => {
  const resources = new Resources();
  const directory = temporaryDirectory();
  let [origin, port] = ['', 0];

  beforeAll(async () => {
    const nginx = resources.use(
      await startNginx({
        server: 'location = /moved { return 302 /small.txt; }',
        files: { ...FILES, 'listed.txt': SECRET, ...(await repository()) },
      }),
    );
    const names = await startDnsServer();
    resources.defer(async () => await names.close());
    names.set('www.example', { A: [{ address: '127.0.0.1', ttl: 60 }] });
    const proxy = resources.use(
      await startProxy({
        config: {
          upstream: { allow: ['127.0.0.0/8'], dns: { servers: [names.server] } },
          connect: { ports: [nginx.port] },
        },
        lists: { own: 'www.example/listed.txt\n' },
      }),
    );
    [origin, port] = [`http://www.example:${nginx.port}`, proxy.port];
    writeFileSync(directory.file('fetch.go'), GO);
    writeFileSync(directory.file('Fetch.java'), JAVA);
  });
  afterAll(async () => {
    await resources.end();
    directory[Symbol.dispose]();
  });

  async function output(command: string, path: string): Promise<Buffer> {
    const proxy = `http://127.0.0.1:${port}`;
    const child = spawn('sh', ['-c', command], {
      cwd: directory.path,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HANG_BOUND_MS,
      env: {
        PATH: process.env['PATH'],
        HOME: directory.path,
        LANG: 'C.UTF-8',
        GOCACHE: directory.file('go'),
        NODE: process.execPath,
        http_proxy: proxy,
        HTTP_PROXY: proxy,
        URL: `${origin}${path}`,
        PORT: String(port),
      },
    });
    const [got] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
    return got;
  }

  test.each(PROGRAMS)('$name', async ({ command }) => {
    for (const [path, bytes] of Object.entries({ ...FILES, moved: FILES['small.txt'] })) {
      const got = await output(command, `/${path}`);
      expect([path, got.length, got.equals(bytes)]).toEqual([path, bytes.length, true]);
    }
    expect((await output(command, '/listed.txt')).toString('latin1')).not.toContain(SECRET);
  });

  test('git clones a repository', async () => {
    expect((await output('git clone -q "$URL" copy && cat copy/file', '/repository')).toString()).toBe('committed\n');
  });

  /** The files of a git repository, as any web server serves them. */
  async function repository(): Promise<Record<string, Buffer>> {
    const steps = `git init -q -b main work && cd work && echo committed > file && git add file &&
      git -c user.name=a -c user.email=a@isp.example commit -q -m one && cd .. && git clone -q --bare work bare && git -C bare update-server-info`;
    await promisify(execFile)('sh', ['-c', steps], {
      cwd: directory.path,
      env: { PATH: process.env['PATH'], HOME: directory.path },
    });
    const root = directory.file('bare');
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(root, name)).isFile(),
    );
    return Object.fromEntries(names.map((name) => [join('repository', name), readFileSync(join(root, name))]));
  }
});
