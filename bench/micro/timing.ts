/**
 * Requirement 52: can a client tell from the time that a host has entries? A whole `serve`, a client and an origin on loopback; pages that pass,
 * of hosts with entries and of hosts without, in turns of random order.
 *
 *   client ─▶ serve ─▶ origin         pair: one of each; a sample is the median of the differences of a round
 *
 * It says nothing of a refused page, which is there to be seen, and it must not be run beside anything else.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { seededRandom } from '../data/seeded-random.ts';
import { spread } from '../load/statistics.ts';
import { expectEqual, type RunOptions } from './harness.ts';
import { figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

/** In all rounds together. */
const PAIRS = 10_000;
const TARGET_NS = 20_000;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

export async function figures({ rounds }: RunOptions): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-timing-'));
  const origin = await startOrigin();
  const proxy = await startProxy(folder, Math.ceil(PAIRS / rounds) * rounds);
  const client = await Client.open(proxy.port, (origin.address() as AddressInfo).port);
  try {
    expectEqual(await client.statusOf('listed-0', '/listed'), 403, 'a listed page');
    expectEqual(await client.statusOf('listed-0', '/page'), 200, 'another page of its host');
    const hot = await sampled(rounds, client, () => 0);
    let next = 1;
    const cold = await sampled(rounds, client, () => next++);
    return [...figuresOf('a host asked for before', hot), ...figuresOf('a host asked for the first time', cold)];
  } finally {
    client.close();
    proxy.child.kill('SIGTERM');
    await once(proxy.child, 'exit');
    origin.close();
    rmSync(folder, { recursive: true });
  }
}

interface Samples {
  /** Medians of the rounds: hosts with entries, hosts without, the differences of pairs; nanoseconds. */
  readonly listed: number[];
  readonly free: number[];
  readonly differences: number[];
  /** How often the host with entries took longer than the other one of a pair. */
  readonly longer: number[];
}

function figuresOf(name: string, { listed, free, differences, longer }: Samples): readonly Figure[] {
  const bench = 'timing';
  return [
    figure({ bench, name: `${name}: it has entries`, unit: 'ns' }, listed),
    figure({ bench, name: `${name}: it has none`, unit: 'ns' }, free),
    figure({ bench, name: `${name}: difference within a pair`, unit: 'ns', target: TARGET_NS }, differences),
    figure(
      {
        bench,
        name: `${name}: share of pairs in which the one with entries took longer`,
        unit: 'times',
        note: '0.5: nothing can be told',
      },
      longer,
    ),
  ];
}

/** @param numberOf the hosts of a pair. */
async function sampled(rounds: number, client: Client, numberOf: () => number): Promise<Samples> {
  const samples: Samples = { listed: [], free: [], differences: [], longer: [] };
  const random = seededRandom(52);
  const pairs = Math.ceil(PAIRS / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const listed: number[] = [];
    const free: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const number = numberOf();
      const isListedFirst = random() < 0.5;
      const one = await client.time(`${isListedFirst ? 'listed' : 'unseen'}-${number}`);
      const other = await client.time(`${isListedFirst ? 'unseen' : 'listed'}-${number}`);
      listed.push(isListedFirst ? one : other);
      free.push(isListedFirst ? other : one);
    }
    const differences = listed.map((value, i) => value - free[i]!);
    samples.listed.push(spread(listed)!.median);
    samples.free.push(spread(free)!.median);
    samples.differences.push(spread(differences)!.median);
    samples.longer.push(differences.filter((difference) => difference > 0).length / pairs);
  }
  return samples;
}

class Client {
  readonly #socket: Socket;
  readonly #originPort: number;
  #answered: (text: string) => void = () => {};
  #text = '';

  static async open(port: number, originPort: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Client(socket, originPort);
  }

  constructor(socket: Socket, originPort: number) {
    this.#socket = socket;
    this.#originPort = originPort;
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      if (isWhole(this.#text)) this.#answered(this.#text);
    });
  }

  /** Nanoseconds from the request to the end of the answer. */
  async time(host: string): Promise<number> {
    const started = process.hrtime.bigint();
    await this.#ask(host, '/page');
    return Number(process.hrtime.bigint() - started);
  }

  async statusOf(host: string, path: string): Promise<number> {
    return Number((await this.#ask(host, path)).slice(9, 12));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(host: string, path: string): Promise<string> {
    const authority = `${host}.localhost:${this.#originPort}`;
    this.#text = '';
    return await new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(`GET http://${authority}${path} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    });
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return end !== -1 && text.length >= end + 4 + length;
}

async function startOrigin(): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(ANSWER));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** @param hosts that have entries. */
async function startProxy(folder: string, hosts: number) {
  const lines = Array.from(
    { length: hosts + 1 },
    (_, i) => `listed-${i}.localhost/listed\nlisted-${i}.localhost/dir/*\n`,
  );
  writeFileSync(join(folder, 'list.txt'), lines.join(''));
  const config = {
    listeners: [{ name: 'explicit', port: 0 }],
    admin: { port: 0 },
    upstream: { allow: ['127.0.0.0/8', '::1/128'], pool: { maxIdle: 0, maxIdlePerOrigin: 0 } },
    limits: { requestsPerConnection: 1_000_000 },
    lists: [{ name: 'list', source: './list.txt' }],
    state: { directory: './state' },
    shutdown: { lameDuck: '0s' },
    workers: 1,
  };
  writeFileSync(join(folder, 'cleanfeed.yaml'), JSON.stringify(config));
  const args = [CLI, 'serve', '-c', join(folder, 'cleanfeed.yaml')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const port = await portOf(child.stderr!);
  return { child, port };
}

/** From its log. */
async function portOf(stderr: Readable): Promise<number> {
  let log = '';
  return await new Promise((resolve, reject) => {
    stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const line = log.split('\n').find((one) => one.includes('"listener.opened"') && one.endsWith('}'));
      if (line !== undefined) resolve((JSON.parse(line) as { port: number }).port);
    });
    stderr.on('end', () => reject(new Error(`serve ended: ${log}`)));
  });
}
